//! A socket at one moment, as `ss` sees it.

use std::collections::BTreeMap;

use crate::event::{Congestion, Connection, SocketEvent, SocketId, TcpState, Timer};
use crate::units::{SimTime, Span};

/// A socket, built from its events and from the ACKs that its host received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketView {
    /// The socket.
    pub id: SocketId,
    /// Its ends.
    pub connection: Connection,
    /// Its TCP state.
    pub state: TcpState,
    /// Congestion window, round-trip times and the peer's window, as last told.
    pub congestion: Option<Congestion>,
    /// Whether it is gone.
    pub closed: bool,
    readable: u64,
    read: u64,
    written: u64,
    acknowledged: u64,
    fin_acknowledged: bool,
    timers: BTreeMap<Timer, SimTime>,
    expiries: u32,
}

/// The timer that `ss -o` would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownTimer {
    /// In the words of `ss`: `on` for retransmission and its kin, `keepalive`, `timewait`.
    pub name: &'static str,
    /// Time until it fires.
    pub left: Span,
    /// How often it has fired since the last progress.
    pub expiries: u32,
}

impl SocketView {
    pub(super) const fn new(id: SocketId, connection: Connection) -> Self {
        Self {
            id,
            connection,
            state: TcpState::Closed,
            congestion: None,
            closed: false,
            readable: 0,
            read: 0,
            written: 0,
            acknowledged: 0,
            fin_acknowledged: false,
            timers: BTreeMap::new(),
            expiries: 0,
        }
    }

    /// Bytes that the application could read and has not. A FIN is not counted.
    pub const fn recv_q(&self) -> u64 {
        self.readable.saturating_sub(self.read)
    }

    /// Sequence numbers that were written and not acknowledged: bytes, and one for a SYN or FIN on its way,
    /// as `ss` counts them.
    pub const fn send_q(&self) -> u64 {
        let flag = match self.state {
            TcpState::SynSent => true,
            TcpState::FinWait1 | TcpState::Closing | TcpState::LastAck => !self.fin_acknowledged,
            _ => false,
        };
        self.written.saturating_sub(self.acknowledged) + flag as u64
    }

    /// Bytes of the outgoing stream that the peer has acknowledged.
    pub const fn acknowledged_bytes(&self) -> u64 {
        self.acknowledged
    }

    /// The timer that fires next, if `ss` would show it at `now`. There is no event for a timer that is
    /// stopped: retransmission timers count only while something is unacknowledged.
    pub fn timer(&self, now: SimTime) -> Option<ShownTimer> {
        let armed = self.timers.iter().filter(|(_, at)| **at >= now);
        let shown = armed.filter_map(|(timer, at)| Some((*at, self.shown(*timer)?)));
        let (at, name) = shown.min()?;
        Some(ShownTimer {
            name,
            left: at - now,
            expiries: self.expiries,
        })
    }

    /// The timers that are set and have not fired, in order of their moments.
    pub fn timers(&self, now: SimTime) -> Vec<(Timer, SimTime)> {
        let set = self.timers.iter().filter(|(_, at)| **at >= now);
        let counts = |timer: Timer| timer == Timer::DelayedAck || self.shown(timer).is_some();
        let mut timers: Vec<_> = set
            .filter(|(timer, _)| counts(**timer))
            .map(|(timer, at)| (*timer, *at))
            .collect();
        timers.sort_by_key(|(timer, at)| (*at, *timer));
        timers
    }

    /// Bytes that were written, that were acknowledged, that have come, and that were read.
    pub const fn streams(&self) -> [u64; 4] {
        [self.written, self.acknowledged, self.readable, self.read]
    }

    fn shown(&self, timer: Timer) -> Option<&'static str> {
        match timer {
            Timer::KeepAlive => Some("keepalive"),
            Timer::TimeWait => Some("timewait"),
            Timer::DelayedAck => None,
            Timer::Persist => Some("persist"),
            Timer::SynAck => Some("on"),
            Timer::Syn | Timer::Transport | Timer::Rto | Timer::Tlp | Timer::RackReorder => {
                (self.send_q() > 0).then_some("on")
            }
        }
    }

    pub(super) fn event(&mut self, event: &SocketEvent) {
        match event {
            SocketEvent::State { to, .. } => self.state = *to,
            SocketEvent::AppWrite { offset, len } => self.written = offset + u64::from(*len),
            SocketEvent::AppRead { offset, len } => self.read = offset + u64::from(*len),
            SocketEvent::Readable { end } => self.readable = *end,
            SocketEvent::TimerSet { timer, at } => {
                self.timers.insert(*timer, *at);
            }
            SocketEvent::TimerFired { timer } => {
                self.timers.remove(timer);
                self.expiries += u32::from(is_retry(*timer));
            }
            SocketEvent::Windows(congestion) => self.congestion = Some((**congestion).clone()),
            SocketEvent::Closed { .. } => self.closed = true,
            SocketEvent::Opened(_)
            | SocketEvent::AppShutdown
            | SocketEvent::AppClose { .. }
            | SocketEvent::Segment { .. }
            | SocketEvent::Waits(_)
            | SocketEvent::BufferFull => {}
        }
    }

    /// The host received an ACK for sequence number `ack` (RFC 9293 section 3.4); others than new and
    /// plausible ones are ignored.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sequence numbers are offsets modulo 2^32"
    )]
    pub(super) fn acknowledged(&mut self, ack: u32) {
        let first_byte = self.connection.isn.wrapping_add(1);
        let edge = first_byte.wrapping_add(self.acknowledged as u32);
        let progress = u64::from(ack.wrapping_sub(edge));
        let outstanding = self.written.saturating_sub(self.acknowledged);
        if progress == 0 || progress > outstanding + 1 {
            return;
        }
        self.acknowledged += progress.min(outstanding);
        self.fin_acknowledged = progress > outstanding;
        self.expiries = 0;
    }
}

/// Whether `ss` counts this timer's expiries.
const fn is_retry(timer: Timer) -> bool {
    matches!(
        timer,
        Timer::Rto | Timer::Syn | Timer::SynAck | Timer::KeepAlive
    )
}
