//! The sending half of Linux's TCP: how much may be in flight, what was lost, when it leaves again.
//!
//! It does no input or output. The host tells it what the peer acknowledges ([`Sender::acknowledged`]) and when
//! its timer is due ([`Sender::fire`]), asks it what may leave ([`Sender::burst`], [`Sender::resend`]), and says
//! what has left ([`Sender::sent`]). Windows are counted in segments, as Linux counts them.
//!
//! `burst` decides how much new data leaves together, `scoreboard` knows what is in flight, `ack` reads
//! acknowledgments, `sack` their SACK blocks, `rack` finds out what is lost (RFC 8985), `recovery` decides what that
//! means for the window (RFC 6937, RFC 5682), `timers` holds the one timer, and `usage` the rules for a window that is not used (RFC 7661's subject, in Linux's way).

mod ack;
mod burst;
mod flags;
mod rack;
mod recovery;
mod sack;
mod scoreboard;
#[cfg(test)]
mod tests;
mod timers;
mod usage;

pub(in crate::host) use self::ack::{Acknowledgment, Next, timestamp};
pub(in crate::host) use self::timers::Fired;

use self::rack::Rack;
use self::scoreboard::{Place, Scoreboard};
use self::timers::Alarm;
use self::usage::Usage;
use super::congestion::{self, Context, Controller, Window};
use super::profile::CongestionControl;
use super::rtt::RttEstimator;
use crate::event::Mechanism;
use crate::units::{SimTime, Span};

/// Duplicate acknowledgments that mean a loss where no reordering has been seen (`net.ipv4.tcp_reordering`).
const DUPLICATES: u32 = 3;

/// Most reordering that is believed, in segments (`net.ipv4.tcp_max_reordering`).
const MOST_REORDERING: u32 = 300;

/// Shortest retransmission timeout, unless an administrator says otherwise (`TCP_RTO_MIN`).
pub(in crate::host) const MIN_RTO: Span = Span::from_millis(200);

/// Timeout after a handshake that gave no RTT sample (RFC 6298 section 5.7).
const CAUTIOUS_RTO: Span = Span::from_secs(3);

/// What a sender begins with.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct Setup {
    /// Initial sequence number.
    pub(in crate::host) isn: u32,
    /// Segments that may leave before the first acknowledgment (RFC 6928).
    pub(in crate::host) initial_window: u32,
    /// Congestion control.
    pub(in crate::host) congestion: CongestionControl,
    /// Timeout before there is an RTT sample (RFC 6298 section 2.1).
    pub(in crate::host) initial_rto: Span,
    /// Shortest timeout once there is one (`tcp_rto_min`).
    pub(in crate::host) min_rto: Span,
    /// Slow start after idle (RFC 5681 section 4.1, `net.ipv4.tcp_slow_start_after_idle`).
    pub(in crate::host) restart: bool,
    /// Retransmissions, with doubling intervals, after which the connection is given up (`tcp_retries2`).
    pub(in crate::host) retries: u32,
    /// `TCP_USER_TIMEOUT`: how long data may stay unacknowledged.
    pub(in crate::host) user_timeout: Option<Span>,
}

/// Where the sender stands (`tcp_ca_state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// Nothing is amiss.
    Open,
    /// Something came out of order.
    Disorder,
    /// The window was reduced without a loss recovery.
    Reduced,
    /// Fast recovery (RFC 6675, RFC 6937).
    Recovery,
    /// After a timeout.
    Loss,
}

/// A segment that leaves again.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct Resend {
    /// First sequence number.
    pub(in crate::host) seq: u32,
    /// Bytes of data.
    pub(in crate::host) data: u32,
    /// Whether a FIN follows the data.
    pub(in crate::host) fin: bool,
    /// Why.
    pub(in crate::host) mechanism: Mechanism,
}

/// What the sender makes known of itself.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct Snapshot {
    /// Congestion window and slow start threshold in bytes; no threshold before the first reduction.
    pub(in crate::host) cwnd: u64,
    pub(in crate::host) ssthresh: Option<u64>,
    /// Smoothed RTT and retransmission timeout.
    pub(in crate::host) srtt: Option<Span>,
    pub(in crate::host) rto: Span,
}

/// The sending half of a connection.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, not a state machine"
)]
pub(in crate::host) struct Sender {
    setup: Setup,
    mss: u32,
    snd_una: u32,
    snd_nxt: u32,
    /// The peer's window in bytes, and the segment that told it (`SND.WL1`).
    snd_wnd: u32,
    snd_wl1: u32,
    board: Scoreboard,
    window: Window,
    controller: Box<dyn Controller>,
    rtt: RttEstimator,
    rack: Rack,
    usage: Usage,
    state: State,
    /// Recovery ends where this is acknowledged.
    high_seq: u32,
    /// Window before the reduction, and PRR's counters (RFC 6937 section 3).
    prior_cwnd: u32,
    prior_ssthresh: u32,
    prr_delivered: u32,
    prr_out: u32,
    /// Where the episode began that may yet prove to have been for nothing; retransmissions that the peer has
    /// not reported as duplicates, unless there was none so far.
    undo_marker: Option<u32>,
    undo_retrans: Option<u32>,
    /// When the first retransmission of the episode left.
    retrans_stamp: Option<SimTime>,
    reordering: u32,
    reordering_seen: bool,
    /// `SND.NXT` when the loss probe left, and whether that was a retransmission.
    probe_end: Option<u32>,
    probe_again: bool,
    frto: bool,
    /// Segments delivered and lost so far, retransmissions, and those that proved to be duplicates.
    delivered: u32,
    lost: u32,
    total_resent: u32,
    total_duplicates: u32,
    /// Timeouts in a row, and window probes without an answer.
    timeouts: u32,
    probes: u32,
    persist_back_off: u32,
    alarm: Option<(Alarm, SimTime)>,
    /// Whether the retransmissions that are due were found by the reordering timer.
    by_timer: bool,
    /// SACK blocks of the last acknowledgment that had any.
    seen_blocks: [(u32, u32); 4],
    /// End of the last segment that was not full (Nagle's algorithm in Minshall's form).
    small_end: Option<u32>,
    timestamps: bool,
}

impl Sender {
    /// A sender whose SYN is about to leave.
    pub(in crate::host) fn new(setup: Setup) -> Self {
        Self {
            setup,
            mss: 536,
            snd_una: setup.isn,
            snd_nxt: setup.isn.wrapping_add(1),
            snd_wnd: 0,
            snd_wl1: 0,
            board: Scoreboard::default(),
            window: Window::of(setup.congestion, setup.initial_window),
            controller: congestion::controller(setup.congestion),
            rtt: RttEstimator::new(setup.min_rto, setup.initial_rto),
            rack: Rack::default(),
            usage: Usage::new(setup.isn),
            state: State::Open,
            high_seq: 0,
            prior_cwnd: 0,
            prior_ssthresh: 0,
            prr_delivered: 0,
            prr_out: 0,
            undo_marker: None,
            undo_retrans: None,
            retrans_stamp: None,
            reordering: DUPLICATES,
            reordering_seen: false,
            probe_end: None,
            probe_again: false,
            frto: false,
            delivered: 0,
            lost: 0,
            total_resent: 0,
            total_duplicates: 0,
            timeouts: 0,
            probes: 0,
            persist_back_off: 0,
            alarm: None,
            by_timer: false,
            seen_blocks: [(0, 0); 4],
            small_end: None,
            timestamps: false,
        }
    }

    /// The handshake is over. `mss` is what a segment may carry; `window` what the peer's segment at `seq`
    /// offered; `rtt` the time to the answer, unless the SYN was sent again; `cut` whether the first window is to
    /// be one segment (RFC 5681 section 3.1).
    pub(in crate::host) fn open(&mut self, now: SimTime, opening: &Opening) {
        self.mss = opening.mss;
        self.timestamps = opening.timestamps;
        self.snd_una = self.setup.isn.wrapping_add(1);
        self.snd_wnd = opening.window;
        self.snd_wl1 = opening.seq;
        self.high_seq = self.snd_una;
        self.usage.begin(now, self.snd_una);
        self.delivered = 1; // the SYN
        if let Some(rtt) = opening.rtt {
            self.rtt.note_min(now, rtt);
            self.rtt.sample(rtt, self.snd_una, self.snd_nxt);
        } else {
            self.rtt = RttEstimator::new(self.setup.min_rto, CAUTIOUS_RTO);
        }
        if opening.cut {
            self.window.cwnd = 1;
        }
    }

    /// First sequence number that is not acknowledged.
    pub(in crate::host) const fn snd_una(&self) -> u32 {
        self.snd_una
    }

    /// First sequence number that has not been sent.
    pub(in crate::host) const fn snd_nxt(&self) -> u32 {
        self.snd_nxt
    }

    /// Congestion window in segments.
    pub(in crate::host) const fn cwnd(&self) -> u32 {
        self.window.cwnd
    }

    /// Bytes of data in a full segment.
    pub(in crate::host) const fn mss(&self) -> u32 {
        self.mss
    }

    /// The retransmission timeout.
    pub(in crate::host) fn rto(&self) -> Span {
        self.rtt.rto()
    }

    /// The smoothed round-trip time.
    pub(in crate::host) fn srtt(&self) -> Option<Span> {
        self.rtt.srtt()
    }

    /// What those who watch are told.
    pub(in crate::host) fn snapshot(&self) -> Snapshot {
        let bytes = |segments: u32| u64::from(segments) * u64::from(self.mss);
        let ssthresh = self.window.ssthresh;
        Snapshot {
            cwnd: bytes(self.window.cwnd),
            ssthresh: (ssthresh != u32::MAX).then(|| bytes(ssthresh)),
            srtt: self.rtt.srtt(),
            rto: self.rtt.rto(),
        }
    }

    /// Whether a FIN may follow the last byte now. It waits for the congestion window, not for the peer's.
    pub(in crate::host) fn may_finish(&self) -> bool {
        self.board.in_flight() < self.window.cwnd
    }

    /// A segment has left for the first time (`tcp_event_new_data_sent`).
    pub(in crate::host) fn sent(&mut self, now: SimTime, seq: u32, data: u32, fin: bool) {
        if self.board.in_flight() == 0 {
            self.controller.transmit_start(now, self.usage.last_sent);
        }
        let end = seq.wrapping_add(data + u32::from(fin));
        let first = self.board.is_empty();
        self.board.push((seq, end), data, now, self.delivered);
        self.snd_nxt = end;
        self.usage.last_sent = now;
        if data < self.mss {
            self.small_end = Some(end);
        }
        if matches!(self.state, State::Reduced | State::Recovery) {
            self.prr_out += 1;
        }
        if first || matches!(self.alarm, Some((Alarm::Probe, _))) {
            self.rearm(now);
        }
    }

    /// A batch of new segments has left, or could not (the end of `tcp_write_xmit`). `unsent` bytes wait.
    pub(in crate::host) fn pushed(&mut self, now: SimTime, sent: bool, unsent: u32) {
        let limited =
            std::mem::take(&mut self.usage.blocked) || self.board.in_flight() >= self.window.cwnd;
        if sent || limited {
            self.validate_window(now, limited);
        }
        if sent {
            self.schedule_probe(now, false);
        } else if self.board.is_empty() && unsent > 0 && self.alarm.is_none() {
            self.set_persist(now);
        }
    }

    /// The application has written while nothing was in flight, perhaps after a while (RFC 5681 section 4.1).
    pub(in crate::host) fn written(&mut self, now: SimTime) {
        if self.setup.restart && self.board.is_empty() {
            self.restart_after_idle(now);
        }
    }

    /// The next segment that is to leave again, if there is one and the window has room for it
    /// (`tcp_xmit_retransmit_queue`).
    pub(in crate::host) fn resend(&mut self, now: SimTime) -> Option<Resend> {
        if self.board.in_flight() >= self.window.cwnd {
            return None;
        }
        let place = self.board.first_waiting()?;
        let mechanism = match self.state {
            State::Loss => Mechanism::Rto,
            _ if self.by_timer => Mechanism::RackTimer,
            _ => Mechanism::FastRetransmit,
        };
        let is_head = place == self.board.head_place();
        let resend = self.again(now, place, mechanism);
        if matches!(self.state, State::Reduced | State::Recovery) {
            self.prr_out += 1;
        }
        if is_head && !matches!(self.alarm, Some((Alarm::Reorder, _))) {
            self.alarm = Some((Alarm::Rto, now + self.rtt.rto()));
        }
        Some(resend)
    }

    /// Enters a retransmission (`tcp_retransmit_skb`).
    fn again(&mut self, now: SimTime, place: Place, mechanism: Mechanism) -> Resend {
        self.board.trim_head(self.snd_una);
        let probe = mechanism == Mechanism::Tlp;
        self.board.send_again(place, now, self.delivered, probe);
        self.total_resent += 1;
        if !probe {
            self.retrans_stamp.get_or_insert(now);
            self.undo_retrans = Some(self.undo_retrans.unwrap_or(0) + 1);
        }
        self.usage.last_sent = now;
        let sent = self.board.get(place).expect("it is in flight");
        Resend {
            seq: sent.seq,
            data: sent.data,
            fin: sent.end != sent.seq.wrapping_add(sent.data),
            mechanism,
        }
    }

    /// What a controller may look at.
    fn context(&self, now: SimTime) -> Context {
        Context {
            now,
            srtt: self.rtt.srtt(),
            snd_una: self.snd_una,
            snd_nxt: self.snd_nxt,
            mss: self.mss,
        }
    }
}

/// What the handshake has brought.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct Opening {
    /// Bytes of data in a full segment.
    pub(in crate::host) mss: u32,
    /// The peer's window in bytes, and the sequence number of the segment that offered it.
    pub(in crate::host) window: u32,
    pub(in crate::host) seq: u32,
    /// Time from SYN or SYN-ACK to its answer, unless it was sent again (Karn's algorithm).
    pub(in crate::host) rtt: Option<Span>,
    /// Whether the first window is one segment only.
    pub(in crate::host) cut: bool,
    /// Whether segments carry timestamps.
    pub(in crate::host) timestamps: bool,
}
