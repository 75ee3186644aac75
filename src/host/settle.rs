//! After something touched a connection: what changed, and whether it lives on.

use super::connection::Connection;
use super::ports::Tuple;
use super::timewait::Record;
use super::{Ending, Host, HostTimer, Slot};
use crate::event::{Congestion, Event, SocketError, SocketEvent, SocketId, TcpState, Timer};
use crate::units::{SimTime, from_smoltcp, to_smoltcp};

impl Host {
    /// Lets every connection that was touched send what it has to send. Called when all applications wait,
    /// so that everything an instant brings is sent together.
    pub fn flush(&mut self, now: SimTime) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for index in dirty.drain(..) {
            let Some(mut connection) = self.borrow(index) else {
                continue;
            };
            connection.dirty = false;
            if connection.state != TcpState::TimeWait {
                self.pump(now, &mut connection);
            }
            if let Some(mut connection) = self.conclude(now, connection) {
                self.arm(now, &mut connection);
                self.put_back(connection);
            }
        }
        if self.dirty.is_empty() {
            self.dirty = dirty; // keep the allocation
        }
    }

    /// Enters what changed and lets the connection wait for the next flush.
    pub(super) fn settle(&mut self, now: SimTime, connection: Box<Connection>) {
        if let Some(mut connection) = self.conclude(now, connection) {
            self.mark(&mut connection);
            self.put_back(connection);
        }
    }

    /// Asks the world to flush this host, and to take what it has sent.
    pub(super) fn stir(&self) {
        self.stirred.push(self.id);
    }

    /// Asks for a flush of this connection.
    pub(super) fn mark(&mut self, connection: &mut Connection) {
        if std::mem::replace(&mut connection.dirty, true) {
            return;
        }
        if self.dirty.is_empty() {
            self.stir();
        }
        self.dirty.push(connection.id.index);
    }

    /// Lets the connection send all that it may.
    pub(super) fn pump(&mut self, now: SimTime, connection: &mut Connection) {
        if connection.transport.linux().is_some() && !opens_or_ends(connection.tcp_state()) {
            self.push(now, connection);
            self.acknowledge_if_due(now, connection);
            return;
        }
        self.poll_all(now, connection);
        self.send_batch(now, connection);
        if connection.fin_waits && connection.has_sent_all() {
            connection.fin_waits = false;
            connection.tcp().close();
            self.poll_all(now, connection);
            self.send_batch(now, connection);
        }
    }

    pub(super) fn poll_all(&mut self, now: SimTime, connection: &mut Connection) {
        while self.poll_once(now, connection) {}
    }

    /// Lets smoltcp send once. Returns whether it did.
    pub(super) fn poll_once(&mut self, now: SimTime, connection: &mut Connection) -> bool {
        let polled = self
            .interface
            .poll_egress(to_smoltcp(now), &mut self.tap, connection.set());
        polled != smoltcp::iface::PollResult::None
    }

    /// Enters what changed; gives the connection back if it lives on.
    fn conclude(
        &mut self,
        now: SimTime,
        mut connection: Box<Connection>,
    ) -> Option<Box<Connection>> {
        if connection.error == Some(SocketError::TimedOut) {
            self.give_up(now, &mut connection);
        }
        self.enter_progress(now, &mut connection);
        let unread = connection.closed && connection.tcp_ref().recv_queue() > 0;
        if unread && connection.state != TcpState::TimeWait {
            // Data for a socket that nobody reads any more: Linux answers with RST (RFC 2525 section 2.17).
            connection.tcp().abort();
            self.pump(now, &mut connection);
            self.enter_progress(now, &mut connection);
        }
        match connection.state {
            TcpState::Listen => self.retire(now, &connection),
            TcpState::Closed if connection.drained() => self.retire(now, &connection),
            TcpState::TimeWait if connection.drained() => self.enter_time_wait(now, &connection),
            _ => return Some(connection),
        }
        None
    }

    /// Ends a connection that has timed out: the application is woken, and no RST leaves.
    fn give_up(&mut self, now: SimTime, connection: &mut Connection) {
        connection.tcp().abort();
        self.poll_all(now, connection);
        drop(self.tap.take(Vec::new()));
    }

    /// Emits what changed since the last time, and moves the connection along the listener's queues.
    fn enter_progress(&mut self, now: SimTime, connection: &mut Connection) {
        let id = connection.id;
        let (from, to) = (connection.state, connection.tcp_state());
        if from != to {
            connection.state = to;
            connection.finished |= to.is_after_fin();
            self.probe
                .emit(now, || Event::Socket(id, SocketEvent::State { from, to }));
            self.enter_state(now, connection, from);
        }
        let readable = connection.read + connection.tcp_ref().recv_queue() as u64;
        if readable > connection.readable {
            connection.readable = readable;
            self.probe.emit(now, || {
                Event::Socket(id, SocketEvent::Readable { end: readable })
            });
        }
    }

    fn enter_state(&mut self, now: SimTime, connection: &mut Connection, from: TcpState) {
        let opening = |state| matches!(state, TcpState::SynSent | TcpState::SynReceived);
        if from == TcpState::Closed && connection.listener.is_some() {
            return; // SYN-RECEIVED: counted when the SYN came
        }
        if opening(from) && !opening(connection.state) {
            connection.handshake = None;
            let established = !matches!(connection.state, TcpState::Closed | TcpState::Listen);
            self.leave_listener(connection, established);
        }
        if connection.state == TcpState::FinWait2 && connection.closed {
            connection.orphan_until = Some(now + self.profile.fin_wait_2);
        }
        if connection.state == TcpState::TimeWait {
            // The ACK of the FIN leaves before the socket goes, and does not wait for the delayed ACK's timer.
            self.poll_all(now + self.profile.ack_delay, connection);
            self.send_batch(now, connection);
        }
    }

    /// A passive open ended, well or badly.
    fn leave_listener(&mut self, connection: &Connection, established: bool) {
        let Some(listener) = connection
            .listener
            .and_then(|port| self.listeners.get_mut(&port))
        else {
            return;
        };
        listener.opening -= 1;
        if established {
            listener.ready.push_back(connection.id.index);
            if let Some(waker) = listener.waker.take() {
                waker.wake();
            }
        }
    }

    /// Tells those who watch what the sender knows of the path.
    pub(super) fn emit_windows(&self, now: SimTime, connection: &Connection) {
        self.probe.emit(now, || {
            let transport = &connection.transport;
            let mut windows = Congestion {
                in_flight: u64::from(transport.snd_max().wrapping_sub(transport.snd_una())),
                peer_window: connection.peer_window,
                ..Congestion::default()
            };
            if let Some(linux) = transport.linux() {
                let known = linux.sender.snapshot();
                windows.cwnd = Some(known.cwnd);
                windows.ssthresh = known.ssthresh;
                windows.srtt = known.srtt;
                windows.rto = Some(known.rto);
            }
            Event::Socket(connection.id, SocketEvent::Windows(Box::new(windows)))
        });
    }

    /// The connection is gone.
    pub(super) fn retire(&mut self, now: SimTime, connection: &Connection) {
        let (id, error) = (connection.id, connection.error);
        self.ports.release(connection.tuple);
        self.free_slot(connection);
        self.probe
            .emit(now, || Event::Socket(id, SocketEvent::Closed { error }));
    }

    /// Gives up what the connection held, except its ports.
    fn free_slot(&mut self, connection: &Connection) {
        let (id, error) = (connection.id, connection.error);
        self.demux.remove(&connection.tuple);
        self.past
            .insert(connection.tuple, connection.transport.snd_max());
        let unwanted = connection.closed || connection.state == TcpState::Listen;
        self.sockets[id.index as usize] = if unwanted {
            Slot::Free
        } else {
            Slot::Gone(Ending {
                error,
                finished: connection.finished,
            })
        };
    }

    /// Puts a record in the place of a connection in TIME-WAIT.
    fn enter_time_wait(&mut self, now: SimTime, connection: &Connection) {
        let record = Record {
            socket: connection.id,
            snd_nxt: connection.transport.snd_max(),
            rcv_nxt: connection.last_ack,
            window: connection.last_window,
            peer_tsval: connection.peer_tsval,
            since: now,
            expires: now + self.profile.time_wait,
        };
        self.free_slot(connection);
        self.time_wait.insert(connection.tuple, record);
        let (timer, at) = (Timer::TimeWait, record.expires);
        self.probe.emit(now, || {
            Event::Socket(record.socket, SocketEvent::TimerSet { timer, at })
        });
        self.arm_time_wait();
    }

    /// Ends the record of a tuple, if there is one.
    pub(super) fn end_time_wait(&mut self, now: SimTime, tuple: Tuple) {
        if let Some(record) = self.time_wait.remove(tuple) {
            self.leave_time_wait(now, tuple, record.socket);
        }
    }

    /// The record of a tuple has ended, and with it the connection.
    pub(super) fn leave_time_wait(&mut self, now: SimTime, tuple: Tuple, socket: SocketId) {
        self.ports.release(tuple);
        let (from, to) = (TcpState::TimeWait, TcpState::Closed);
        self.probe.emit(now, || {
            Event::Socket(socket, SocketEvent::State { from, to })
        });
        self.probe.emit(now, || {
            Event::Socket(socket, SocketEvent::Closed { error: None })
        });
    }

    /// Answers a segment for a tuple in TIME-WAIT and begins 2 x MSL anew (RFC 9293 section 3.10.7.4).
    pub(super) fn acknowledge_from_time_wait(&mut self, now: SimTime, tuple: Tuple) {
        let Some(record) = self.time_wait.get(tuple).copied() else {
            return;
        };
        self.send_time_wait_ack(now, tuple, record);
        self.time_wait.restart(tuple, now, self.profile.time_wait);
        let (timer, at) = (Timer::TimeWait, now + self.profile.time_wait);
        self.probe.emit(now, || {
            Event::Socket(record.socket, SocketEvent::TimerSet { timer, at })
        });
        self.arm_time_wait();
    }

    /// Makes sure that the world calls when the connection has something due.
    pub(super) fn arm(&mut self, now: SimTime, connection: &mut Connection) {
        let mut theirs = self.smoltcp_deadline(now, connection);
        if theirs != SimTime::MAX {
            connection.fin_timer = None;
        } else if self.prevent_stall(now, connection) {
            theirs = self.smoltcp_deadline(now, connection);
        }
        // smoltcp's clock ticks in microseconds: what is due now is due at the next tick.
        let tick = SimTime::from_nanos((now.as_nanos() / 1_000 + 1) * 1_000);
        let deadline = connection.own_deadline().min(theirs.max(tick));
        if deadline < connection.armed {
            connection.armed = deadline;
            let timer = HostTimer::Connection(connection.id.index);
            self.outbox.timers.push((deadline, timer));
        }
    }

    /// When smoltcp wants to be polled for a connection.
    pub(super) fn smoltcp_deadline(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
    ) -> SimTime {
        // With Linux's rules around it, nothing that smoltcp would do by itself is wanted.
        if connection.transport.linux().is_some() || !smoltcp_keeps_time(connection.state) {
            return SimTime::MAX;
        }
        let at = self.interface.poll_at(to_smoltcp(now), connection.set());
        at.map_or(SimTime::MAX, from_smoltcp)
    }

    /// Makes sure that the world calls when the next TIME-WAIT record may end.
    pub(super) fn arm_time_wait(&mut self) {
        if let Some(at) = self.time_wait.deadline()
            && at < self.time_wait_armed
        {
            self.time_wait_armed = at;
            self.outbox.timers.push((at, HostTimer::TimeWait));
        }
    }
}

/// Whether smoltcp alone sends in this state: SYN, SYN-ACK and RST.
const fn opens_or_ends(state: TcpState) -> bool {
    matches!(
        state,
        TcpState::Closed | TcpState::Listen | TcpState::SynSent | TcpState::SynReceived
    )
}

/// Whether smoltcp's own timers count in this state: the handshake and TIME-WAIT are the host's.
pub(super) const fn smoltcp_keeps_time(state: TcpState) -> bool {
    !matches!(
        state,
        TcpState::SynSent
            | TcpState::SynReceived
            | TcpState::TimeWait
            | TcpState::Closed
            | TcpState::Listen
    )
}
