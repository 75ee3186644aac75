//! Timers of the host's own: SYN, SYN-ACK, keep-alive, FIN-WAIT-2, TIME-WAIT.

use super::connection::Connection;
use super::egress::Carries;
use super::ports::Tuple;
use super::segment::{Bare, bare_segment};
use super::timewait::Record;
use super::{Host, HostTimer};
use crate::event::{Event, Mechanism, SocketError, SocketEvent, Timer};
use crate::units::SimTime;

impl Host {
    /// A moment has come for which the host had asked.
    pub fn fire(&mut self, now: SimTime, timer: HostTimer) {
        match timer {
            HostTimer::TimeWait => self.fire_time_wait(now),
            HostTimer::Connection(index) => {
                let Some(mut connection) = self.borrow(index) else {
                    return;
                };
                if connection.armed != now {
                    self.put_back(connection); // an earlier call was asked for since
                    return;
                }
                connection.armed = SimTime::MAX;
                let theirs = self.smoltcp_deadline(now, &mut connection);
                if connection.own_deadline().min(theirs) > now {
                    self.arm(now, &mut connection); // what it was asked for has been done since
                    self.put_back(connection);
                    return;
                }
                self.fire_connection(now, connection);
            }
        }
    }

    fn fire_time_wait(&mut self, now: SimTime) {
        if self.time_wait_armed == now {
            self.time_wait_armed = SimTime::MAX;
        }
        while let Some((tuple, record)) = self.time_wait.expire(now) {
            let timer = Timer::TimeWait;
            self.probe.emit(now, || {
                Event::Socket(record.socket, SocketEvent::TimerFired { timer })
            });
            self.leave_time_wait(now, tuple, record.socket);
        }
        self.arm_time_wait();
    }

    fn fire_connection(&mut self, now: SimTime, mut connection: Box<Connection>) {
        if connection
            .handshake
            .as_ref()
            .is_some_and(|handshake| handshake.at <= now)
        {
            self.fire_handshake(now, &mut connection);
        }
        if connection
            .keep_alive
            .is_some_and(|probing| probing.at <= now)
            && connection.probes()
        {
            self.fire_keep_alive(now, &mut connection);
        }
        if connection.is_alive() {
            self.fire_sender(now, &mut connection);
            self.fire_delayed_ack(now, &mut connection);
        }
        if connection.fin_timer.is_some_and(|timer| timer.at <= now) {
            self.fire_fin(now, &mut connection);
        }
        if connection.orphan_until.is_some_and(|at| at <= now) {
            self.retire(now, &connection);
            return;
        }
        self.settle(now, connection);
    }

    fn fire_handshake(&mut self, now: SimTime, connection: &mut Connection) {
        let timer = if connection.active {
            Timer::Syn
        } else {
            Timer::SynAck
        };
        let id = connection.id;
        self.probe
            .emit(now, || Event::Socket(id, SocketEvent::TimerFired { timer }));
        self.pump(now, connection); // smoltcp's own retransmission, which is held back, voids its RTT sample
        if connection
            .handshake
            .as_ref()
            .is_some_and(|handshake| handshake.last)
        {
            connection.error = Some(SocketError::TimedOut);
            return;
        }
        if let Some(handshake) = &mut connection.handshake {
            handshake.sent += 1;
            handshake.timeouts += 1;
        }
        let mechanism = if connection.active {
            Mechanism::SynTimer
        } else {
            Mechanism::SynAckTimer
        };
        self.resend_handshake(now, connection, mechanism);
    }

    /// Sends a keep-alive probe, or gives up (RFC 9293 section 3.8.4; Linux's `tcp_keepalive_timer`).
    fn fire_keep_alive(&mut self, now: SimTime, connection: &mut Connection) {
        let unsent = connection.send_queue() > 0;
        let Some(probing) = &mut connection.keep_alive else {
            return;
        };
        let (id, timer) = (connection.id, Timer::KeepAlive);
        if unsent || !connection.transport.all_acknowledged() {
            probing.at = now + probing.keep_alive.idle; // retransmission finds out sooner
            return;
        }
        self.probe
            .emit(now, || Event::Socket(id, SocketEvent::TimerFired { timer }));
        // With a user timeout that counts, and not how many probes there were (`TCP_USER_TIMEOUT` in tcp(7)).
        let given_up = match connection.user_timeout {
            Some(limit) => probing.unanswered > 0 && now - connection.heard >= limit,
            None => probing.unanswered >= probing.keep_alive.count,
        };
        if given_up {
            connection.error = Some(SocketError::TimedOut);
            connection.tcp().abort();
            self.pump(now, connection); // Linux sends a RST when it gives up
            return;
        }
        probing.unanswered += 1;
        probing.at = now + probing.keep_alive.interval;
        let previous = connection.transport.snd_max().wrapping_sub(1);
        let header = Bare {
            seq: previous,
            ack: connection.last_ack,
            window: connection.last_window,
            fin: false,
        };
        let carries = Carries {
            socket: id,
            offset: connection.written,
            len: 0,
            again: Some(Mechanism::KeepAlive),
        };
        self.transmit(now, bare_segment(connection.tuple, header), Some(carries));
    }

    /// Sends the ACK with which TIME-WAIT answers a FIN that came again.
    pub(super) fn send_time_wait_ack(&mut self, now: SimTime, tuple: Tuple, record: Record) {
        let header = Bare {
            seq: record.snd_nxt,
            ack: record.rcv_nxt,
            window: record.window,
            fin: false,
        };
        let carries = Carries {
            socket: record.socket,
            offset: 0,
            len: 0,
            again: Some(Mechanism::TimeWaitAck),
        };
        self.transmit(now, bare_segment(tuple, header), Some(carries));
    }
}
