//! ACKs that a host sends by Linux's rules.

use super::super::Host;
use super::super::connection::Connection;
use super::super::egress::{Carries, stamp};
use super::super::segment::{Bare, segment};
use super::super::transport::sender::timestamp;
use crate::event::{Event, Mechanism, SocketEvent};
use crate::units::{SimTime, Span};
use crate::wire::packet::{TcpView, seq_before};
use etherparse::TcpOptionElement;

impl Host {
    /// Sends the ACK that a segment has called for.
    pub(in crate::host) fn acknowledge_if_due(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
    ) {
        if std::mem::take(&mut connection.ack_due) {
            self.acknowledge_now(now, connection);
        }
    }

    /// Sends an ACK.
    pub(in crate::host) fn acknowledge_now(&mut self, now: SimTime, connection: &mut Connection) {
        let seq = connection.acceptable_seq(connection.transport.snd_una());
        self.send_ack(now, connection, seq, None);
    }

    /// Asks for the peer's window with a segment that it has to answer, one before the next
    /// (`tcp_xmit_probe_skb`).
    pub(in crate::host) fn ask_window(&mut self, now: SimTime, connection: &mut Connection) {
        let seq = connection.transport.snd_una().wrapping_sub(1);
        self.send_ack(now, connection, seq, Some(Mechanism::WindowProbe));
    }

    fn send_ack(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
        seq: u32,
        again: Option<Mechanism>,
    ) {
        let ack = connection.rcv_nxt();
        let unread = connection.unread();
        let (timestamps, echo) = (connection.timestamps, connection.peer_tsval.unwrap_or(0));
        let Some(linux) = connection.transport.linux_mut() else {
            return;
        };
        let window = linux.receiver.select_window(ack, unread);
        let mut room = [0; 40];
        let options = write_options(
            &mut room,
            timestamps.then_some(echo),
            linux.receiver.blocks(),
        );
        let fields = Bare {
            seq,
            ack,
            window,
            fin: false,
        };
        let mut frame = segment(connection.tuple, fields, 0, options, [&[], &[]]);
        connection.said(ack, window);
        if timestamps {
            stamp(&mut frame, now, None);
        }
        let carries = Carries {
            socket: connection.id,
            offset: connection.offset(seq),
            len: 0,
            again,
        };
        self.transmit(now, frame, Some(carries));
        self.widen(now, connection);
    }

    /// Lets smoltcp offer a window that reaches as far as ours, since it accepts nothing beyond: it answers a byte
    /// that it has already (RFC 9293 section 3.10.7.4), and that answer does not leave.
    pub(super) fn widen(&mut self, now: SimTime, connection: &mut Connection) {
        let edge = connection.rcv_edge();
        let behind = connection
            .transport
            .linux()
            .is_some_and(|linux| seq_before(linux.edge, edge));
        if !behind || !connection.is_alive() {
            return;
        }
        let fields = Bare {
            seq: connection.rcv_nxt().wrapping_sub(1),
            ack: connection.transport.snd_una(),
            window: connection.peer_window_field,
            fin: false,
        };
        let frame = segment(connection.tuple.reversed(), fields, 0, &[], [&[0], &[]]).freeze();
        self.feed(now, connection, &frame);
    }

    /// The timers of Linux's rules.
    pub(in crate::host) fn fire_delayed_ack(&mut self, now: SimTime, connection: &mut Connection) {
        let Some(linux) = connection.transport.linux_mut() else {
            return;
        };
        let Some((timer, _)) = linux.receiver.deadline().filter(|&(_, at)| at <= now) else {
            return;
        };
        let rto = linux.sender.rto();
        let due = linux.receiver.fired(now, rto);
        let id = connection.id;
        self.probe
            .emit(now, || Event::Socket(id, SocketEvent::TimerFired { timer }));
        if due {
            self.acknowledge_now(now, connection);
        }
    }
}

/// The options of an ACK: the echoed timestamp, if there are timestamps, and SACK blocks (RFC 2018 section 3).
fn write_options(
    room: &mut [u8; 40],
    echo: Option<u32>,
    blocks: impl IntoIterator<Item = (u32, u32)>,
) -> &[u8] {
    let mut len = 0;
    let mut put = |bytes: &[u8]| {
        room[len..len + bytes.len()].copy_from_slice(bytes);
        len += bytes.len();
    };
    if let Some(echo) = echo {
        put(&[1, 1, 8, 10, 0, 0, 0, 0]); // the value is filled when it leaves
        put(&echo.to_be_bytes());
    }
    let mut count = 0;
    for (first, next) in blocks {
        if count == 0 {
            put(&[1, 1, 5, 0]);
        }
        put(&first.to_be_bytes());
        put(&next.to_be_bytes());
        count += 1;
    }
    if count > 0 {
        room[len - 8 * count - 1] = u8::try_from(2 + 8 * count).expect("at most four blocks");
    }
    &room[..len]
}

impl Connection {
    /// A segment with this acknowledgment and window leaves.
    pub(in crate::host) fn said(&mut self, ack: u32, window: u16) {
        self.last_ack = ack;
        self.last_window = window;
        let offered = u32::from(window) << self.own_shift;
        if let Some(linux) = self.transport.linux_mut() {
            linux.receiver.ack_sent(ack, offered);
        }
    }

    /// Bytes that have arrived in order and that the application has not read.
    pub(in crate::host) fn unread(&self) -> u32 {
        u32::try_from(self.tcp_ref().recv_queue()).expect("buffers are smaller than 4 GiB")
    }

    /// RTT that a data segment's echoed timestamp tells the receiver, unless an earlier one has told it.
    pub(super) fn rtt_of_echo(&mut self, now: SimTime, view: &TcpView<'_>) -> Option<Span> {
        if !self.timestamps {
            return None;
        }
        let echo = view
            .header
            .options_iterator()
            .flatten()
            .find_map(|option| {
                if let TcpOptionElement::Timestamp(_, echo) = option {
                    Some(echo)
                } else {
                    None
                }
            })?;
        let clock = timestamp(now);
        let linux = self.transport.linux_mut()?;
        let known = echo != 0 && !seq_before(clock, echo) && linux.last_echo != echo;
        linux.last_echo = echo;
        known.then(|| Span::from_millis(u64::from(clock.wrapping_sub(echo))))
    }
}
