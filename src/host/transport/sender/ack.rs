//! What an acknowledgment does: `tcp_ack` of Linux, in its order.

use super::flags::Flags;
use super::{Sender, State};
use crate::units::{SimTime, Span};
use crate::wire::packet::seq_before;

/// The acknowledging part of a segment.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct Acknowledgment<'a> {
    /// First sequence number of the segment, and its length in sequence space.
    pub(in crate::host) seq: u32,
    pub(in crate::host) len: u32,
    /// Acknowledgment number.
    pub(in crate::host) ack: u32,
    /// The window in bytes.
    pub(in crate::host) window: u32,
    /// SACK blocks, from the first sequence number to the one after the last.
    pub(in crate::host) blocks: &'a [(u32, u32)],
    /// Echoed timestamp (RFC 7323), in milliseconds of the own clock.
    pub(in crate::host) echo: Option<u32>,
    /// Bytes that the application has written and that were not sent yet.
    pub(in crate::host) unsent: u32,
}

/// What the host is to send after an acknowledgment, before new data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host) enum Next {
    /// Nothing.
    Nothing,
    /// What is lost, as far as the window allows.
    Lost,
    /// New data first, to find out whether the timeout was spurious (RFC 5682).
    New,
}

/// Findings of the walk over what was acknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rtts {
    /// Since the first, and since the last, of the segments that were acknowledged and sent once.
    first: Option<Span>,
    last: Option<Span>,
    /// Of the segments that SACK blocks told, the same.
    pub(super) first_sacked: Option<Span>,
    pub(super) last_sacked: Option<Span>,
    /// Most deliveries that had happened when one of the segments left.
    pub(super) prior_delivered: u32,
}

impl Sender {
    /// Takes note of an acceptable segment with ACK.
    pub(in crate::host) fn acknowledged(
        &mut self,
        now: SimTime,
        segment: &Acknowledgment<'_>,
    ) -> Next {
        let mut flags = Flags::default();
        let mut rtts = Rtts::default();
        let (prior_una, prior_delivered) = (self.snd_una, self.delivered);
        let prior_lost = self.lost;
        if seq_before(self.snd_nxt, segment.ack) {
            return Next::Nothing;
        }
        if seq_before(segment.ack, prior_una) {
            return self.old_acknowledgment(now, segment, flags, rtts);
        }
        let prior_high = self.board.highest_sack(self.snd_una);
        let (had_packets, prior_sacked) = (!self.board.is_empty(), self.board.sacked());
        flags.una_advanced = segment.ack != prior_una;
        if flags.una_advanced {
            self.timeouts = 0;
        }
        flags.data = segment.len > 0;
        flags.window_update = self.update_window(segment);
        self.snd_una = segment.ack;
        if !segment.blocks.is_empty() {
            self.read_blocks(now, segment, prior_una, &mut flags, &mut rtts);
        }
        self.probes = 0;
        if !had_packets {
            return self.nothing_in_flight(now, segment, prior_una, flags);
        }
        self.clean_up(
            now,
            segment,
            (prior_una, prior_high, prior_sacked),
            &mut flags,
            &mut rtts,
        );
        self.adapt_reordering_window(rtts.prior_delivered);
        self.judge_probe(segment.ack, &flags);
        let mut next = Next::Nothing;
        if !flags.not_duplicate() || flags.alert() || self.state != State::Open {
            next = self.alert(now, prior_una, segment, &mut flags);
        }
        if flags.set_timer && !self.schedule_probe(now, true) {
            self.rearm(now);
        }
        let (delivered, lost) = (self.delivered - prior_delivered, self.lost - prior_lost);
        self.steer(now, delivered, lost, &flags);
        next
    }

    /// An acknowledgment that came late: its SACK blocks may still tell something.
    fn old_acknowledgment(
        &mut self,
        now: SimTime,
        segment: &Acknowledgment<'_>,
        mut flags: Flags,
        mut rtts: Rtts,
    ) -> Next {
        if segment.blocks.is_empty() {
            return Next::Nothing;
        }
        let prior_una = self.snd_una;
        self.read_blocks(now, segment, prior_una, &mut flags, &mut rtts);
        self.alert(now, prior_una, segment, &mut flags)
    }

    /// Nothing is in flight: it can only be about the window, or a duplicate.
    fn nothing_in_flight(
        &mut self,
        now: SimTime,
        segment: &Acknowledgment<'_>,
        prior_una: u32,
        mut flags: Flags,
    ) -> Next {
        let mut next = Next::Nothing;
        if flags.duplicate {
            next = self.alert(now, prior_una, segment, &mut flags);
        }
        if segment.unsent > 0 {
            self.judge_persist(now, segment.unsent);
        }
        self.judge_probe(segment.ack, &flags);
        next
    }

    /// Whether the segment's window is news (RFC 9293 section 3.10.7.4; `tcp_may_update_window`).
    fn update_window(&mut self, segment: &Acknowledgment<'_>) -> bool {
        let fresh = seq_before(self.snd_una, segment.ack)
            || seq_before(self.snd_wl1, segment.seq)
            || (segment.seq == self.snd_wl1
                && (segment.window > self.snd_wnd || segment.window == 0));
        if fresh {
            self.snd_wl1 = segment.seq;
            self.snd_wnd = segment.window;
        }
        fresh
    }

    /// Takes what is acknowledged off the scoreboard (`tcp_clean_rtx_queue`).
    fn clean_up(
        &mut self,
        now: SimTime,
        segment: &Acknowledgment<'_>,
        (prior_una, prior_high, prior_sacked): (u32, u32, u32),
        flags: &mut Flags,
        rtts: &mut Rtts,
    ) {
        let mut lowest_original = None;
        let mut count = 0;
        while let Some(head) = self.board.head() {
            if seq_before(segment.ack, head.end) {
                break;
            }
            let sent = self.board.pop().expect("the head is there");
            count += 1;
            flags.data_acked = true;
            rtts.prior_delivered = rtts.prior_delivered.max(sent.delivered);
            if sent.ever_resent {
                flags.retransmission_acked = true;
            } else if !sent.sacked {
                let rtt = now - sent.at;
                rtts.first.get_or_insert(rtt);
                rtts.last = Some(rtt);
                lowest_original.get_or_insert(sent.seq);
                flags.original_sacked |= !seq_before(self.high_seq, sent.end);
            }
            if !sent.sacked {
                self.delivered += 1;
                self.rack_advance(now, &sent, segment.echo);
            }
        }
        let fully = self
            .board
            .head()
            .is_none_or(|head| !seq_before(head.seq, segment.ack));
        flags.reneging = self.board.head().is_some_and(|head| head.sacked);
        let small = segment.ack.wrapping_sub(prior_una) < self.mss;
        flags.maybe_delayed = count == 1
            && fully
            && prior_sacked == 0
            && small
            && rtts.prior_delivered + 1 == self.delivered
            && !flags.alert();
        let updated = self.take_rtt(now, segment.echo, flags, rtts);
        if flags.data_acked {
            flags.set_timer = true;
            if let Some(seq) = lowest_original.filter(|&seq| seq_before(seq, prior_high)) {
                self.note_reordering(seq, prior_high); // a hole was filled by what was only late
            }
        } else if updated
            && let Some(head) = self.board.head()
            && rtts.first_sacked.is_some_and(|rtt| rtt > now - head.at)
        {
            flags.set_timer = true;
        }
    }

    /// Takes RTT samples (`tcp_ack_update_rtt`). Returns whether there was one.
    fn take_rtt(&mut self, now: SimTime, echo: Option<u32>, flags: &Flags, rtts: &Rtts) -> bool {
        let acked = (!flags.retransmission_acked)
            .then_some(rtts.first)
            .flatten();
        let mut recent = (!flags.retransmission_acked).then_some(rtts.last).flatten();
        recent = rtts.last_sacked.or(recent);
        let mut sample = acked.or(rtts.first_sacked);
        if sample.is_none() && flags.data_acked {
            sample = self.rtt_of_echo(now, echo);
            recent = sample;
        }
        let (Some(sample), Some(recent)) = (sample, recent) else {
            return false;
        };
        let inflated =
            flags.maybe_delayed && self.rtt.min_rtt().is_some_and(|least| recent > least);
        if !inflated {
            self.rtt.note_min(now, recent);
        }
        self.rtt.sample(sample, self.snd_una, self.snd_nxt);
        let context = self.context(now);
        self.controller.acked(&mut self.window, recent, &context);
        true
    }

    fn rtt_of_echo(&self, now: SimTime, echo: Option<u32>) -> Option<Span> {
        let echo = echo.filter(|&echo| self.timestamps && echo != 0)?;
        let elapsed = timestamp(now).wrapping_sub(echo);
        (elapsed < 1 << 31).then(|| Span::from_millis(u64::from(elapsed.max(1))))
    }

    /// Whether the echoed timestamp is older than a transmission at `moment`: it acknowledges an earlier one.
    pub(super) fn echo_before(&self, echo: Option<u32>, moment: SimTime) -> bool {
        self.timestamps && echo.is_some_and(|echo| echo != 0 && seq_before(echo, timestamp(moment)))
    }

    /// Lets the window follow: reduced by PRR, or grown by the controller (`tcp_cong_control`).
    fn steer(&mut self, now: SimTime, delivered: u32, lost: u32, flags: &Flags) {
        if matches!(self.state, State::Reduced | State::Recovery) {
            self.reduce(delivered, lost, flags.una_advanced);
            return;
        }
        let growing = if self.reordering > super::DUPLICATES {
            flags.progress()
        } else {
            flags.data_acked
        };
        if growing && self.is_window_limited() {
            let context = self.context(now);
            self.controller.grow(&mut self.window, delivered, &context);
        }
    }
}

/// The clock of the timestamps option: milliseconds from 1 on.
#[expect(
    clippy::cast_possible_truncation,
    reason = "timestamps wrap (RFC 7323 section 5.4)"
)]
pub(in crate::host) const fn timestamp(now: SimTime) -> u32 {
    ((now.as_nanos() / 1_000_000) as u32).wrapping_add(1)
}
