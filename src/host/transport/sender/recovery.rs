//! Loss recovery: when it begins and ends, what it does to the window, and how it is undone (RFC 6675, RFC 6937,
//! RFC 5682, RFC 3522).

use super::ack::{Acknowledgment, Next};
use super::flags::Flags;
use super::timers::Alarm;
use super::{DUPLICATES, Sender, State};
use crate::units::{SimTime, Span};
use crate::wire::packet::seq_before;

impl Sender {
    /// Something is amiss, or was (`tcp_fastretrans_alert`). Says what is to be sent.
    pub(super) fn alert(
        &mut self,
        now: SimTime,
        prior_una: u32,
        segment: &Acknowledgment<'_>,
        flags: &mut Flags,
    ) -> Next {
        if flags.reneging && flags.una_advanced {
            self.await_reneging(now);
            flags.set_timer = false;
            return Next::Nothing;
        }
        if self.state == State::Open {
            self.retrans_stamp = None;
        } else if !seq_before(self.snd_una, self.high_seq) {
            self.leave_at_high_seq(segment.echo);
        }
        match self.state {
            State::Recovery => {
                if flags.una_advanced && self.undo_partially(segment.echo, prior_una) {
                    return Next::Nothing;
                }
                if self.undo_by_duplicates() {
                    self.try_open();
                }
                self.identify_losses(now, flags);
                if self.state != State::Recovery {
                    if self.board.lost() == 0 {
                        return Next::Nothing;
                    }
                    self.enter_recovery();
                }
            }
            State::Loss => {
                let next = self.proceed_in_loss(segment, flags);
                self.identify_losses(now, flags);
                if self.state != State::Open && !flags.lost_retransmission {
                    return next;
                }
                return self.begin_recovery(now, flags, next);
            }
            State::Open | State::Disorder | State::Reduced => {
                return self.begin_recovery(now, flags, Next::Nothing);
            }
        }
        self.by_timer = false;
        Next::Lost
    }

    /// Begins a recovery if something is lost (RFC 6675 section 5); `next` is what was to be done otherwise.
    fn begin_recovery(&mut self, now: SimTime, flags: &mut Flags, next: Next) -> Next {
        if self.state <= State::Disorder {
            self.undo_by_duplicates();
        }
        self.identify_losses(now, flags);
        if self.board.lost() == 0 {
            self.try_open();
            return next;
        }
        self.enter_recovery();
        self.by_timer = false;
        Next::Lost
    }

    /// Everything that was sent before the episode began is acknowledged.
    fn leave_at_high_seq(&mut self, echo: Option<u32>) {
        match self.state {
            // Reduced is held until something beyond is acknowledged.
            State::Reduced if self.snd_una != self.high_seq => {
                self.end_reduction();
                self.state = State::Open;
            }
            State::Recovery => {
                self.undo_or_open(echo);
                self.end_reduction();
                self.state = State::Open;
            }
            _ => {}
        }
    }

    /// The receiver has dropped what it had told by SACK, or seems to: wait a little before believing it
    /// (`tcp_check_sack_reneging`).
    fn await_reneging(&mut self, now: SimTime) {
        let half = self.rtt.srtt().map_or(Span::ZERO, |srtt| srtt / 2);
        let wait = half.max(Span::from_millis(10));
        self.alarm = Some((Alarm::Rto, now + wait));
    }

    /// Begins fast recovery (`tcp_enter_recovery`).
    pub(super) fn enter_recovery(&mut self) {
        if !self.board.any_resent() {
            self.retrans_stamp = None;
        }
        self.prior_ssthresh = 0;
        self.begin_undo();
        if !matches!(self.state, State::Reduced | State::Recovery) {
            self.prior_ssthresh = self.current_ssthresh();
            self.begin_reduction();
        }
        self.state = State::Recovery;
    }

    /// From here on retransmissions may prove to be for nothing (`tcp_init_undo`).
    pub(super) fn begin_undo(&mut self) {
        self.undo_marker = Some(self.snd_una);
        let probe = self.probe_end.is_some() && self.probe_again;
        let resent = self.board.resent() + u32::from(probe);
        self.undo_retrans = (resent > 0).then_some(resent);
    }

    /// PRR begins (RFC 6937 section 3).
    pub(super) fn begin_reduction(&mut self) {
        self.high_seq = self.snd_nxt;
        self.probe_end = None;
        self.window.count = 0;
        self.prior_cwnd = self.window.cwnd;
        self.prr_delivered = 0;
        self.prr_out = 0;
        self.window.ssthresh = self.controller.ssthresh(&self.window);
    }

    /// Proportional rate reduction: how much may be in flight after this acknowledgment (RFC 6937 section 3, with
    /// the slow start bound; `tcp_cwnd_reduction`).
    pub(super) fn reduce(&mut self, delivered: u32, lost: u32, una_advanced: bool) {
        if delivered == 0 || self.prior_cwnd == 0 {
            return;
        }
        self.prr_delivered += delivered;
        let (in_flight, target) = (self.board.in_flight(), self.window.ssthresh);
        let out = u64::from(self.prr_out);
        let mut send = if in_flight > target {
            let share = u64::from(target) * u64::from(self.prr_delivered);
            share
                .div_ceil(u64::from(self.prior_cwnd))
                .saturating_sub(out)
        } else {
            let bound = u64::from(self.prr_delivered)
                .saturating_sub(out)
                .max(u64::from(delivered))
                + u64::from(una_advanced && lost == 0);
            bound.min(u64::from(target - in_flight))
        };
        if self.prr_out == 0 {
            send = send.max(1); // the fast retransmission itself
        }
        self.window.cwnd = in_flight + u32::try_from(send).expect("at most a window");
    }

    /// The reduction is over (`tcp_end_cwnd_reduction`).
    fn end_reduction(&mut self) {
        let known = self.window.ssthresh != u32::MAX;
        if known && (self.state == State::Reduced || self.undo_marker.is_some()) {
            self.window.cwnd = self.window.ssthresh;
        }
    }

    /// A loss probe was needed: the window is reduced at once, without a recovery (RFC 8985 section 7.4.2).
    pub(super) fn reduce_at_once(&mut self) {
        self.begin_reduction();
        self.state = State::Reduced;
        self.end_reduction();
        self.keep_open();
    }

    /// The threshold that stands for the present window (`tcp_current_ssthresh`).
    pub(super) fn current_ssthresh(&self) -> u32 {
        if matches!(self.state, State::Reduced | State::Recovery) {
            return self.window.ssthresh;
        }
        let cwnd = self.window.cwnd;
        self.window.ssthresh.max((cwnd >> 1) + (cwnd >> 2))
    }

    /// Goes back to Open or Disorder (`tcp_try_to_open`).
    fn try_open(&mut self) {
        if !self.board.any_resent() {
            self.retrans_stamp = None;
        }
        if self.state != State::Reduced {
            self.keep_open();
        }
    }

    fn keep_open(&mut self) {
        let disorder = self.board.left_out() > 0 || self.board.any_resent();
        let state = if disorder {
            State::Disorder
        } else {
            State::Open
        };
        if self.state != state {
            self.state = state;
            self.high_seq = self.snd_nxt;
        }
    }

    /// Whether nothing of the episode's retransmissions was needed (`tcp_may_undo`).
    fn may_undo(&self, echo: Option<u32>) -> bool {
        self.undo_marker.is_some() && (self.undo_retrans == Some(0) || self.was_only_late(echo))
    }

    /// Whether the acknowledgment was caused by an original transmission (RFC 3522 section 3.2): its timestamp
    /// says so, or nothing was sent again at all.
    fn was_only_late(&self, echo: Option<u32>) -> bool {
        self.retrans_stamp
            .is_none_or(|moment| self.echo_before(echo, moment))
    }

    /// Recovery is over: it is undone if it was for nothing (`tcp_try_undo_recovery`).
    fn undo_or_open(&mut self, echo: Option<u32>) {
        if self.may_undo(echo) {
            self.undo(false);
        } else {
            self.rack.persist = self.rack.persist.saturating_sub(1);
        }
    }

    /// A partial acknowledgment in recovery that came of what was only late (`tcp_try_undo_partial`). Returns
    /// whether this acknowledgment calls for nothing more.
    fn undo_partially(&mut self, echo: Option<u32>, prior_una: u32) -> bool {
        if self.undo_marker.is_none() || !self.was_only_late(echo) {
            return false;
        }
        self.note_reordering(prior_una, self.board.highest_sack(self.snd_una));
        if self.board.resent() > 0 {
            return true;
        }
        if !self.board.any_resent() {
            self.retrans_stamp = None;
        }
        self.undo(true);
        self.keep_open();
        false
    }

    /// The peer has reported every retransmission as a duplicate (`tcp_try_undo_dsack`).
    fn undo_by_duplicates(&mut self) -> bool {
        if self.undo_marker.is_none() || self.undo_retrans != Some(0) {
            return false;
        }
        self.rack.persist_longer();
        self.undo(false);
        true
    }

    /// Gives the window back (`tcp_undo_cwnd_reduction`).
    fn undo(&mut self, unmark: bool) {
        if unmark {
            self.board.unmark_lost();
        }
        if self.prior_ssthresh != 0 {
            self.window.cwnd = self.window.cwnd.max(self.prior_cwnd);
            self.window.ssthresh = self.window.ssthresh.max(self.prior_ssthresh);
        }
        self.undo_marker = None;
        self.rack.advanced = true; // look again
    }

    /// The retransmission timer has expired: what it does to the window (`tcp_enter_loss`).
    pub(super) fn enter_loss(&mut self, now: SimTime) {
        let fresh = self.state < State::Recovery;
        self.lose_overdue(now);
        if self.state <= State::Disorder
            || !seq_before(self.snd_una, self.high_seq)
            || (self.state == State::Loss && self.timeouts == 0)
        {
            self.prior_ssthresh = self.current_ssthresh();
            self.prior_cwnd = self.window.cwnd;
            self.window.ssthresh = self.controller.ssthresh(&self.window);
            self.begin_undo();
        }
        self.window.cwnd = self.board.in_flight() + 1;
        self.window.count = 0;
        if self.state <= State::Disorder && self.board.sacked() >= DUPLICATES {
            self.reordering = self.reordering.min(DUPLICATES); // it was believed to be greater than it is
        }
        self.state = State::Loss;
        let context = self.context(now);
        self.controller.timed_out(&context);
        self.high_seq = self.snd_nxt;
        self.probe_end = None;
        self.frto = fresh || self.timeouts > 0;
    }

    /// Holds for lost what has been on its way for a round trip, and the head (`tcp_timeout_mark_lost`).
    fn lose_overdue(&mut self, now: SimTime) {
        let reneged = self.board.head().is_some_and(|head| head.sacked);
        if reneged {
            self.board.forget_sacks();
            self.seen_blocks = [(0, 0); 4];
        }
        let head = self.board.head_place();
        for place in self.board.places() {
            let at = self.board.get(place).expect("it is in flight").at;
            if reneged || place == head || self.is_overdue(now, at) {
                self.lose(place);
            }
        }
    }

    /// An acknowledgment after a timeout (RFC 5682 section 3.1, `tcp_process_loss`).
    fn proceed_in_loss(&mut self, segment: &Acknowledgment<'_>, flags: &Flags) -> Next {
        let recovered = !seq_before(self.snd_una, self.high_seq);
        if flags.una_advanced && self.undo_loss(segment.echo, false) {
            return Next::Nothing;
        }
        if self.frto {
            if flags.original_sacked && self.undo_loss(segment.echo, true) {
                return Next::Nothing;
            }
            if seq_before(self.high_seq, self.snd_nxt) {
                if flags.data_sacked || !(flags.una_advanced || flags.not_duplicate()) {
                    self.frto = false; // the loss was real
                }
            } else if flags.una_advanced && !recovered {
                self.high_seq = self.snd_nxt;
                let edge = self.snd_una.wrapping_add(self.snd_wnd);
                if segment.unsent > 0 && seq_before(self.snd_nxt, edge) {
                    return Next::New;
                }
                self.frto = false;
            }
        }
        if recovered {
            self.undo_or_open(segment.echo);
            self.state = State::Open;
            return Next::Nothing;
        }
        Next::Lost
    }

    /// New data was to leave first, and none could: the loss is taken for real.
    pub(in crate::host) fn give_up_frto(&mut self) -> bool {
        if seq_before(self.high_seq, self.snd_nxt) {
            return false;
        }
        self.frto = false;
        true
    }

    /// The timeout was for nothing (`tcp_try_undo_loss`).
    fn undo_loss(&mut self, echo: Option<u32>, certain: bool) -> bool {
        if !certain && !self.may_undo(echo) {
            return false;
        }
        self.undo(true);
        self.timeouts = 0;
        self.state = State::Open;
        true
    }
}
