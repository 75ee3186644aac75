//! Linux's part of one connection: sender, receiver and send buffer.

use std::collections::VecDeque;
use std::task::Waker;

use super::receiver::{self, Receiver};
use super::sender::{Opening, Sender};
use crate::event::Limit;
use crate::units::SimTime;

/// Room of a receive ring beyond the buffer, with a quarter of it, so that smoltcp, which accepts nothing beyond
/// the window that it last offered, need not be asked for a new one with every segment. Covers what rounding the
/// advertised window up to its unit lets in, too.
const WINDOW_ROUNDING: usize = 1 << 14;

/// Receive buffers up to this size have an eighth of themselves as room instead, and no less than rounding takes: a
/// crowd of small connections is not to be made of room.
const SMALL_BUFFER: usize = 1 << 15;
const LEAST_ROOM: usize = 256;

/// Bytes of the ring that smoltcp receives into for a receive buffer of so many.
pub(in crate::host) fn receive_ring(buffer: usize) -> usize {
    if buffer <= SMALL_BUFFER {
        buffer + (buffer / 8).max(LEAST_ROOM)
    } else {
        buffer + buffer / 4 + WINDOW_ROUNDING
    }
}

/// What Linux allows a send buffer to hold for a congestion window of so many segments: room for twice the window,
/// each segment counted with what the kernel needs to hold it (`tcp_sndbuf_expand`: 1460 B become 4,352 B).
fn send_buffer(cwnd: u32) -> usize {
    /// Segments of the first window, for which there is always room (`TCP_INIT_CWND`).
    const INITIAL: u32 = 10;
    const PER_SEGMENT: usize = 4_352;
    2 * PER_SEGMENT * cwnd.max(INITIAL) as usize
}

/// What stands around smoltcp's socket in the `linux` profile.
#[derive(Debug)]
pub(in crate::host) struct Linux {
    pub(in crate::host) sender: Sender,
    pub(in crate::host) receiver: Receiver,
    /// What the receiver begins with, as far as it is known.
    pub(in crate::host) offer: receiver::Setup,
    /// What the application has written, from the first byte that is not acknowledged on.
    buffer: VecDeque<u8>,
    /// Most bytes in the buffer at present (`sk_sndbuf`).
    capacity: usize,
    /// Most bytes in the buffer ever: `SO_SNDBUF`, or the last value of `net.ipv4.tcp_wmem`.
    limit: usize,
    /// First sequence number that smoltcp has not been given.
    pub(in crate::host) given: u32,
    /// Where a segment ends that is to carry PSH.
    pub(in crate::host) push_at: Option<u32>,
    /// Waits for room in the buffer.
    writer: Option<Waker>,
    /// First sequence number beyond the window that smoltcp offered last, in a segment that the wire saw or not.
    pub(in crate::host) edge: u32,
    /// Sequence number of the peer's FIN, once it has come behind a hole.
    pub(in crate::host) fin_at: Option<u32>,
    /// The last timestamp that a data segment echoed.
    pub(in crate::host) last_echo: u32,
    /// What was last told of what data waits for.
    pub(in crate::host) waits: Option<Limit>,
}

impl Linux {
    /// A connection whose SYN is about to leave.
    /// An application that chose the size of its send buffer has it from the beginning; any other grows with the
    /// congestion window.
    pub(in crate::host) fn new(
        sender: Sender,
        offer: receiver::Setup,
        limit: usize,
        fixed: bool,
    ) -> Self {
        let grown = if fixed { limit } else { send_buffer(0) };
        Self {
            given: sender.snd_nxt(),
            sender,
            receiver: Receiver::new(&offer),
            offer,
            buffer: VecDeque::new(),
            capacity: grown.min(limit),
            limit,
            push_at: None,
            writer: None,
            edge: 0,
            fin_at: None,
            last_echo: 0,
            waits: None,
        }
    }

    /// The handshake is over.
    pub(in crate::host) fn open(&mut self, now: SimTime, opening: &Opening) {
        self.sender.open(now, opening);
        self.offer.now = now;
        self.receiver = Receiver::new(&self.offer);
        self.given = self.sender.snd_nxt();
    }

    /// Takes as much of `data` as there is room for.
    pub(in crate::host) fn write(&mut self, now: SimTime, data: &[u8]) -> usize {
        let room = self.capacity.saturating_sub(self.buffer.len());
        let count = room.min(data.len());
        if count > 0 && self.unsent() == 0 {
            self.sender.written(now);
        }
        self.buffer.extend(&data[..count]);
        count
    }

    /// Remembers who waits for room.
    pub(in crate::host) fn wake_when_writable(&mut self, waker: &Waker) {
        self.writer = Some(waker.clone());
    }

    /// Bytes that wait to be sent, or for their acknowledgment.
    pub(in crate::host) fn queued(&self) -> usize {
        self.buffer.len()
    }

    /// Bytes that have not been sent yet.
    pub(in crate::host) fn unsent(&self) -> u32 {
        let in_flight = self.sender.snd_nxt().wrapping_sub(self.sender.snd_una());
        let queued = u32::try_from(self.buffer.len()).expect("buffers are smaller than 4 GiB");
        // A FIN in flight counts in sequence space, and comes after the last byte.
        queued.saturating_sub(in_flight)
    }

    /// `SND.UNA` has advanced by `count`: what was acknowledged is not needed any more. A writer is woken when a
    /// third of the buffer is free (`sk_stream_is_writeable`).
    pub(in crate::host) fn release(&mut self, count: u32) {
        let count = self.buffer.len().min(count as usize);
        self.buffer.drain(..count);
        // Grown for a writer that waits, unless the window is what holds it back (`tcp_should_expand_sndbuf`).
        if self.writer.is_some() && self.sender.may_finish() {
            let grown = send_buffer(self.sender.cwnd()).min(self.limit);
            self.capacity = self.capacity.max(grown);
        }
        if self.buffer.len() <= self.capacity / 3 * 2
            && let Some(writer) = self.writer.take()
        {
            writer.wake();
        }
    }

    /// Data from `seq` on, in two parts, of which the second may be empty.
    pub(in crate::host) fn data(&self, seq: u32, len: u32) -> [&[u8]; 2] {
        let start = seq.wrapping_sub(self.sender.snd_una()) as usize;
        let end = start + len as usize;
        let (front, back) = self.buffer.as_slices();
        let middle = front.len();
        [
            &front[start.min(middle)..end.min(middle)],
            &back[start.saturating_sub(middle)..end.saturating_sub(middle)],
        ]
    }
}
