//! The numbers of one run, under the names of the reference.

use std::collections::BTreeMap;

use super::facts::{Facts, again};
use super::reference::Experiment;
use crate::case::{CaseError, Plan, Run};
use crate::event::{Mechanism, SocketError, SocketEvent, TcpState};
use crate::measure::{CaseResult, HostView, Seen};
use crate::record::Recording;
use crate::units::SimTime;

/// What one run gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    /// Numbers by their names in the reference.
    pub(super) values: BTreeMap<String, f64>,
    /// What is no number.
    pub(super) facts: Facts,
}

impl Sample {
    /// Runs a plan and takes its numbers.
    pub(super) fn of(experiment: &Experiment, plan: &Plan) -> Result<Self, CaseError> {
        let finished = Run::start(plan).finish()?;
        let recording = &finished.recording;
        Ok(match experiment.family() {
            "delack" => acks(recording),
            "keepalive" => probes(recording),
            "syn" => syns(recording),
            "tw" => time_wait(recording),
            _ => transfer(experiment, recording, &finished.result),
        }
        .into())
    }
}

impl From<(BTreeMap<String, f64>, Facts)> for Sample {
    fn from((values, facts): (BTreeMap<String, f64>, Facts)) -> Self {
        Self { values, facts }
    }
}

type Taken = (BTreeMap<String, f64>, Facts);

/// The figures of the yardstick, and each retransmission of the server's.
fn transfer(experiment: &Experiment, recording: &Recording, result: &CaseResult) -> Taken {
    let figures = result.extra.iter();
    let mut values: BTreeMap<_, _> = figures
        .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
        .collect();
    let server = again(HostView::named(recording, "server"));
    for (number, again) in (1..).zip(server.iter().filter(|again| again.data)) {
        values.insert(
            format!("retx{number}_after_prev_tx_ms"),
            again.after.as_millis_f64(),
        );
    }
    (values, Facts::of(recording, experiment.rtt))
}

/// How long data waited for its acknowledgment, at both ends.
fn acks(recording: &Recording) -> Taken {
    let (client, server) = (
        HostView::named(recording, "client"),
        HostView::named(recording, "server"),
    );
    let mut values = BTreeMap::new();
    for (number, delay) in (1..).zip(ack_delays(client)) {
        if let Some(delay) = delay {
            values.insert(format!("client_ack_delay_data{number}_ms"), delay);
            if number == 1 {
                values.insert("client_ack_delay_ms".to_owned(), delay);
            }
        }
    }
    if let Some(Some(delay)) = ack_delays(server).first() {
        values.insert("server_ack_of_request_delay_ms".to_owned(), *delay);
    }
    (values, Facts::default())
}

/// From the arrival of each segment with data to the first segment that acknowledges all of it.
fn ack_delays(host: HostView<'_>) -> Vec<Option<f64>> {
    let data = host.received().filter(|seen| !seen.tcp.payload.is_empty());
    let delay = |arrived: &Seen<'_>| {
        let end = arrived.tcp.sequence_end();
        let covers = |seen: &Seen<'_>| {
            let acked = seen.tcp.header.acknowledgment_number();
            seen.tcp.header.ack() && acked.wrapping_sub(end) < 1 << 31
        };
        let ack = host
            .sent()
            .find(|seen| seen.at >= arrived.at && covers(seen))?;
        Some((ack.at - arrived.at).as_millis_f64())
    };
    data.map(|arrived| delay(&arrived)).collect()
}

/// Keep-alive probes and the RST, counted from the last segment that the peer was heard with.
fn probes(recording: &Recording) -> Taken {
    let client = HostView::named(recording, "client");
    let heard = client
        .received()
        .last()
        .map_or(SimTime::ZERO, |seen| seen.at);
    let probes: Vec<_> = client
        .sockets()
        .filter_map(|(_, _, event)| match event {
            SocketEvent::Segment {
                frame,
                again: Some(Mechanism::KeepAlive),
                ..
            } => Some(*frame),
            _ => None,
        })
        .collect();
    let sent = client
        .sent()
        .filter(|seen| seen.tcp.header.rst() || probes.contains(&seen.frame.id));
    let mut values = BTreeMap::new();
    for (number, seen) in (1..).zip(sent) {
        let after = (seen.at - heard).as_millis_f64();
        values.insert(format!("probe_or_rst{number}_at_ms"), after);
    }
    put_error(&mut values, client, heard);
    (values, Facts::default())
}

/// Every SYN, and the error in the end.
fn syns(recording: &Recording) -> Taken {
    let client = HostView::named(recording, "client");
    let syns: Vec<_> = client.sent().filter(|seen| seen.tcp.header.syn()).collect();
    let first = syns.first().map_or(SimTime::ZERO, |seen| seen.at);
    let mut values = BTreeMap::new();
    for (number, seen) in (1..).zip(&syns) {
        values.insert(
            format!("syn_tx{number}_at_ms"),
            (seen.at - first).as_millis_f64(),
        );
    }
    put_error(&mut values, client, first);
    (values, Facts::default())
}

/// When the application was told that the connection had timed out.
fn put_error(values: &mut BTreeMap<String, f64>, host: HostView<'_>, from: SimTime) {
    if let Some((at, SocketError::TimedOut)) = host.first_error() {
        values.insert("app_error_after_ms".to_owned(), (at - from).as_millis_f64());
    }
}

/// How long the first TIME-WAIT lasted, at whichever end.
fn time_wait(recording: &Recording) -> Taken {
    let mut values = BTreeMap::new();
    for name in ["client", "server"] {
        if let Some(lasted) = waited(HostView::named(recording, name)) {
            values.insert("time_wait_last_seen_ms".to_owned(), lasted);
            values.insert("time_wait_gone_by_ms".to_owned(), lasted);
        }
    }
    (values, Facts::default())
}

fn waited(host: HostView<'_>) -> Option<f64> {
    let moved = |wanted: fn(TcpState, TcpState) -> bool| {
        let mut events = host.sockets();
        events.find_map(|(at, _, event)| match event {
            SocketEvent::State { from, to } if wanted(*from, *to) => Some(at),
            _ => None,
        })
    };
    let from = moved(|_, to| to == TcpState::TimeWait)?;
    let to = moved(|from, _| from == TcpState::TimeWait)?;
    Some((to - from).as_millis_f64())
}
