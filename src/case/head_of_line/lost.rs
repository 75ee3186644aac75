//! `h2-lost`: the segment that carries one byte of one object is lost, and whoever is behind it waits.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};

use super::super::page::{self, Fate};
use super::frames;
use super::waits::{self, Delivery};
use super::{Judgement, Plan, Stage, expect, fetch_page, slow_start_rounds};
use crate::case::transfer::{INITIAL_WINDOW, MSS};
use crate::event::{ByteRange, DropCause, Mechanism, Probe, SocketEvent};
use crate::host::Stack;
use crate::link::{Direction, DropScript, DropScripts, Selector};
use crate::measure::{HostView, Http2Layout, drops};
use crate::record::{Recorder, Recording};
use crate::sim::World;
use crate::units::{SimTime, Span};
use crate::wire::FrameId;
use crate::wire::packet::TcpView;

/// The script that drops the segment with the plan's byte of the plan's object. Where HTTP/2 puts that byte, a dry
/// run without the drop tells: up to the loss the real run is the same.
pub(super) fn script(plan: &Plan) -> DropScripts {
    let dry = dry_run(plan);
    let fates = page::fates(&dry);
    located(plan, &fates, &frames::of_server(&dry))
        .map(|first| DropScript {
            direction: Direction::ServerToClient,
            selector: Selector::Bytes {
                first,
                end: first + 1,
            },
        })
        .into_iter()
        .collect()
}

/// The same world without the drop. Where chance has taken so much that it does not end, its beginning.
pub(super) fn dry_run(plan: &Plan) -> Recording {
    let recorder = Rc::new(RefCell::new(Recorder::new()));
    let mut world = World::new(plan.seed(), Probe::new(recorder.clone()));
    let main = fetch_page(plan, &mut Stage::new(&mut world), &DropScripts::default());
    let _ = world.run(main); // an error is the real run's to report
    recorder.borrow_mut().take(plan.run_info())
}

/// Offset of the plan's byte in the server's stream.
fn located(plan: &Plan, fates: &[Fate], frames: &Http2Layout) -> Option<u64> {
    let position = usize::try_from(plan.count("object") - 1).expect("the knob's range is small");
    frames.offset_of(fates.get(position)?.stream?, plan.count("byte"))
}

/// What was lost, and how it came after all.
struct Loss {
    /// Offsets of the lost bytes.
    range: ByteRange,
    /// When the segment had left.
    sent: SimTime,
    /// When the bytes left again, and why.
    again: Option<(SimTime, Mechanism)>,
    /// When they came.
    repaired: Option<SimTime>,
}

impl Loss {
    fn of(recording: &Recording, origin: u32, delivery: &Delivery) -> Option<Self> {
        let dropped = drops(recording, DropCause::Script).next()?;
        let server = HostView::named(recording, "server");
        let (sent, range) = segment(server, dropped, origin)?;
        Some(Self {
            range,
            sent,
            again: again(server, range.start),
            repaired: delivery.arrival_of(range.start),
        })
    }

    /// For example `fast retransmit after 150ms`.
    fn repair(&self) -> String {
        self.again.map_or_else(
            || "never sent again".to_owned(),
            |(at, mechanism)| format!("sent again by {mechanism} after {}", at - self.sent),
        )
    }

    /// Whether any of these bytes were lost.
    fn hits(&self, ranges: &[ByteRange]) -> bool {
        let lost = self.range;
        ranges
            .iter()
            .any(|range| range.start < lost.end && lost.start < range.end)
    }

    /// Whether any of these bytes are behind the lost ones and came before them.
    fn is_before(&self, ranges: &[ByteRange], delivery: &Delivery) -> bool {
        let came = |range: &ByteRange| delivery.arrival_of(range.start.max(self.range.end));
        ranges
            .iter()
            .filter(|range| range.end > self.range.end)
            .filter_map(came)
            .any(|at| self.repaired.is_none_or(|repaired| at < repaired))
    }
}

/// When a frame left the server, and which bytes it carries.
fn segment(server: HostView<'_>, frame: FrameId, origin: u32) -> Option<(SimTime, ByteRange)> {
    let seen = server.sent().find(|seen| seen.frame.id == frame)?;
    let TcpView {
        header, payload, ..
    } = &seen.tcp;
    let start = u64::from(header.sequence_number().wrapping_sub(origin));
    let end = start + payload.len() as u64;
    Some((seen.at, ByteRange { start, end }))
}

/// When the byte at `lost` left again, and why.
fn again(server: HostView<'_>, lost: u64) -> Option<(SimTime, Mechanism)> {
    server.sockets().find_map(|(at, _, event)| match event {
        SocketEvent::Segment {
            offset,
            len,
            again: Some(mechanism),
            ..
        } if *offset <= lost && lost < offset + u64::from(*len) => Some((at, *mechanism)),
        _ => None,
    })
}

/// What one object had to wait for.
struct Wait {
    intervals: Vec<(SimTime, SimTime)>,
    /// Whether none of its own bytes were lost.
    innocent: bool,
    /// Whether bytes of its came before the lost ones did, and are behind them.
    behind: bool,
}

/// Judges the variant.
pub(super) fn judge(
    plan: &Plan,
    recording: &Recording,
    fates: &[Fate],
    mut judgement: Judgement,
) -> Judgement {
    let frames = frames::of_server(recording);
    let origin = frames::origin(recording).unwrap_or_default();
    let delivery = Delivery::to_client(recording, origin);
    let loss = Loss::of(recording, origin, &delivery);
    let waits: Vec<_> = fates
        .iter()
        .map(|fate| wait(fate, &frames, &delivery, loss.as_ref()))
        .collect();
    let blocked: Vec<_> = waits
        .iter()
        .map(|wait| waits::sum(&wait.intervals))
        .collect();
    judgement.objects = page::objects(recording, fates, &blocked);
    let Some(loss) = loss else {
        judgement.checks.push(expect("segments lost", 1, 0));
        return judgement;
    };
    let offset = located(plan, fates, &frames);
    let carried = |offset| loss.range.start <= offset && offset < loss.range.end;
    judgement.checks.push(expect(
        "the lost segment carried the byte",
        true,
        offset.is_some_and(carried),
    ));
    judgement.extra = figures(&waits, &loss);
    if !plan.is_clean() {
        return judgement;
    }
    judgement.checks.extend(checks(&waits, &loss));
    judgement.cause = Some(format!(
        "the lost segment was {}; {}",
        loss.repair(),
        after_loss(plan)
    ));
    let (text, value) = formula(plan, &frames, &loss);
    judgement.formula(text, value)
}

/// What else makes the answer take longer than one round trip more.
fn after_loss(plan: &Plan) -> &'static str {
    match plan.server().stack {
        Stack::Linux => {
            "fast recovery reduces the congestion window to 0.7 of itself (CUBIC), and what is left then takes more \
             rounds than slow start would have"
        }
        Stack::Smoltcp => {
            "smoltcp's congestion window starts at 2,048 B, not at ten segments, and grows slowly after the loss"
        }
    }
}

/// What was lost in one round comes again with the next, which costs a round trip only after the last one.
fn formula(plan: &Plan, frames: &Http2Layout, loss: &Loss) -> (String, Span) {
    let rounds_of = |bytes| slow_start_rounds(bytes, INITIAL_WINDOW * MSS);
    let rounds = rounds_of(frames.end());
    let until = rounds_of(loss.range.end);
    let text = format!(
        "1 RTT (connect) + {} RTT (slow start {rounds}; what is lost in round {until} comes again in the next)",
        rounds.max(until + 1)
    );
    (text, plan.span("rtt") * (1 + rounds.max(until + 1)))
}

fn wait(fate: &Fate, frames: &Http2Layout, delivery: &Delivery, loss: Option<&Loss>) -> Wait {
    let ranges = fate
        .stream
        .map_or_else(Vec::new, |stream| frames.ranges_of(stream));
    Wait {
        intervals: delivery.waits(&ranges),
        innocent: loss.is_none_or(|loss| !loss.hits(&ranges)),
        behind: loss.is_some_and(|loss| loss.is_before(&ranges, delivery)),
    }
}

/// The objects that lost nothing and waited all the same.
fn innocent(waits: &[Wait]) -> impl Iterator<Item = &Wait> {
    waits
        .iter()
        .filter(|wait| wait.innocent && !wait.intervals.is_empty())
}

fn checks(waits: &[Wait], loss: &Loss) -> Vec<crate::measure::Check> {
    let with_repair = |wait: &&Wait| {
        let end = wait.intervals.first().map(|(_, to)| *to);
        end == loss.repaired
    };
    vec![
        expect(
            "objects that waited although they lost nothing: all that have bytes behind the gap",
            waits
                .iter()
                .filter(|wait| wait.innocent && wait.behind)
                .count(),
            innocent(waits).count(),
        ),
        expect(
            "objects whose wait ended when the retransmission came",
            innocent(waits).count(),
            innocent(waits).filter(with_repair).count(),
        ),
    ]
}

fn figures(waits: &[Wait], loss: &Loss) -> BTreeMap<String, Value> {
    let longest = innocent(waits)
        .map(|wait| waits::sum(&wait.intervals))
        .max()
        .unwrap_or(Span::ZERO);
    let again = loss.again;
    [
        ("lost_offset", json!(loss.range.start)),
        ("lost_len", json!(loss.range.end - loss.range.start)),
        (
            "retransmission",
            json!(again.map(|(_, mechanism)| mechanism.to_string())),
        ),
        (
            "retransmission_after_ms",
            json!(again.map(|(at, _)| (at - loss.sent).as_millis_f64())),
        ),
        ("innocent_waited", json!(innocent(waits).count())),
        ("longest_wait_ms", json!(longest.as_millis_f64())),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
