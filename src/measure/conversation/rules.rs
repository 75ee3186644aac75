//! What Wireshark would say of each segment of one conversation.
//!
//! The conditions are those that Wireshark's guide describes and that experiments with tshark 4.0 confirm; each stands
//! at its flag. Wireshark knows no timers and no mechanisms: it looks at one segment and at what it remembers of the
//! segments before it. What we make of the same segments is in [`again`](super::again).
//!
//! Two habits of Wireshark are kept, since its flags follow from them: the number zero stands for "not seen yet", and
//! the acknowledgment number and window of every segment are remembered, also of one without ACK.

use super::flags::{Flag, Flags};
use super::unacked::Unacked;
use crate::units::{SimTime, Span};
use crate::wire::foreign::{TcpFlags, TcpSegment};
use crate::wire::packet::seq_before;

/// The most time between the last duplicate acknowledgment and a fast retransmission.
const FAST: Span = Span::from_millis(20);

/// How soon after the newest segment an older one is out of order, while the first round trip is not known.
const OUT_OF_ORDER: Span = Span::from_millis(3);

/// Blocks of a SACK that are taken off the bytes in flight.
const COUNTED_SACKS: usize = 3;

/// What is found in one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// The flags.
    pub flags: Flags,
    /// Of a duplicate acknowledgment, which one in a row it is, and the frame of the first with its number.
    pub duplicate: Option<(u32, u64)>,
    /// The frame that it acknowledges to the byte, and the time since that.
    pub acks: Option<(u64, Span)>,
    /// Bytes that its sender has in flight after it.
    pub in_flight: Option<u32>,
}

/// What is remembered of one direction.
#[derive(Clone, Debug, Default)]
struct Flow {
    /// The number behind the newest byte; 0 if nothing was seen.
    next: u32,
    next_at: SimTime,
    /// The number behind the last byte before any gap; 0 if nothing was seen.
    contiguous: u32,
    ack: u32,
    ack_at: SimTime,
    window: Option<u16>,
    /// The shift of its windows; `None` if its SYN was not captured.
    scale: Option<u8>,
    /// Whether the newest window is a SYN's, which is never scaled (RFC 7323 section 2.2).
    window_of_syn: bool,
    duplicates: u32,
    /// The first frame with this acknowledgment number.
    ack_frame: u64,
    flags: Flags,
    sacks: [Option<(u32, u32)>; 4],
    unacked: Unacked,
    /// Whether an acknowledgment of more than the newest byte was flagged, since this end's own last changed.
    told_beyond: bool,
    /// Whether a gap was seen, and nothing of the other end since.
    behind_gap: bool,
}

/// The rules, applied to the segments of a conversation in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    flows: [Flow; 2],
    syn_at: Option<SimTime>,
    /// From the SYN to the first segment that has ACK and no SYN.
    first_rtt: Option<Span>,
}

impl Rules {
    /// Analyses a segment that the end `from` (0 or 1) sent.
    pub(super) fn take(
        &mut self,
        at: SimTime,
        frame: u64,
        from: usize,
        segment: &TcpSegment,
    ) -> Analysis {
        self.open(at, from, segment);
        let mut found = Analysis::default();
        self.first(from, segment, &mut found);
        let forward = &mut self.flows[from];
        if segment.ack != forward.ack {
            (forward.duplicates, forward.ack_frame) = (0, frame);
            forward.told_beyond = false;
        }
        self.beyond_captured(from, segment, &mut found);
        self.again(at, from, segment, &mut found);
        self.remember(at, frame, from, segment, &mut found);
        found
    }

    /// The first round trip, once it is known.
    pub(super) const fn first_rtt(&self) -> Option<Span> {
        self.first_rtt
    }

    /// Takes note of a handshake.
    fn open(&mut self, at: SimTime, from: usize, segment: &TcpSegment) {
        if segment.flags.any(TcpFlags::SYN) {
            self.flows[from].scale = segment.shift();
        }
        if segment.flags.opens() {
            self.syn_at = Some(at);
        } else if segment.flags.any(TcpFlags::ACK) && !segment.flags.any(TcpFlags::SYN) {
            // Where no time has passed, the next one counts.
            let since = self.syn_at.map(|syn| at.since(syn));
            let since = since.filter(|span| !span.is_zero());
            self.first_rtt = self.first_rtt.or(since);
        }
    }

    /// What a segment says by itself and against the last one of its direction.
    fn first(&mut self, from: usize, segment: &TcpSegment, found: &mut Analysis) {
        let (forward, reverse) = (&self.flows[from], &self.flows[1 - from]);
        let flags = segment.flags;
        let special = flags.any(TcpFlags::SYN.or(TcpFlags::FIN).or(TcpFlags::RST));
        let in_place = segment.seq == forward.next;
        // zero_window_probe: the next byte alone, while the peer's window is zero.
        if segment.len == 1 && in_place && reverse.window == Some(0) {
            found.flags.set(Flag::ZeroWindowProbe);
            return;
        }
        // zero_window: the window is zero, in no SYN, FIN or RST.
        if segment.window == 0 && !special {
            found.flags.set(Flag::ZeroWindow);
        }
        // lost_segment: it begins behind the newest byte, and is no RST.
        if forward.next != 0 && seq_before(forward.next, segment.seq) && !flags.any(TcpFlags::RST) {
            found.flags.set(Flag::LostSegment);
        }
        // keep_alive: at most one byte, the one before the next.
        if segment.len <= 1 && !special && segment.seq == forward.next.wrapping_sub(1) {
            found.flags.set(Flag::KeepAlive);
        }
        // window_full: data up to the very edge of the peer's window, whose scale is known.
        if segment.len > 0
            && !special
            && reverse.edge() == Some(segment.seq.wrapping_add(segment.len))
        {
            found.flags.set(Flag::WindowFull);
        }
        if segment.len > 0 || special || !in_place {
            return;
        }
        self.repeats(from, segment, found);
    }

    /// The flags of an empty segment in its place: what it changes, if anything.
    fn repeats(&mut self, from: usize, segment: &TcpSegment, found: &mut Analysis) {
        let answers = self.flows[1 - from].flags;
        let forward = &mut self.flows[from];
        let same_ack = segment.ack == forward.ack;
        let same_window = forward.window == Some(segment.window);
        let open = segment.window > 0;
        // keep_alive_ack: nothing is new, right after the peer's keep_alive.
        if open && same_window && same_ack && answers.has(Flag::KeepAlive) {
            found.flags.set(Flag::KeepAliveAck);
        } else if !open
            && same_window
            && (same_ack || segment.ack == forward.ack.wrapping_add(1))
            && answers.has(Flag::ZeroWindowProbe)
        {
            // zero_window_probe_ack: the window is still zero, right after the peer's probe, whose byte may be taken.
            found.flags.set(Flag::ZeroWindowProbeAck);
            self.take_probed_byte(from, segment);
        } else if open && same_window && same_ack {
            // duplicate_ack: nothing is new at all.
            forward.duplicates += 1;
            found.flags.set(Flag::DuplicateAck);
            found.duplicate = Some((forward.duplicates, forward.ack_frame));
        } else if open && same_ack {
            // window_update: only the window is new, and it is not zero.
            found.flags.set(Flag::WindowUpdate);
        }
    }

    /// A probe's byte that was acknowledged is sent.
    fn take_probed_byte(&mut self, from: usize, segment: &TcpSegment) {
        if segment.ack == self.flows[from].ack.wrapping_add(1) {
            self.flows[1 - from].next = segment.ack;
        }
    }

    /// `ack_lost_segment`: it acknowledges more than what was captured without a gap. Of what lies beyond the newest
    /// byte, that is said once until the other end's own acknowledgment number changes, and not while that repeats
    /// itself.
    fn beyond_captured(&mut self, from: usize, segment: &TcpSegment, found: &mut Analysis) {
        let reverse = &mut self.flows[1 - from];
        let beyond = reverse.contiguous != 0 && seq_before(reverse.contiguous, segment.ack);
        if !beyond || !segment.flags.any(TcpFlags::ACK) {
            return;
        }
        if reverse.contiguous != reverse.next {
            reverse.contiguous = reverse.next;
        } else if reverse.told_beyond || reverse.duplicates > 0 {
            return;
        } else {
            reverse.told_beyond = true;
        }
        found.flags.set(Flag::AckLostSegment);
    }

    /// `retransmission` and its kin: data, SYN or FIN that is no `keep_alive`.
    fn again(&self, at: SimTime, from: usize, segment: &TcpSegment, found: &mut Analysis) {
        let (forward, reverse) = (&self.flows[from], &self.flows[1 - from]);
        if segment.sequence_len() == 0 || found.flags.has(Flag::KeepAlive) {
            return;
        }
        // spurious_retransmission: all of its data is acknowledged. It outranks the others.
        let end = segment.seq.wrapping_add(segment.len);
        if segment.len > 0 && reverse.ack != 0 && !seq_before(reverse.ack, end) {
            found.flags.set(Flag::Retransmission);
            found.flags.set(Flag::SpuriousRetransmission);
            return;
        }
        // The others begin before the newest byte; but more data behind the one byte of a probe is new data.
        let before = forward.next != 0 && seq_before(segment.seq, forward.next);
        if !before || (segment.len > 1 && segment.seq == forward.next.wrapping_sub(1)) {
            return;
        }
        // fast_retransmission: within 20 ms of the second duplicate acknowledgment or a later one, what these ask for.
        // An acknowledgment beyond what was captured counts as enough of them.
        let repeated = reverse.duplicates >= 2 || reverse.told_beyond;
        let asked = repeated && reverse.ack == segment.seq;
        if asked && is_within(reverse.ack_at, at, FAST) {
            found.flags.set(Flag::Retransmission);
            found.flags.set(Flag::FastRetransmission);
            return;
        }
        // out_of_order: within the first round trip of the newest segment (3 ms if that is not known), unless it ends
        // where that does.
        let soon = is_within(forward.next_at, at, self.first_rtt.unwrap_or(OUT_OF_ORDER));
        found.flags.set(if soon && segment.end() != forward.next {
            Flag::OutOfOrder
        } else {
            Flag::Retransmission
        });
    }

    fn remember(
        &mut self,
        at: SimTime,
        frame: u64,
        from: usize,
        segment: &TcpSegment,
        found: &mut Analysis,
    ) {
        let probe = found.flags.has(Flag::ZeroWindowProbe);
        let forward = &mut self.flows[from];
        let end = segment.end();
        if segment.sequence_len() > 0 {
            forward.unacked.push(frame, at, segment);
        }
        if !probe && (forward.next == 0 || seq_before(forward.next, end)) {
            (forward.next, forward.next_at) = (end, at);
        }
        if !probe && (forward.contiguous == 0 || forward.contiguous == segment.seq) {
            forward.contiguous = forward.next;
        }
        (forward.ack, forward.ack_at) = (segment.ack, at);
        forward.window = Some(segment.window);
        forward.window_of_syn = segment.flags.any(TcpFlags::SYN);
        forward.flags = found.flags;
        forward.sacks = segment.options.sack;
        let reverse = &mut self.flows[1 - from];
        found.acks = reverse.unacked.acknowledge(at, segment.ack);
        reverse.behind_gap &= !segment.flags.any(TcpFlags::ACK);
        let forward = &mut self.flows[from];
        forward.behind_gap |= found.flags.has(Flag::LostSegment);
        if segment.len > 0 && !forward.behind_gap {
            found.in_flight = self.in_flight(from, segment);
        }
    }

    /// `bytes_in_flight`, not behind a gap until the other end is heard of: from the first number that is not
    /// acknowledged to the last, less what the first three blocks of the newest SACK cover, and less a SYN or FIN of the
    /// segment itself.
    fn in_flight(&self, from: usize, segment: &TcpSegment) -> Option<u32> {
        let sacks = self.flows[1 - from]
            .sacks
            .iter()
            .take(COUNTED_SACKS)
            .flatten();
        let sacked: u32 = sacks
            .map(|(start, end)| end.wrapping_sub(*start))
            .fold(0, u32::saturating_add);
        let special = segment.sequence_len() - segment.len;
        let span = self.flows[from].unacked.span()?;
        span.checked_sub(sacked.saturating_add(special))
            .filter(|bytes| *bytes > 0)
    }
}

/// Whether less than `limit` has passed since `earlier`; a clock that was set back tells nothing.
fn is_within(earlier: SimTime, at: SimTime, limit: Span) -> bool {
    at >= earlier && at.since(earlier) < limit
}

impl Flow {
    /// The first number beyond the window that this end offers, if the scale of its windows is known.
    fn edge(&self) -> Option<u32> {
        let (shift, window) = (self.scale?, self.window?);
        let shift = if self.window_of_syn { 0 } else { shift };
        Some(self.ack.wrapping_add(u32::from(window) << shift))
    }
}
