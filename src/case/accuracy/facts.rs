//! What a run did that is no number: rounds, retransmissions with their mechanisms, drops.

use std::collections::BTreeMap;

use crate::event::{Event, Mechanism, SocketEvent, SocketId};
use crate::measure::HostView;
use crate::record::Recording;
use crate::units::{SimTime, Span};
use crate::wire::FrameId;

/// What a transfer did.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Data segments that the server sent first in each round trip.
    pub(super) rounds: Vec<u64>,
    /// What the server sent again.
    pub(super) server: Vec<Again>,
    /// What the client sent again.
    pub(super) client: Vec<Again>,
    /// Which of the server's data segments was the first that was dropped, counted from 1.
    pub(super) first_drop: Option<u64>,
    /// Frames that links dropped.
    pub(super) drops: u64,
    /// Retransmissions by timeout, at the server.
    pub(super) timeouts: u64,
}

/// Something that was sent again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Again {
    /// Why.
    pub(super) mechanism: Mechanism,
    /// How long after the transmission before.
    pub(super) after: Span,
    /// Whether it is data rather than SYN or FIN.
    pub(super) data: bool,
}

impl Facts {
    /// What happened in a recording on a path of this round trip.
    pub(super) fn of(recording: &Recording, rtt: Span) -> Self {
        let server = HostView::named(recording, "server");
        let firsts = first_transmissions(server);
        let ordinals: BTreeMap<_, _> = firsts
            .iter()
            .map(|(_, frame)| *frame)
            .zip(1_u64..)
            .collect();
        let dropped: Vec<_> = recording
            .entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::FrameDropped { frame, .. } => Some(*frame),
                _ => None,
            })
            .collect();
        Self {
            rounds: rounds(&firsts, rtt),
            server: again(server),
            client: again(HostView::named(recording, "client")),
            first_drop: dropped
                .iter()
                .find_map(|frame| ordinals.get(frame).copied()),
            drops: dropped.len() as u64,
            timeouts: server.sent_again(|mechanism| mechanism == Mechanism::Rto),
        }
    }
}

/// Data segments that were sent for the first time.
fn first_transmissions(host: HostView<'_>) -> Vec<(SimTime, FrameId)> {
    let segments = host.sockets().filter_map(|(at, _, event)| match event {
        SocketEvent::Segment {
            frame,
            len: 1..,
            again: None,
            ..
        } => Some((at, *frame)),
        _ => None,
    });
    segments.collect()
}

/// How many of them left in each round trip after the first.
fn rounds(firsts: &[(SimTime, FrameId)], rtt: Span) -> Vec<u64> {
    let Some((start, _)) = firsts.first() else {
        return Vec::new();
    };
    let mut counts = BTreeMap::new();
    for (at, _) in firsts {
        let round = (*at - *start).as_nanos() / rtt.as_nanos().max(1);
        *counts.entry(round).or_insert(0) += 1;
    }
    counts.into_values().collect()
}

/// What a host sent again of data, SYN and FIN, in order; keep-alive probes are no retransmissions.
pub(super) fn again(host: HostView<'_>) -> Vec<Again> {
    /// One transmission: of which socket's bytes, and when.
    struct Sent(SocketId, std::ops::Range<u64>, SimTime);
    let (mut sent, mut found) = (Vec::<Sent>::new(), Vec::new());
    for (at, socket, event) in host.sockets() {
        let SocketEvent::Segment {
            offset, len, again, ..
        } = event
        else {
            continue;
        };
        let range = *offset..offset + u64::from(*len);
        let same = |earlier: &&Sent| {
            earlier.0 == socket
                && (earlier.1 == range || earlier.1.contains(offset) && !range.is_empty())
        };
        let counts = again.filter(|mechanism| *mechanism != Mechanism::KeepAlive);
        if let Some(mechanism) = counts {
            let before = sent.iter().rev().find(same);
            found.push(Again {
                mechanism,
                after: before.map_or(Span::ZERO, |before| at - before.2),
                data: !range.is_empty(),
            });
        }
        sent.push(Sent(socket, range, at));
    }
    found
}

/// Retransmissions in words: `fast retransmit after 80.000 ms`.
pub(super) fn spoken(again: &[Again]) -> String {
    const MOST: usize = 4;
    let mut words: Vec<_> = again
        .iter()
        .take(MOST)
        .map(|again| {
            let ms = again.after.as_millis_f64();
            format!("{} after {ms:.3} ms", again.mechanism)
        })
        .collect();
    if again.len() > MOST {
        words.push(format!("{} more", again.len() - MOST));
    }
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join("; ")
    }
}
