//! Segments on their way to the tap: judged, patched, checksummed, framed.

use bytes::BytesMut;

use super::Host;
use super::arp::{self, Gateway, Neighbour};
use super::connection::{self, Connection};
use super::transport::sender::timestamp;
use super::transport::{Segment, Sending, Transport};
use crate::event::{Event, Mechanism, SocketError, SocketEvent, SocketId};
use crate::units::SimTime;
use crate::wire::packet::TcpView;
use crate::wire::{ETHERNET_HEADER, Frame, Mac, checksum};

/// Smallest path MTU that a host believes in (`net.ipv4.route.min_pmtu`). Where a path claims less, Linux cuts to
/// this and allows routers to fragment.
const MIN_PMTU: u16 = 552;

/// `EtherType` of IPv4.
const IPV4: [u8; 2] = [0x08, 0x00];

/// Where the sequence number is in the frames that smoltcp makes, which have no IP options.
const TCP_SEQ: usize = ETHERNET_HEADER + 24;

/// What a frame carries of a socket's, for those who watch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carries {
    pub(super) socket: SocketId,
    pub(super) offset: u64,
    pub(super) len: u32,
    pub(super) again: Option<Mechanism>,
}

/// A frame that waits for the gateway's address.
#[derive(Debug)]
pub(super) struct Pending {
    bytes: BytesMut,
    carries: Option<Carries>,
}

impl Host {
    /// Sends what smoltcp left in the tap for a connection.
    pub(super) fn send_batch(&mut self, now: SimTime, connection: &mut Connection) {
        if !self.tap.has_sent() {
            return;
        }
        let spare = std::mem::take(&mut self.spare);
        let mut batch = self.tap.take(spare);
        for frame in batch.drain(..) {
            self.send_segment(now, connection, frame);
        }
        self.spare = batch;
    }

    /// Sends what smoltcp left in the tap on behalf of no connection.
    pub(super) fn send_untracked(&mut self, now: SimTime) {
        let spare = std::mem::take(&mut self.spare);
        let mut batch = self.tap.take(spare);
        for frame in batch.drain(..) {
            self.transmit(now, frame, None);
        }
        self.spare = batch;
    }

    /// Judges one segment of smoltcp's, and sends it unless it must not leave.
    pub(super) fn send_segment(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
        mut frame: BytesMut,
    ) {
        frame[12..ETHERNET_HEADER].copy_from_slice(&IPV4);
        let view = TcpView::of(&frame).expect("smoltcp sends well-formed TCP over IPv4");
        if connection.error == Some(SocketError::TimedOut) && !view.header.rst() {
            return;
        }
        let mut segment = Segment::of(&view);
        let is_syn = view.header.syn();
        if is_syn
            && connection
                .handshake
                .as_ref()
                .is_some_and(|handshake| handshake.sent > 0)
        {
            return; // smoltcp's own timer; the host's schedule decides
        }
        if is_syn {
            connection.own_shift = connection::window_scale(&view).unwrap_or(0);
        }
        let rst = view.header.rst();
        if connection.transport.linux().is_some() && !rst {
            let Some(leaving) = Self::let_out(now, connection, &mut frame, (segment, is_syn))
            else {
                return;
            };
            segment = leaving;
        } else if let Some(data) = connection.reach(segment) {
            cut_tail(&mut frame, segment.data - data);
            (segment.data, segment.len) = (data, data);
        }
        connection.last_ack = segment.ack.unwrap_or(0);
        connection.last_window = segment.window;
        let again = match &mut connection.transport {
            Transport::Native(native) if segment.len > 0 => match native.sending(segment) {
                Sending::First => None,
                Sending::Again(mechanism) => Some(mechanism),
                Sending::GiveUp => {
                    connection.error = Some(SocketError::TimedOut);
                    return;
                }
            },
            _ => None,
        };
        if segment.len == 0 {
            let seq = connection.acceptable_seq(segment.seq);
            frame[TCP_SEQ..TCP_SEQ + 4].copy_from_slice(&seq.to_be_bytes());
        }
        if connection.timestamps {
            stamp(&mut frame, now, connection.peer_tsval);
        }
        if is_syn {
            self.save_handshake(now, connection, &frame);
        }
        let carries = Carries {
            socket: connection.id,
            offset: connection.offset(segment.seq.wrapping_add(u32::from(is_syn))),
            len: segment.data,
            again,
        };
        self.transmit(now, frame, Some(carries));
    }

    /// Gives an IPv4 packet to the tap, cut to the path's MTU where that is known to be smaller.
    pub(super) fn transmit(&mut self, now: SimTime, mut frame: BytesMut, carries: Option<Carries>) {
        if !self.powered {
            return;
        }
        frame[12..ETHERNET_HEADER].copy_from_slice(&IPV4);
        if self.path_mtu.is_empty() {
            self.frame_out(now, frame, carries);
            return;
        }
        let destination: [u8; 4] = frame[30..34].try_into().expect("four bytes were sliced");
        let Some(mtu) = self.path_mtu.get(&destination.into()).copied() else {
            self.frame_out(now, frame, carries);
            return;
        };
        if mtu < MIN_PMTU {
            frame[ETHERNET_HEADER + 6] &= !0x40; // DF
        }
        let limit = usize::from(mtu.max(MIN_PMTU));
        if frame.len() > ETHERNET_HEADER + limit && frame[23] == checksum::TCP {
            for (piece, carries) in cut(&frame, limit, carries) {
                self.frame_out(now, piece, carries);
            }
        } else {
            self.frame_out(now, frame, carries);
        }
    }

    /// Numbers the packet and sends it, or lets it wait while the gateway is asked for its address.
    fn frame_out(&mut self, now: SimTime, mut frame: BytesMut, carries: Option<Carries>) {
        frame[18..20].copy_from_slice(&self.ip_id.to_be_bytes());
        self.ip_id = self.ip_id.wrapping_add(1);
        let pending = Pending {
            bytes: frame,
            carries,
        };
        match &mut self.gateway {
            Gateway::Known(mac) => {
                let mac = *mac;
                self.depart(now, pending, mac);
            }
            Gateway::Asked(waiting) => waiting.push(pending),
            Gateway::Unknown => {
                self.gateway = Gateway::Asked(vec![pending]);
                let sender = Neighbour {
                    mac: self.mac(),
                    address: self.address(),
                };
                let bytes = arp::request(sender, self.info.gateway);
                self.leave(now, Frame::new(self.names.next(), bytes), None);
            }
        }
    }

    /// Completes a frame, now that the gateway's address is known, and sends it.
    pub(super) fn depart(&mut self, now: SimTime, pending: Pending, gateway: Mac) {
        let Pending { mut bytes, carries } = pending;
        bytes[..6].copy_from_slice(&gateway.0);
        bytes[6..12].copy_from_slice(&self.info.mac.0);
        checksum::fill(&mut bytes);
        self.leave(now, Frame::new(self.names.next(), bytes.freeze()), carries);
    }

    fn leave(&mut self, now: SimTime, frame: Frame, carries: Option<Carries>) {
        self.probe.emit(now, || Event::FrameSent {
            host: self.id,
            frame: frame.clone(),
        });
        if let Some(Carries {
            socket,
            offset,
            len,
            again,
        }) = carries
        {
            let frame = frame.id;
            self.probe.emit(now, || {
                Event::Socket(
                    socket,
                    SocketEvent::Segment {
                        frame,
                        offset,
                        len,
                        again,
                    },
                )
            });
        }
        self.outbox.frames.push(frame);
    }
}

/// Cuts the last `bytes` of data off a segment, and with them FIN and PSH.
fn cut_tail(frame: &mut BytesMut, bytes: u32) {
    frame.truncate(frame.len() - bytes as usize);
    let length = u16::try_from(frame.len() - ETHERNET_HEADER).expect("it was longer before");
    frame[16..18].copy_from_slice(&length.to_be_bytes());
    frame[TCP_SEQ + 9] &= !0b1001;
}

/// Milliseconds of virtual time as the `TSval` of a segment that has the option (RFC 7323 section 5.4), and `echo`
/// as its `TSecr`.
pub(super) fn stamp(frame: &mut [u8], now: SimTime, echo: Option<u32>) {
    let tcp = ETHERNET_HEADER + 20;
    let header = usize::from(frame[tcp + 12] >> 4) * 4;
    let mut at = tcp + 20;
    while at + 1 < tcp + header {
        match frame[at] {
            0 => return,
            1 => at += 1,
            8 => {
                frame[at + 2..at + 6].copy_from_slice(&timestamp(now).to_be_bytes());
                if let Some(echo) = echo {
                    frame[at + 6..at + 10].copy_from_slice(&echo.to_be_bytes());
                }
                return;
            }
            _ => at += usize::from(frame[at + 1]).max(2),
        }
    }
}

/// Cuts a TCP segment into ones whose IP packets fit `mtu`, as segmentation offload does.
fn cut(frame: &BytesMut, mtu: usize, carries: Option<Carries>) -> Vec<(BytesMut, Option<Carries>)> {
    let tcp = ETHERNET_HEADER + 20;
    let data = tcp + usize::from(frame[tcp + 12] >> 4) * 4;
    let room = mtu - (data - ETHERNET_HEADER);
    let seq = u32::from_be_bytes(
        frame[tcp + 4..tcp + 8]
            .try_into()
            .expect("four bytes were sliced"),
    );
    let payload = &frame[data..];
    let mut pieces = Vec::new();
    for (index, chunk) in payload.chunks(room).enumerate() {
        let offset = u32::try_from(index * room).expect("a segment is shorter than 64 KiB");
        let mut piece = BytesMut::from(&frame[..data]);
        piece.extend_from_slice(chunk);
        let length = u16::try_from(piece.len() - ETHERNET_HEADER)
            .expect("a piece is shorter than its segment");
        piece[16..18].copy_from_slice(&length.to_be_bytes());
        piece[tcp + 4..tcp + 8].copy_from_slice(&seq.wrapping_add(offset).to_be_bytes());
        if (index + 1) * room < payload.len() {
            piece[tcp + 13] &= !0b1001; // FIN and PSH belong to the last piece
        }
        let carries = carries.map(|whole| Carries {
            offset: whole.offset + u64::from(offset),
            len: u32::try_from(chunk.len()).expect("a chunk is shorter than 64 KiB"),
            ..whole
        });
        pieces.push((piece, carries));
    }
    pieces
}
