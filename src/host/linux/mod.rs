//! How a host receives for a connection with Linux's rules (`tcp_rcv_established`, `tcp_rcv_state_process`).
//!
//! smoltcp sees every acceptable segment, and none of its answers but RST leaves: what is acknowledged, and when,
//! is the receiver's; what is sent, the sender's.

mod acknowledge;
mod output;

use bytes::Bytes;
use etherparse::TcpOptionElement;

use super::Host;
use super::connection::{Connection, Handshake};
use super::segment::{Bare, bare_segment};
use super::transport::receiver::{Acknowledge, Arrival};
use super::transport::sender::{Acknowledgment, Next, Opening};
use crate::event::TcpState;
use crate::units::SimTime;
use crate::wire::packet::{TcpView, seq_before};
use crate::wire::{ETHERNET_HEADER, Frame, patch};

/// Where the acknowledgment number is in a frame without IP options.
const TCP_ACK: usize = ETHERNET_HEADER + 28;

impl Host {
    /// A segment for a connection with Linux's rules.
    pub(super) fn receive_linux(
        &mut self,
        now: SimTime,
        frame: &Frame,
        view: &TcpView<'_>,
        connection: &mut Connection,
    ) {
        let header = &view.header;
        match connection.state {
            TcpState::SynSent | TcpState::SynReceived => {
                self.receive_opening(now, frame, view, connection);
                return;
            }
            _ if header.rst() => {
                self.feed(now, connection, &frame.bytes);
                return;
            }
            _ => {}
        }
        let (seq, end) = (header.sequence_number(), view.sequence_end());
        let data_end = end.wrapping_sub(u32::from(header.fin()));
        if header.syn() || !header.ack() || connection.is_outside(seq, end, data_end) {
            // A SYN that came again, and whatever is not in the window (RFC 5961 section 4, `tcp_send_dupack`).
            self.answer_unacceptable(now, connection, (seq, end));
            return;
        }
        if seq_before(
            connection.transport.snd_max(),
            header.acknowledgment_number(),
        ) {
            return; // it acknowledges what was never sent
        }
        connection.hear(view);
        let next = connection.take_acknowledgment(now, view);
        self.recover(now, connection, next);
        self.take_data(now, frame, view, connection);
        if connection.tcp_state() != TcpState::Closed {
            self.push(now, connection);
            self.acknowledge_if_due(now, connection);
        }
        self.emit_windows(now, connection);
    }

    /// A segment during the handshake. The last one may carry data already.
    fn receive_opening(
        &mut self,
        now: SimTime,
        frame: &Frame,
        view: &TcpView<'_>,
        connection: &mut Connection,
    ) {
        let header = &view.header;
        if connection.state == TcpState::SynReceived && !header.rst() {
            let ours = connection.isn.wrapping_add(1);
            if header.ack() && header.acknowledgment_number() == ours && !header.syn() {
                connection.hear(view);
                connection.open(now, view);
                self.take_data(now, frame, view, connection);
                self.emit_windows(now, connection);
                self.acknowledge_if_due(now, connection);
                return;
            }
        }
        let answers = header.syn() && header.ack();
        if connection.state == TcpState::SynSent && header.syn() {
            connection.hear(view);
        }
        self.feed(now, connection, &frame.bytes);
        if answers && connection.tcp_state() == TcpState::Established {
            connection.open(now, view);
            self.acknowledge_now(now, connection);
            self.emit_windows(now, connection);
        }
    }

    /// Lets smoltcp have the segment, and the receiver what became of it.
    fn take_data(
        &mut self,
        now: SimTime,
        frame: &Frame,
        view: &TcpView<'_>,
        connection: &mut Connection,
    ) {
        let before = connection.rcv_nxt();
        let state = connection.tcp_state();
        self.feed_linux(now, connection, view, &frame.bytes);
        let data = u32::try_from(view.payload.len()).expect("a segment is shorter than 64 KiB");
        let fin = view.header.fin();
        if data == 0 && !fin {
            return;
        }
        let (after, unread) = (connection.rcv_nxt(), connection.unread());
        let seq = view.header.sequence_number();
        let ended = connection.tcp_state().is_after_fin() && !state.is_after_fin();
        let rtt = connection.rtt_of_echo(now, view);
        let Some(linux) = connection.transport.linux_mut() else {
            return;
        };
        if ended && state == TcpState::Established {
            linux.receiver.enter_pingpong();
        }
        let due = linux.receiver.arrived(&Arrival {
            now,
            seq,
            data,
            fin,
            push: view.header.psh(),
            before,
            after,
            unread,
            rto: linux.sender.rto(),
            srtt: linux.sender.srtt(),
            rtt,
        });
        let closing = matches!(
            connection.tcp_state(),
            TcpState::Closing | TcpState::TimeWait
        );
        connection.ack_due |= due == Acknowledge::Now || (ended && closing);
    }

    /// Feeds a segment to smoltcp in a form that it takes: with an acknowledgment number that it does not reject
    /// for being old, and a FIN again once nothing is missing before it.
    fn feed_linux(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
        view: &TcpView<'_>,
        frame: &Bytes,
    ) {
        let una = connection.transport.snd_una();
        let (seq, next) = (view.header.sequence_number(), connection.rcv_nxt());
        let stale = match view.sequence_len() {
            0 => seq != next,
            _ => !seq_before(next, view.sequence_end()),
        };
        if stale {
            // smoltcp would not look at what it acknowledges.
            self.repeat(now, connection, connection.peer_window_field);
            return;
        }
        if seq_before(view.header.acknowledgment_number(), una) {
            if view.payload.is_empty() && !view.header.fin() {
                return;
            }
            let bytes = patch::patched(frame.clone(), |frame| {
                frame[TCP_ACK..TCP_ACK + 4].copy_from_slice(&una.to_be_bytes());
            });
            self.feed_segment(now, connection, view, &bytes);
        } else {
            self.feed_segment(now, connection, view, frame);
        }
        self.feed_fin(now, connection, view);
    }

    /// smoltcp forgets a FIN that comes behind a hole: it is kept until everything before it is there.
    fn feed_fin(&mut self, now: SimTime, connection: &mut Connection, view: &TcpView<'_>) {
        let next = connection.rcv_nxt();
        let window = connection.peer_window_field;
        let ack = connection.transport.snd_una();
        let tuple = connection.tuple;
        let Some(linux) = connection.transport.linux_mut() else {
            return;
        };
        let fin_at = view.sequence_end().wrapping_sub(1);
        if view.header.fin() && seq_before(next, fin_at) {
            linux.fin_at = Some(fin_at);
        }
        if linux.fin_at != Some(next) {
            return;
        }
        linux.fin_at = None;
        let fields = Bare {
            seq: next,
            ack,
            window,
            fin: true,
        };
        let frame = bare_segment(tuple.reversed(), fields).freeze();
        self.feed(now, connection, &frame);
    }

    /// Answers what is outside the window, unless that was done a moment ago.
    fn answer_unacceptable(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
        (seq, end): (u32, u32),
    ) {
        let rcv_nxt = connection.rcv_nxt();
        let Some(linux) = connection.transport.linux_mut() else {
            return;
        };
        if linux.receiver.duplicate(now, seq, end, rcv_nxt) == Acknowledge::Now {
            self.acknowledge_now(now, connection);
        }
    }

    /// Sends what an acknowledgment has shown to be lost, or what finds out whether it is.
    pub(super) fn recover(&mut self, now: SimTime, connection: &mut Connection, next: Next) {
        match next {
            Next::Nothing => return,
            Next::Lost => {}
            Next::New => {
                self.push(now, connection);
                let linux = connection.transport.linux_mut();
                if linux.is_none_or(|linux| !linux.sender.give_up_frto()) {
                    return;
                }
            }
        }
        self.resend_lost(now, connection);
    }
}

impl Connection {
    /// The handshake is over, and `view` is what ended it.
    fn open(&mut self, now: SimTime, view: &TcpView<'_>) {
        let (rtt, cut) = self.handshake.as_ref().map_or((None, false), |handshake| {
            (handshake.rtt(now), handshake.is_doubtful())
        });
        self.timestamps &= self.tcp_ref().timestamp_enabled();
        let opening = Opening {
            mss: self.mss - if self.timestamps { 12 } else { 0 },
            window: u32::try_from(self.peer_window).unwrap_or(u32::MAX),
            seq: view.header.sequence_number(),
            rtt,
            cut,
            timestamps: self.timestamps,
        };
        let next = self.peer_isn.wrapping_add(1);
        let (shift, sack) = (self.own_shift, self.peer_sack);
        let window = u32::from(self.last_window);
        if let Some(linux) = self.transport.linux_mut() {
            linux.offer.next = next;
            linux.offer.window = window;
            linux.offer.shift = shift;
            linux.offer.sack = sack;
            linux.offer.timestamps = opening.timestamps;
            linux.edge = next.wrapping_add(window);
            linux.open(now, &opening);
        }
    }

    /// Lets the sender hear what a segment acknowledges.
    fn take_acknowledgment(&mut self, now: SimTime, view: &TcpView<'_>) -> Next {
        let mut blocks = [(0, 0); 4];
        let mut count = 0;
        let mut echo = None;
        if view.header.data_offset() > 5 {
            for option in view.header.options_iterator().flatten() {
                match option {
                    TcpOptionElement::SelectiveAcknowledgement(first, more) => {
                        let all = std::iter::once(first).chain(more.into_iter().flatten());
                        for (slot, block) in blocks.iter_mut().zip(all) {
                            *slot = block;
                            count += 1;
                        }
                    }
                    TcpOptionElement::Timestamp(_, value) => echo = Some(value),
                    _ => {}
                }
            }
        }
        let window = u32::try_from(self.peer_window).unwrap_or(u32::MAX);
        let fin = view.header.fin();
        let Some(linux) = self.transport.linux_mut() else {
            return Next::Nothing;
        };
        let before = linux.sender.snd_una();
        let next = linux.sender.acknowledged(
            now,
            &Acknowledgment {
                seq: view.header.sequence_number(),
                len: u32::try_from(view.payload.len()).unwrap_or(u32::MAX) + u32::from(fin),
                ack: view.header.acknowledgment_number(),
                window,
                blocks: &blocks[..count],
                echo,
                unsent: linux.unsent(),
            },
        );
        linux.release(linux.sender.snd_una().wrapping_sub(before));
        next
    }

    /// Whether a segment is to be answered and not processed: nothing of it is new, or it reaches beyond the window
    /// (`tcp_sequence`, since Linux 6.17 to its end).
    fn is_outside(&self, seq: u32, end: u32, data_end: u32) -> bool {
        let edge = self.rcv_edge();
        seq_before(end, self.last_ack) || seq_before(edge, seq) || seq_before(edge, data_end)
    }
}

impl Handshake {
    /// Time to the answer, if it is certain what was answered (Karn's algorithm).
    fn rtt(&self, now: SimTime) -> Option<crate::units::Span> {
        (self.resent == 0).then(|| now - self.since)
    }

    /// Whether so much was sent again that the first window is to be one segment: more than one SYN or SYN-ACK,
    /// and at least one of them because of a timer (RFC 5681 section 3.1; `tcp_init_transfer`).
    const fn is_doubtful(&self) -> bool {
        self.resent > 1 && self.timeouts > 0
    }
}
