//! How a host sends for a connection with Linux's rules: new data through smoltcp, old data from the send buffer.

use bytes::BytesMut;

use super::super::Host;
use super::super::connection::Connection;
use super::super::egress::{Carries, stamp};
use super::super::segment::{Bare, FIN, PSH, segment};
use crate::event::{Event, SocketError, SocketEvent, TcpState};
use crate::host::transport::Segment;
use crate::host::transport::receiver::Receiver;
use crate::host::transport::sender::{Fired, Resend};
use crate::units::SimTime;
use crate::wire::ETHERNET_HEADER;
use crate::wire::packet::seq_before;

/// Where flags and window are in the frames that smoltcp makes, which have no IP options.
const TCP_FLAGS: usize = ETHERNET_HEADER + 33;
const TCP_WINDOW: usize = ETHERNET_HEADER + 34;

impl Host {
    /// Sends what both windows allow, and a FIN behind the last of it (`tcp_write_xmit`).
    pub(in crate::host) fn push(&mut self, now: SimTime, connection: &mut Connection) {
        if !connection.may_transmit() {
            return;
        }
        let mut sent = false;
        while let Some(size) = connection.next_burst(now) {
            if !self.send_new(now, connection, size) {
                break;
            }
            sent = true;
        }
        sent |= self.send_fin(now, connection);
        if let Some(linux) = connection.transport.linux_mut() {
            let unsent = linux.unsent();
            linux.sender.pushed(now, sent, unsent);
            let waits = linux.sender.limit().filter(|_| unsent > 0);
            if std::mem::replace(&mut linux.waits, waits) != waits {
                let id = connection.id;
                self.probe
                    .emit(now, || Event::Socket(id, SocketEvent::Waits(waits)));
            }
        }
    }

    /// Sends a FIN that is wanted once everything before it has left.
    fn send_fin(&mut self, now: SimTime, connection: &mut Connection) -> bool {
        let Some(linux) = connection.transport.linux() else {
            return false;
        };
        if !connection.fin_waits || linux.unsent() > 0 || !linux.sender.may_finish() {
            return false;
        }
        connection.fin_waits = false;
        connection.tcp().close();
        let end = connection.transport.snd_max().wrapping_add(1);
        self.drive(now, connection, end);
        true
    }

    /// Sends new segments of `size` bytes together. Returns whether they have left.
    fn send_new(&mut self, now: SimTime, connection: &mut Connection, size: u32) -> bool {
        let end = connection.transport.snd_max().wrapping_add(size);
        let last = connection.give(end);
        if last {
            let may_finish = connection
                .transport
                .linux()
                .is_some_and(|linux| linux.sender.may_finish());
            if connection.fin_waits && may_finish {
                connection.fin_waits = false;
                connection.tcp().close(); // the FIN goes with the last data
            }
        }
        self.drive(now, connection, end);
        if seq_before(connection.transport.snd_max(), end) {
            // smoltcp has not heard of the window that the sender knows: let it hear the peer's last word again.
            self.repeat(now, connection, connection.peer_window_field);
            self.drive(now, connection, end);
        }
        !seq_before(connection.transport.snd_max(), end)
    }

    /// Lets smoltcp send until everything before `end` has left or nothing comes any more.
    fn drive(&mut self, now: SimTime, connection: &mut Connection, end: u32) {
        loop {
            let more = self.poll_once(now, connection);
            self.send_batch(now, connection);
            if !more || !seq_before(connection.transport.snd_max(), end) {
                return;
            }
        }
    }

    /// Sends lost segments again, as far as the window allows.
    pub(in crate::host) fn resend_lost(&mut self, now: SimTime, connection: &mut Connection) {
        while let Some(resend) = connection
            .transport
            .linux_mut()
            .and_then(|linux| linux.sender.resend(now))
        {
            self.send_again(now, connection, resend);
        }
    }

    /// Sends a segment again, with the acknowledgment and window of this moment.
    fn send_again(&mut self, now: SimTime, connection: &mut Connection, resend: Resend) {
        let ack = connection.rcv_nxt();
        let unread = connection.unread();
        let (timestamps, echo) = (connection.timestamps, connection.peer_tsval.unwrap_or(0));
        let Some(linux) = connection.transport.linux_mut() else {
            return;
        };
        let window = linux.receiver.select_window(ack, unread);
        let fields = Bare {
            seq: resend.seq,
            ack,
            window,
            fin: resend.fin,
        };
        let ends = resend.seq.wrapping_add(resend.data) == linux.sender.snd_nxt();
        let mut flags = if resend.fin { FIN } else { 0 };
        if ends && linux.unsent() == 0 && resend.data > 0 {
            flags |= PSH;
        }
        let mut room = [0; 12];
        let options = timestamp_option(&mut room, timestamps.then_some(echo));
        let data = linux.data(resend.seq, resend.data);
        let mut frame = segment(connection.tuple, fields, flags, options, data);
        linux.receiver.data_sent(now);
        connection.said(ack, window);
        if timestamps {
            stamp(&mut frame, now, None);
        }
        let carries = Carries {
            socket: connection.id,
            offset: connection.offset(resend.seq),
            len: resend.data,
            again: Some(resend.mechanism),
        };
        self.transmit(now, frame, Some(carries));
        self.widen(now, connection);
    }

    /// The sender's timer is due.
    pub(in crate::host) fn fire_sender(&mut self, now: SimTime, connection: &mut Connection) {
        let Some(linux) = connection.transport.linux_mut() else {
            return;
        };
        let Some((timer, _)) = linux.sender.deadline().filter(|&(_, at)| at <= now) else {
            return;
        };
        let unsent = linux.unsent();
        let fired = linux.sender.fire(now, unsent);
        let id = connection.id;
        self.probe
            .emit(now, || Event::Socket(id, SocketEvent::TimerFired { timer }));
        match fired {
            Fired::Again(resend) => self.send_again(now, connection, resend),
            Fired::Lost => self.resend_lost(now, connection),
            Fired::Probe(size) => {
                self.send_new(now, connection, size);
                if let Some(linux) = connection.transport.linux_mut() {
                    linux.sender.probed(now);
                }
            }
            Fired::AskWindow => self.ask_window(now, connection),
            Fired::GiveUp => connection.error = Some(SocketError::TimedOut),
            Fired::Nothing => {}
        }
        self.emit_windows(now, connection);
    }
}

impl Host {
    /// Judges a segment of smoltcp's other than RST: SYNs and what is new leave, with Linux's window.
    /// Retransmissions and bare ACKs do not: those are the sender's and the receiver's.
    /// Returns the segment as it leaves.
    pub(in crate::host) fn let_out(
        now: SimTime,
        connection: &mut Connection,
        frame: &mut BytesMut,
        (theirs, syn): (Segment, bool),
    ) -> Option<Segment> {
        let ack = theirs.ack.unwrap_or(0);
        let (shift, unread) = (connection.own_shift, connection.unread());
        let (tuple, mss) = (connection.tuple, connection.syn_mss());
        let echo = connection.timestamps.then_some(connection.peer_tsval);
        let linux = connection.transport.linux_mut()?;
        if syn {
            let window = Receiver::syn_window(mss, linux.offer.limit);
            frame[TCP_WINDOW..TCP_WINDOW + 2].copy_from_slice(&window.to_be_bytes());
            return Some(Segment { window, ..theirs });
        }
        linux.edge = ack.wrapping_add(u32::from(theirs.window) << shift);
        let next = linux.sender.snd_nxt();
        let end = theirs.seq.wrapping_add(theirs.len);
        if theirs.len == 0 || !seq_before(next, end) {
            return None;
        }
        let fin = theirs.len != theirs.data;
        let window = linux.receiver.select_window(ack, unread);
        let data = theirs.data.wrapping_sub(next.wrapping_sub(theirs.seq));
        if theirs.seq != next {
            // smoltcp went back after a timeout of its own and joins what has left to what has not.
            let fields = Bare {
                seq: next,
                ack,
                window,
                fin,
            };
            let mut room = [0; 12];
            let options = timestamp_option(&mut room, echo.map(Option::unwrap_or_default));
            let flags = if fin { FIN } else { 0 };
            *frame = segment(tuple, fields, flags, options, linux.data(next, data));
        }
        frame[TCP_WINDOW..TCP_WINDOW + 2].copy_from_slice(&window.to_be_bytes());
        linux.sender.sent(now, next, data, fin);
        let push = data > 0 && linux.push_at == Some(next.wrapping_add(data));
        frame[TCP_FLAGS] = frame[TCP_FLAGS] & !PSH | if push { PSH } else { 0 };
        linux.receiver.data_sent(now);
        connection.said(ack, window);
        Some(Segment {
            seq: next,
            len: data + u32::from(fin),
            data,
            window,
            ..theirs
        })
    }
}

/// The timestamps option with this echo (RFC 7323 appendix A), if there are timestamps; its value is filled when
/// the segment leaves.
fn timestamp_option(room: &mut [u8; 12], echo: Option<u32>) -> &[u8] {
    let Some(echo) = echo else { return &[] };
    room[..4].copy_from_slice(&[1, 1, 8, 10]);
    room[8..].copy_from_slice(&echo.to_be_bytes());
    room
}

impl Connection {
    /// The segment size that decides how large a window a SYN offers: as Linux has it, without room for
    /// timestamps in the first SYN, and with room in the answer.
    const fn syn_mss(&self) -> u32 {
        if self.timestamps && !self.active {
            self.mss - 12
        } else {
            self.mss
        }
    }

    /// Whether data may be sent in this state.
    fn may_transmit(&self) -> bool {
        matches!(
            self.tcp_state(),
            TcpState::Established | TcpState::CloseWait
        ) || (self.fin_waits && self.tcp_state() != TcpState::Closed)
    }

    /// How many bytes leave together now.
    fn next_burst(&mut self, now: SimTime) -> Option<u32> {
        let nagle = !self.nodelay && !self.fin_waits;
        let last = self.fin_waits;
        let linux = self.transport.linux_mut()?;
        let unsent = linux.unsent();
        linux.sender.burst(now, unsent, nagle, last)
    }

    /// Gives smoltcp what it has not been given of the data before `end`. Returns whether that was the last.
    fn give(&mut self, end: u32) -> bool {
        let Some(linux) = self.transport.linux() else {
            return false;
        };
        let given = linux.given;
        let size = end.wrapping_sub(linux.sender.snd_nxt());
        let last = linux.unsent() == size;
        let several = size > linux.sender.mss();
        if !seq_before(given, end) {
            return last;
        }
        let socket: &mut smoltcp::socket::tcp::Socket<'static> = self.set.get_mut(self.handle);
        for part in linux.data(given, end.wrapping_sub(given)) {
            let taken = socket.send_slice(part).unwrap_or(0);
            debug_assert_eq!(taken, part.len(), "smoltcp's buffer is as large as ours");
        }
        if let Some(linux) = self.transport.linux_mut() {
            linux.given = end;
            // What was several segments when it left TCP ends with PSH, as the last of what was written does.
            linux.push_at = (several || last).then_some(end);
        }
        last
    }
}
