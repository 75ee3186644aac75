//! The `tcp.analysis` flags that follow from a recording.
//!
//! What happened is the recording's: which segment left again, which frame a link dropped, which probe a
//! keep-alive timer sent. Wireshark sees one tap only and knows no timers; where that makes a difference, the
//! rule at the flag states Wireshark's own condition (4.0, `tcp_analyze_sequence_number`).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use wirelab::event::{HostId, Mechanism};
use wirelab::record::{Direction, FrameStory, Index};
use wirelab::units::{SimTime, Span};
use wirelab::wire::packet::{TcpView, seq_before};

/// Wireshark's limit between the last duplicate ACK and a fast retransmission.
const FAST_RETRANSMISSION: Span = Span::from_millis(20);

/// Wireshark's limit for a reordered segment while the first round trip is not known.
const OUT_OF_ORDER: Span = Span::from_millis(3);

/// What is expected of one frame.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) flags: BTreeSet<&'static str>,
    pub(crate) completeness: Option<u32>,
}

/// What Wireshark remembers of one conversation.
#[derive(Default)]
struct Stream {
    ends: BTreeMap<SocketAddrV4, Half>,
    completeness: u32,
    isn: Option<u32>,
    syn_at: Option<SimTime>,
    first_rtt: Option<Span>,
}

/// What Wireshark remembers of one direction.
#[derive(Clone, Copy, Default)]
struct Half {
    next: Option<u32>,
    next_at: SimTime,
    ack: Option<u32>,
    ack_at: SimTime,
    window: Option<u16>,
    shift: Option<u8>,
    duplicates: u32,
    keep_alive: bool,
    probe: bool,
    syn_window: bool,
    isn: Option<u32>,
}

/// What is expected of every frame of a host's capture.
pub(crate) fn expected(index: &Index<'_>, host: HostId) -> Vec<Expected> {
    let mut streams: Vec<Stream> = Vec::new();
    let mut latest: BTreeMap<[SocketAddrV4; 2], usize> = BTreeMap::new();
    let mut frames = Vec::new();
    for captured in index.capture(host) {
        let story = index
            .frame(captured.frame)
            .expect("a captured frame has its story");
        let sighting = match captured.direction {
            Direction::Out => story.sent,
            Direction::In => story.received,
        };
        let sighting = sighting.expect("it was seen at this tap");
        let Some(view) = TcpView::of(&sighting.frame.bytes) else {
            frames.push((BTreeSet::new(), None));
            continue;
        };
        let mut ends = [view.source, view.destination];
        ends.sort_unstable();
        let known = latest.get(&ends).copied();
        let reused = known.is_some_and(|stream| streams[stream].is_succeeded_by(&view));
        let stream = known.filter(|_| !reused).unwrap_or_else(|| {
            streams.push(Stream::default());
            streams.len() - 1
        });
        latest.insert(ends, stream);
        let mut flags = streams[stream].take(sighting.at, story, &view);
        if reused {
            flags.insert("reused_ports");
        }
        frames.push((flags, Some(stream)));
    }
    let completeness = |stream: usize| streams[stream].completeness;
    frames
        .into_iter()
        .map(|(flags, stream)| Expected {
            flags,
            completeness: stream.map(completeness),
        })
        .collect()
}

impl Stream {
    fn take(
        &mut self,
        at: SimTime,
        story: &FrameStory<'_>,
        view: &TcpView<'_>,
    ) -> BTreeSet<&'static str> {
        let mut flags = BTreeSet::new();
        self.measure_first_rtt(at, view);
        let forward = self.ends.get(&view.source).copied().unwrap_or_default();
        let reverse = self
            .ends
            .get(&view.destination)
            .copied()
            .unwrap_or_default();
        Self::pure(&mut flags, view, forward, reverse, story);
        if view.sequence_len() > 0 && !flags.contains("keep_alive") {
            flags.extend(self.again(at, story, view, forward, reverse));
        }
        self.remember(at, view, forward, &flags);
        self.complete(view);
        flags
    }

    /// `reused_ports`: a SYN with another initial sequence number than the one that was seen on these ports.
    fn is_succeeded_by(&self, view: &TcpView<'_>) -> bool {
        let header = &view.header;
        let opens = header.syn() && !header.ack();
        opens
            && self
                .isn
                .is_some_and(|known| known != header.sequence_number())
    }

    /// From the first SYN to the ACK that completes the handshake.
    fn measure_first_rtt(&mut self, at: SimTime, view: &TcpView<'_>) {
        let header = &view.header;
        if header.syn() && !header.ack() {
            self.syn_at = Some(at);
            self.isn = Some(header.sequence_number());
        } else if !header.syn() && header.ack() && self.first_rtt.is_none() {
            self.first_rtt = self.syn_at.map(|syn| at - syn);
        }
    }

    /// The flags of a segment for itself and against the one before it.
    fn pure(
        flags: &mut BTreeSet<&'static str>,
        view: &TcpView<'_>,
        forward: Half,
        reverse: Half,
        story: &FrameStory<'_>,
    ) {
        let header = &view.header;
        let (seq, window) = (header.sequence_number(), header.window_size());
        if header.syn() || header.fin() || header.rst() {
            // lost_segment also holds for a FIN behind a gap.
            if !header.syn()
                && !header.rst()
                && forward.next.is_some_and(|next| seq_before(next, seq))
            {
                flags.insert("lost_segment");
            }
            return;
        }
        let empty = view.payload.is_empty();
        let in_place = forward.next == Some(seq);
        let same_ack = forward.ack == Some(header.acknowledgment_number());
        let same_window = forward.window == Some(window);
        // zero_window_probe: one byte into a window that is shut.
        if view.payload.len() == 1 && in_place && reverse.window == Some(0) {
            flags.insert("zero_window_probe");
        }
        if window == 0 {
            flags.insert("zero_window");
        }
        // lost_segment: something before it was dropped on the way to this tap.
        if forward.next.is_some_and(|next| seq_before(next, seq)) {
            flags.insert("lost_segment");
        }
        if is(story, &[Mechanism::KeepAlive]) {
            flags.insert("keep_alive");
        }
        // window_full: the data reaches the very edge of the peer's window.
        let edge =
            reverse
                .ack
                .zip(reverse.window)
                .zip(reverse.shift)
                .map(|((ack, window), shift)| {
                    let shift = if reverse.syn_window { 0 } else { shift };
                    ack.wrapping_add(u32::from(window) << shift)
                });
        if !empty && edge == Some(view.sequence_end()) {
            flags.insert("window_full");
        }
        if !empty || !in_place || !same_ack {
            return;
        }
        if same_window && reverse.keep_alive {
            flags.insert("keep_alive_ack");
        } else if window == 0 && same_window && reverse.probe {
            flags.insert("zero_window_probe_ack");
        } else if same_window && window > 0 {
            flags.insert("duplicate_ack"); // the receiver repeats itself
        } else if window > 0 {
            flags.insert("window_update");
        }
    }

    /// retransmission and its kin: what the recording calls a segment that left again, if this tap has seen
    /// something at or behind it. Which of the kin it is follows from Wireshark's conditions:
    /// - `spurious_retransmission`: all of it is acknowledged already;
    /// - `fast_retransmission`: within 20 ms of two duplicate ACKs for its first byte;
    /// - `out_of_order`: within the first round trip of the highest segment, and not the end of that.
    fn again(
        &self,
        at: SimTime,
        story: &FrameStory<'_>,
        view: &TcpView<'_>,
        forward: Half,
        reverse: Half,
    ) -> BTreeSet<&'static str> {
        let seq = view.header.sequence_number();
        // A late segment of an earlier connection on the same ports, too, passes for one of this one.
        let earlier =
            forward.isn.is_some() && story.isns.own.is_some() && forward.isn != story.isns.own;
        let resent = story.copy_of.is_some() || is(story, RESENT) || earlier;
        let Some(next) = forward.next.filter(|next| resent && seq_before(seq, *next)) else {
            return BTreeSet::new();
        };
        let end = seq.wrapping_add(u32::try_from(view.payload.len()).expect("short"));
        if !view.payload.is_empty() && reverse.ack.is_some_and(|ack| !seq_before(ack, end)) {
            return ["retransmission", "spurious_retransmission"].into();
        }
        if reverse.duplicates >= 2
            && reverse.ack == Some(seq)
            && at - reverse.ack_at < FAST_RETRANSMISSION
        {
            return ["retransmission", "fast_retransmission"].into();
        }
        let limit = self
            .first_rtt
            .filter(|rtt| !rtt.is_zero())
            .unwrap_or(OUT_OF_ORDER);
        let closes = next == view.sequence_end();
        if at - forward.next_at < limit && !closes {
            return ["out_of_order"].into();
        }
        ["retransmission"].into()
    }

    fn remember(
        &mut self,
        at: SimTime,
        view: &TcpView<'_>,
        forward: Half,
        flags: &BTreeSet<&'static str>,
    ) {
        let header = &view.header;
        let ack = header.acknowledgment_number();
        let half = self.ends.entry(view.source).or_insert(forward);
        if forward.ack != Some(ack) {
            half.duplicates = 0;
        } else if flags.contains("duplicate_ack") {
            half.duplicates += 1;
        }
        let end = view.sequence_end();
        let advances = forward.next.is_none_or(|next| seq_before(next, end));
        if advances && !flags.contains("zero_window_probe") {
            half.next = Some(end);
            half.next_at = at;
        }
        half.ack = Some(ack);
        half.ack_at = at;
        half.window = Some(header.window_size());
        half.keep_alive = flags.contains("keep_alive");
        half.probe = flags.contains("zero_window_probe");
        half.syn_window = header.syn();
        if header.syn() {
            half.isn = Some(header.sequence_number());
            half.shift = header
                .options_iterator()
                .flatten()
                .find_map(|option| match option {
                    etherparse::TcpOptionElement::WindowScale(shift) => Some(shift),
                    _ => None,
                });
        }
    }

    /// tcp.completeness: SYN 1, SYN-ACK 2, ACK 4 (one without data), data 8, FIN 16, RST 32.
    fn complete(&mut self, view: &TcpView<'_>) {
        let header = &view.header;
        self.completeness |= match (header.syn(), header.ack()) {
            (true, false) => 1,
            (true, true) => 2,
            (false, true) if view.payload.is_empty() => 4,
            (false, _) => 0,
        };
        self.completeness |= u32::from(!view.payload.is_empty()) * 8;
        self.completeness |= u32::from(header.fin()) * 16 + u32::from(header.rst()) * 32;
    }
}

/// Mechanisms that send data, SYN or FIN again.
const RESENT: &[Mechanism] = &[
    Mechanism::Rto,
    Mechanism::FastRetransmit,
    Mechanism::RackTimer,
    Mechanism::Tlp,
    Mechanism::SynTimer,
    Mechanism::SynAckTimer,
];

/// Whether one of these mechanisms made the frame leave.
fn is(story: &FrameStory<'_>, mechanisms: &[Mechanism]) -> bool {
    story
        .segment
        .and_then(|segment| segment.again)
        .is_some_and(|again| mechanisms.contains(&again))
}
