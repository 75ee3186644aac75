//! How the objects of a page fared, from what the client said of its requests.

use std::collections::BTreeMap;

use crate::event::{AppEvent, Event, Layer, Phase, RequestId};
use crate::measure::{HostView, ObjectResult};
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// What became of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fate {
    /// For example `/object/7`.
    pub(super) path: String,
    /// When it was wanted.
    pub(super) wanted: SimTime,
    /// When its last byte was read; `None` if it never was.
    pub(super) answered: Option<SimTime>,
    /// Length of the body that was read.
    pub(super) bytes: u64,
    /// The HTTP/2 stream that carried it.
    pub(super) stream: Option<u64>,
}

impl Fate {
    /// When its last byte was read, counted from the page's beginning.
    pub(super) fn end(&self, recording: &Recording) -> Option<Span> {
        Some(self.answered? - beginning(recording))
    }
}

/// The objects in the order in which they were wanted.
pub(super) fn fates(recording: &Recording) -> Vec<Fate> {
    let client = HostView::named(recording, "client").id();
    let mut fates: BTreeMap<RequestId, Fate> = BTreeMap::new();
    for entry in &recording.entries {
        if let Event::App(host, event) = &entry.event
            && *host == client
        {
            note(&mut fates, entry.at, event);
        }
    }
    fates.into_values().collect()
}

fn note(fates: &mut BTreeMap<RequestId, Fate>, at: SimTime, event: &AppEvent) {
    match event {
        AppEvent::Request { request, url, .. } => {
            let path = url.splitn(4, '/').nth(3).unwrap_or_default();
            let fate = fates.entry(*request).or_default();
            fate.path = format!("/{path}");
            fate.wanted = at;
        }
        AppEvent::Phase {
            request,
            phase: Phase::ResponseEnd,
            ..
        } => fates.entry(*request).or_default().answered = Some(at),
        AppEvent::Response { request, body, .. } => {
            fates.entry(*request).or_default().bytes = *body;
        }
        AppEvent::Bytes {
            request,
            layer: Layer::Stream(stream),
            ..
        } => fates.entry(*request).or_default().stream = Some(*stream),
        _ => {}
    }
}

/// From the client's first frame to the last byte of the last object, or to the error that came instead.
pub(super) fn total(recording: &Recording, fates: &[Fate]) -> Span {
    let ends = fates.iter().map(|fate| fate.end(recording));
    ends.max()
        .flatten()
        .unwrap_or_else(|| HostView::named(recording, "client").total())
}

/// The objects as results; `blocked` has their waits, as far as they are known.
pub(super) fn objects(
    recording: &Recording,
    fates: &[Fate],
    blocked: &[Span],
) -> Vec<ObjectResult> {
    let beginning = beginning(recording);
    let result = |(position, fate): (usize, &Fate)| ObjectResult {
        name: fate.path.clone(),
        start_ms: fate.wanted.since(beginning).as_millis_f64(),
        total_ms: (fate.answered.unwrap_or(recording.end()) - fate.wanted).as_millis_f64(),
        bytes: fate.bytes,
        blocked_ms: blocked.get(position).map(|span| span.as_millis_f64()),
        phases: None,
        account: None,
    };
    fates.iter().enumerate().map(result).collect()
}

fn beginning(recording: &Recording) -> SimTime {
    HostView::named(recording, "client").first_sent()
}
