//! What keeps smoltcp going where it would wait for ever.
//!
//! smoltcp has one timer for retransmission, window probes and keep-alive, and in a few corners none is left
//! running though something is in flight or waits to be sent:
//!
//! - The window closed before data was written, or a retransmission timer found it closed: no persist timer.
//! - The window opened again while data was in flight: the persist timer that took the place of the
//!   retransmission timer is stopped, and nothing takes its own.
//! - Three repeated ACKs came while a FIN alone was in flight, or the persist timer ended then: a FIN that is
//!   lost never leaves again.
//!
//! The host lets smoltcp hear the peer's last word again, from which it draws the right conclusion, and sends
//! a FIN that nobody else would send.

use super::Host;
use super::connection::Connection;
use super::segment::{Bare, bare_segment};
use super::settle::smoltcp_keeps_time;
use crate::event::{Event, SocketEvent, TcpState, Timer};
use crate::units::{SimTime, Span};

/// Repetitions of an ACK that make smoltcp retransmit, and one that it may take for a window update.
const REPETITIONS: usize = 4;

/// The longest retransmission timeout, as smoltcp's.
const LONGEST: Span = Span::from_secs(60);

/// A FIN that the host sends again.
#[derive(Clone, Copy, Debug)]
pub(super) struct FinTimer {
    /// When.
    pub(super) at: SimTime,
    /// How long it took to get there.
    wait: Span,
}

impl Host {
    /// Makes sure that whatever waits to be sent or acknowledged has a timer, of a connection for which smoltcp
    /// has none. Returns whether smoltcp may have one now.
    pub(super) fn prevent_stall(&mut self, now: SimTime, connection: &mut Connection) -> bool {
        if connection.transport.linux().is_some() || !smoltcp_keeps_time(connection.state) {
            connection.fin_timer = None;
            return false;
        }
        if connection.tcp_ref().send_queue() > 0 {
            self.remind(now, connection);
            return true;
        }
        if connection.fin_timer.is_none() && has_fin_in_flight(connection) {
            self.set_fin_timer(now, connection, self.profile.initial_rto);
        }
        false
    }

    /// Sends a FIN again that smoltcp has forgotten.
    pub(super) fn fire_fin(&mut self, now: SimTime, connection: &mut Connection) {
        let Some(FinTimer { wait, .. }) = connection.fin_timer.take() else {
            return;
        };
        if !has_fin_in_flight(connection) {
            return;
        }
        let id = connection.id;
        let fired = SocketEvent::TimerFired { timer: Timer::Rto };
        self.probe.emit(now, || Event::Socket(id, fired));
        let header = Bare {
            seq: connection.transport.snd_max().wrapping_sub(1),
            ack: connection.last_ack,
            window: connection.last_window,
            fin: true,
        };
        let frame = bare_segment(connection.tuple, header);
        self.send_segment(now, connection, frame);
        self.set_fin_timer(now, connection, (wait * 2).min(LONGEST));
    }

    fn set_fin_timer(&self, now: SimTime, connection: &mut Connection, wait: Span) {
        let at = now + wait;
        connection.fin_timer = Some(FinTimer { at, wait });
        let set = SocketEvent::TimerSet {
            timer: Timer::Rto,
            at,
        };
        self.probe.emit(now, || Event::Socket(connection.id, set));
    }

    /// Lets smoltcp hear the peer's last word until it has a timer: as repeated ACKs, after which it
    /// retransmits what is in flight, or else as a closed window, which it then probes.
    fn remind(&mut self, now: SimTime, connection: &mut Connection) {
        for _ in 0..REPETITIONS {
            self.repeat(now, connection, connection.peer_window_field);
            if self.smoltcp_deadline(now, connection) != SimTime::MAX {
                return;
            }
        }
        self.repeat(now, connection, 0);
    }

    pub(super) fn repeat(&mut self, now: SimTime, connection: &mut Connection, window: u16) {
        let header = Bare {
            seq: connection.rcv_nxt(),
            ack: connection.transport.snd_una(),
            window,
            fin: false,
        };
        let frame = bare_segment(connection.tuple.reversed(), header).freeze();
        self.feed(now, connection, &frame);
    }
}

/// Whether a FIN is all that the peer has not acknowledged.
fn has_fin_in_flight(connection: &Connection) -> bool {
    matches!(
        connection.state,
        TcpState::FinWait1 | TcpState::Closing | TcpState::LastAck
    ) && !connection.transport.all_acknowledged()
}
