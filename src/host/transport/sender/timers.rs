//! The one timer of a sender: retransmission (RFC 6298), loss probe and reordering (RFC 8985), window probe
//! (RFC 9293 section 3.8.6.1).

use super::flags::Flags;
use super::rack::MARGIN;
use super::{MIN_RTO, Resend, Sender, State};
use crate::event::{Mechanism, Timer};
use crate::units::{SimTime, Span};
use crate::wire::packet::seq_before;

/// Longest retransmission timeout (`TCP_RTO_MAX`).
const MAX_RTO: Span = Span::from_secs(120);

/// What the timer is set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// Retransmission.
    Rto,
    /// Tail loss probe.
    Probe,
    /// RACK's reordering window.
    Reorder,
    /// Window probe.
    Persist,
}

/// What the host is to do now that the timer was due.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) enum Fired {
    /// Send this again.
    Again(Resend),
    /// Send what is lost.
    Lost,
    /// Send one new segment of this many bytes, whatever the congestion window says.
    Probe(u32),
    /// Ask for the peer's window.
    AskWindow,
    /// The connection has timed out.
    GiveUp,
    /// Nothing.
    Nothing,
}

impl Sender {
    /// When the timer is due, and which one it is.
    pub(in crate::host) fn deadline(&self) -> Option<(Timer, SimTime)> {
        let (alarm, at) = self.alarm?;
        let timer = match alarm {
            Alarm::Rto => Timer::Rto,
            Alarm::Probe => Timer::Tlp,
            Alarm::Reorder => Timer::RackReorder,
            Alarm::Persist => Timer::Persist,
        };
        Some((timer, at))
    }

    /// The timer is due. `unsent` bytes wait to be sent.
    pub(in crate::host) fn fire(&mut self, now: SimTime, unsent: u32) -> Fired {
        let Some((alarm, _)) = self.alarm.filter(|&(_, at)| at <= now) else {
            return Fired::Nothing;
        };
        match alarm {
            Alarm::Rto => self.time_out(now),
            Alarm::Probe => self.probe_loss(now, unsent),
            Alarm::Reorder => {
                let found = self.reordering_is_over(now);
                self.by_timer = true;
                if !matches!(self.alarm, Some((Alarm::Rto, _))) {
                    self.rearm(now);
                }
                if found { Fired::Lost } else { Fired::Nothing }
            }
            Alarm::Persist => self.probe_window(now, unsent),
        }
    }

    /// When the head of the queue would time out, counted from its last transmission (`tcp_rto_delta_us`).
    fn head_timeout(&self) -> Option<SimTime> {
        Some(self.board.head()?.at + self.rtt.rto())
    }

    /// Sets the retransmission timer anew (RFC 6298 section 5, `tcp_rearm_rto`).
    pub(super) fn rearm(&mut self, now: SimTime) {
        if self.board.is_empty() {
            self.alarm = self.alarm.filter(|&(alarm, _)| alarm == Alarm::Persist);
            return;
        }
        let took_its_place = matches!(self.alarm, Some((Alarm::Reorder | Alarm::Probe, _)));
        let mut at = now + self.rtt.rto();
        if took_its_place && let Some(head) = self.head_timeout() {
            at = head.max(now + Span::from_millis(1));
        }
        self.alarm = Some((Alarm::Rto, at));
    }

    /// Sets the timer for a loss probe instead of a retransmission, if there is to be one (RFC 8985 section 7.2,
    /// `tcp_schedule_loss_probe`). `advanced` says that the retransmission timer would begin anew now.
    pub(super) fn schedule_probe(&mut self, now: SimTime, advanced: bool) -> bool {
        if self.board.is_empty() || !matches!(self.state, State::Open | State::Reduced) {
            return false;
        }
        let mut wait = match self.rtt.srtt() {
            // A lone segment's acknowledgment may be delayed at the receiver.
            Some(srtt) if self.board.packets_out() == 1 => srtt * 2 + self.setup.min_rto,
            Some(srtt) => srtt * 2 + MARGIN,
            None => self.setup.initial_rto,
        };
        let timeout = if advanced {
            Some(now + self.rtt.rto())
        } else {
            self.head_timeout()
        };
        if let Some(at) = timeout.filter(|&at| at > now) {
            wait = wait.min(at - now);
        }
        self.alarm = Some((Alarm::Probe, now + wait));
        true
    }

    /// Sends a loss probe: new data if there is any, or the last segment again (RFC 8985 section 7.3,
    /// `tcp_send_loss_probe`).
    fn probe_loss(&mut self, now: SimTime, unsent: u32) -> Fired {
        if self.probe_end.is_some() {
            self.rearm(now);
            return Fired::Nothing;
        }
        self.probe_again = false;
        if unsent > 0
            && let Some(size) = self.fitting(unsent)
        {
            self.probe_end = Some(self.snd_nxt.wrapping_add(size));
            self.alarm = None;
            return Fired::Probe(size);
        }
        let Some(place) = self.board.tail_place() else {
            self.rearm(now);
            return Fired::Nothing;
        };
        let resend = self.again(now, place, Mechanism::Tlp);
        self.probe_again = true;
        self.probe_end = Some(self.snd_nxt);
        self.alarm = None;
        self.rearm(now);
        Fired::Again(resend)
    }

    /// A loss probe of new data has left.
    pub(in crate::host) fn probed(&mut self, now: SimTime) {
        self.alarm = None;
        self.rearm(now);
    }

    /// What an acknowledgment says about the loss probe (RFC 8985 section 7.4.2, `tcp_process_tlp_ack`).
    pub(super) fn judge_probe(&mut self, ack: u32, flags: &Flags) {
        let Some(end) = self.probe_end else { return };
        if seq_before(ack, end) {
            return;
        }
        if !self.probe_again || flags.probe_duplicate {
            self.probe_end = None; // nothing was lost
        } else if seq_before(end, ack) {
            self.reduce_at_once(); // the probe repaired a loss
        } else if !(flags.una_advanced || flags.not_duplicate() || flags.data_sacked) {
            self.probe_end = None; // both the original and the probe have arrived
        }
    }

    /// The retransmission timer has expired (RFC 6298 section 5.4 to 5.6, `tcp_retransmit_timer`).
    fn time_out(&mut self, now: SimTime) -> Fired {
        if self.board.is_empty() {
            self.alarm = None;
            return Fired::Nothing;
        }
        // A peer that has closed its window is asked for as long as it answers.
        if self.snd_wnd > 0 && self.has_expired(now) {
            return Fired::GiveUp;
        }
        self.enter_loss(now);
        self.timeouts += 1;
        let resend = self.again(now, self.board.head_place(), Mechanism::Rto);
        self.rtt.back_off();
        let wait = self.within_user_timeout(now, self.rtt.rto());
        self.alarm = Some((Alarm::Rto, now + wait));
        Fired::Again(resend)
    }

    /// Whether retransmitting has gone on for too long (`retransmits_timed_out`): as long as that many timeouts
    /// of the least length take when each doubles the next, or the user's limit.
    fn has_expired(&self, now: SimTime) -> bool {
        if self.timeouts == 0 {
            return false;
        }
        let Some(since) = self.retrans_stamp else {
            return false;
        };
        let limit = self
            .setup
            .user_timeout
            .unwrap_or_else(|| retry_time(self.setup.retries));
        now - since >= limit
    }

    /// A wait, cut where the user's limit ends (`tcp_clamp_rto_to_user_timeout`).
    fn within_user_timeout(&self, now: SimTime, wait: Span) -> Span {
        match (self.setup.user_timeout, self.retrans_stamp) {
            (Some(limit), Some(since)) => {
                let left = limit.saturating_sub(now - since);
                wait.min(left.max(Span::from_millis(1)))
            }
            _ => wait,
        }
    }

    /// Data waits, nothing is in flight, and the window is closed: ask for it in time (`tcp_probe_timer`).
    pub(super) fn set_persist(&mut self, now: SimTime) {
        let base = self.rtt.rto().max(self.setup.min_rto);
        let wait = (base * (1 << self.persist_back_off.min(16))).min(MAX_RTO);
        self.alarm = Some((Alarm::Persist, now + wait));
    }

    fn probe_window(&mut self, now: SimTime, unsent: u32) -> Fired {
        self.alarm = None;
        if !self.board.is_empty() || unsent == 0 {
            (self.probes, self.persist_back_off) = (0, 0);
            return Fired::Nothing;
        }
        if self.probes >= self.setup.retries {
            return Fired::GiveUp;
        }
        self.probes += 1;
        let open = self.window_left();
        if open > 0 {
            return Fired::Probe(unsent.min(open).min(self.mss)); // less than a segment: better than nothing
        }
        self.persist_back_off += 1;
        self.set_persist(now);
        Fired::AskWindow
    }

    /// An answer about the window came while data waits (`tcp_ack_probe`).
    pub(super) fn judge_persist(&mut self, now: SimTime, unsent: u32) {
        let edge = self.snd_una.wrapping_add(self.snd_wnd);
        if !seq_before(edge, self.snd_nxt.wrapping_add(unsent.min(self.mss))) {
            self.persist_back_off = 0;
            self.alarm = self.alarm.filter(|&(alarm, _)| alarm != Alarm::Persist);
        } else if matches!(self.alarm, Some((Alarm::Persist, _))) {
            self.set_persist(now);
        }
    }
}

/// How long `retries` timeouts of the least length take when each is twice the one before, up to the longest
/// (`tcp_model_timeout`): 924.6 s for 15.
fn retry_time(retries: u32) -> Span {
    let mut total = Span::ZERO;
    let mut wait = MIN_RTO;
    for _ in 0..=retries {
        total += wait;
        wait = (wait * 2).min(MAX_RTO);
    }
    total
}
