//! Frames that come out of the tap.

use bytes::Bytes;
use etherparse::{ArpOperation, EtherType, IpNumber};

use super::arp::{self, Gateway};
use super::connection::{Connection, Probing};
use super::ports::Tuple;
use super::timewait::Reaction;
use super::transport::{Segment, Transport};
use super::{Host, Slot};
use crate::event::{DiscardCause, Event, Mechanism, SocketError, TcpState};
use crate::units::{SimTime, to_smoltcp};
use crate::wire::packet::{Ipv4View, TcpView, UdpView, ether_type};
use crate::wire::{ETHERNET_HEADER, Frame, Mac, checksum, patch};

impl Host {
    /// A frame came out of the tap.
    pub fn receive(&mut self, now: SimTime, frame: Frame) {
        self.probe.emit(now, || Event::FrameReceived {
            host: self.id,
            frame: frame.clone(),
        });
        let outcome = match ether_type(&frame.bytes) {
            _ if !self.powered => Err(DiscardCause::PoweredOff),
            _ if !self.is_addressee(&frame) => Err(DiscardCause::NotForUs),
            Some(EtherType::ARP) => self.receive_arp(now, &frame),
            Some(EtherType::IPV4) => self.receive_ipv4(now, &frame),
            Some(_) => Err(DiscardCause::NotForUs),
            None => Err(DiscardCause::Malformed),
        };
        if let Err(cause) = outcome {
            self.probe.emit(now, || Event::FrameDiscarded {
                host: self.id,
                frame: frame.id,
                cause,
            });
        }
        self.tap.recycle(frame.bytes);
    }

    fn is_addressee(&self, frame: &Frame) -> bool {
        let destination = frame.bytes.get(..6);
        destination == Some(&self.mac().0) || destination == Some(&Mac::BROADCAST.0)
    }

    fn receive_arp(&mut self, now: SimTime, frame: &Frame) -> Result<(), DiscardCause> {
        let neighbour =
            arp::sender_of(&frame.bytes, ArpOperation::REPLY).ok_or(DiscardCause::NotForUs)?;
        if neighbour.address != self.info.gateway {
            return Err(DiscardCause::NotForUs);
        }
        if let Gateway::Asked(waiting) =
            std::mem::replace(&mut self.gateway, Gateway::Known(neighbour.mac))
        {
            for pending in waiting {
                self.depart(now, pending, neighbour.mac);
            }
        }
        Ok(())
    }

    fn receive_ipv4(&mut self, now: SimTime, frame: &Frame) -> Result<(), DiscardCause> {
        let ip = Ipv4View::of(&frame.bytes).ok_or(DiscardCause::Malformed)?;
        if !checksum::verify(&frame.bytes) {
            return Err(DiscardCause::BadChecksum);
        }
        if !self.info.addresses.contains(&ip.destination()) {
            return Err(DiscardCause::NotForUs);
        }
        match ip.header.protocol() {
            IpNumber::TCP => {
                let view = TcpView::in_packet(&ip).ok_or(DiscardCause::Malformed)?;
                self.receive_tcp(now, frame, &view)
            }
            IpNumber::UDP => {
                let view = UdpView::in_packet(&ip).ok_or(DiscardCause::Malformed)?;
                self.receive_udp(now, frame, &view);
                Ok(())
            }
            IpNumber::ICMP => {
                self.learn_path_mtu(&ip);
                self.answer_for_nobody(now, frame);
                Ok(())
            }
            _ => Err(DiscardCause::NotForUs),
        }
    }

    /// Demultiplexes by 4-tuple: a connection, TIME-WAIT, a listener, or nobody.
    fn receive_tcp(
        &mut self,
        now: SimTime,
        frame: &Frame,
        view: &TcpView<'_>,
    ) -> Result<(), DiscardCause> {
        let tuple = Tuple {
            local: view.destination,
            remote: view.source,
        };
        if let Some(index) = self.demux.get(&tuple).copied() {
            if let Some(connection) = self.borrow(index) {
                self.receive_segment(now, frame, view, connection);
            }
            return Ok(());
        }
        let mut above = self.past.get(&tuple).copied();
        if let Some(record) = self.time_wait.get(tuple).copied() {
            match record.react(view) {
                Reaction::Ignore => return Ok(()),
                Reaction::Acknowledge => {
                    self.acknowledge_from_time_wait(now, tuple);
                    return Ok(());
                }
                Reaction::End => {
                    self.end_time_wait(now, tuple);
                    return Ok(());
                }
                Reaction::Reopen if !self.listeners.contains_key(&tuple.local.port()) => {}
                Reaction::Reopen => {
                    self.end_time_wait(now, tuple);
                    above = Some(record.snd_nxt);
                }
            }
        }
        if view.header.syn()
            && !view.header.ack()
            && self.listeners.contains_key(&tuple.local.port())
        {
            return self.open_passive(now, frame, view, above);
        }
        self.answer_for_nobody(now, frame);
        Ok(())
    }

    /// A segment for a connection.
    fn receive_segment(
        &mut self,
        now: SimTime,
        frame: &Frame,
        view: &TcpView<'_>,
        mut connection: Box<Connection>,
    ) {
        if connection.state == TcpState::TimeWait && view.header.rst() {
            self.put_back(connection); // it holds nothing but bytes that came before
            return;
        }
        connection.heard = now;
        if let Some(probing) = &mut connection.keep_alive {
            *probing = Probing::new(probing.keep_alive, now);
        }
        let header = &view.header;
        if connection.state == TcpState::SynReceived && header.syn() && !header.ack() {
            // The SYN came again: its answer was lost, or is late. Linux answers at once and begins to wait anew.
            self.resend_handshake(now, &mut connection, Mechanism::SynAckTimer);
            self.put_back(connection);
            return;
        }
        if connection.transport.linux().is_some() {
            self.receive_linux(now, frame, view, &mut connection);
            connection.note_reset(view);
            self.settle(now, connection);
            return;
        }
        let accepted = connection.accepts(view);
        if accepted {
            connection.hear(view);
            if let Transport::Native(native) = &mut connection.transport {
                native.received(Segment::of(view));
            }
        }
        if connection.has_fin_beyond_window(view) {
            let bytes = patch::patched(frame.bytes.clone(), |frame| {
                let ip_header = usize::from(frame[ETHERNET_HEADER] & 0x0f) * 4;
                frame[ETHERNET_HEADER + ip_header + 13] &= !1;
            });
            self.feed_segment(now, &mut connection, view, &bytes);
        } else {
            self.feed_segment(now, &mut connection, view, &frame.bytes);
        }
        connection.note_reset(view);
        if header.ack() {
            self.emit_windows(now, &connection);
        }
        self.settle(now, connection);
    }

    /// Lets smoltcp process a frame on behalf of a connection, and sends what it answers at once. Returns whether
    /// it answered.
    pub(super) fn feed(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
        frame: &Bytes,
    ) -> bool {
        let mut tap = self.tap.reading(frame);
        self.interface
            .poll_ingress_single(to_smoltcp(now), &mut tap, connection.set());
        let answered = self.tap.has_sent();
        self.send_batch(now, connection);
        answered
    }

    /// Lets smoltcp answer a frame that no socket wants: RST, echo reply, port unreachable.
    pub(super) fn answer_for_nobody(&mut self, now: SimTime, frame: &Frame) {
        let mut tap = self.tap.reading(&frame.bytes);
        self.interface
            .poll_ingress_single(to_smoltcp(now), &mut tap, &mut self.nobody);
        self.send_untracked(now);
    }

    /// ICMP "fragmentation needed" (RFC 1191): later segments towards that address are cut to fit.
    fn learn_path_mtu(&mut self, ip: &Ipv4View<'_>) {
        let Some(quoted) = ip.payload.get(8..28) else {
            return;
        };
        if ip.payload[..2] != [3, 4] {
            return;
        }
        let mtu = u16::from_be_bytes([ip.payload[6], ip.payload[7]]);
        let destination: [u8; 4] = quoted[16..20].try_into().expect("four bytes were sliced");
        self.path_mtu.insert(destination.into(), mtu);
    }

    /// Takes a live connection out of its slot, to work on it beside the rest of the host.
    pub(super) fn borrow(&mut self, index: u32) -> Option<Box<Connection>> {
        let slot = self.sockets.get_mut(index as usize)?;
        match std::mem::replace(slot, Slot::Busy) {
            Slot::Live(connection) => Some(connection),
            other => {
                *slot = other;
                None
            }
        }
    }

    /// Puts it back.
    pub(super) fn put_back(&mut self, connection: Box<Connection>) {
        let index = connection.id.index as usize;
        self.sockets[index] = Slot::Live(connection);
    }
}

impl Connection {
    /// Remembers the error of a connection that a RST has ended.
    fn note_reset(&mut self, view: &TcpView<'_>) {
        if view.header.rst() && self.tcp_state() == TcpState::Closed {
            self.error.get_or_insert(match self.state {
                TcpState::SynSent => SocketError::Refused,
                TcpState::CloseWait => SocketError::BrokenPipe,
                _ => SocketError::Reset,
            });
        }
    }
}

impl Segment {
    /// The parts of a received segment that a transport looks at.
    pub(super) fn of(view: &TcpView<'_>) -> Self {
        let header = &view.header;
        Self {
            seq: header.sequence_number(),
            len: view.sequence_len(),
            ack: header.ack().then(|| header.acknowledgment_number()),
            window: header.window_size(),
            data: u32::try_from(view.payload.len()).expect("a segment is shorter than 64 KiB"),
        }
    }
}
