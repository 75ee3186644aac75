//! The yardstick: two smoltcp interfaces, a binary heap of events, and nothing else.
//!
//! Frames are pooled buffers that are handed over, never copied on the way. There is one ingress poll
//! for each packet that arrives, one egress poll after the application has acted, and `poll_at` after each event:
//! an acknowledgment then tells of the window as it is after reading, and the sender never sends a small segment.

use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::rc::Rc;

use smoltcp::iface::{Config, Interface, PollResult, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

use crate::{BITS_PER_SECOND, BUFFER, CHUNK, ONE_WAY_NS, Outcome};

/// Room for the longest frame.
const SLOT: usize = 1_536;

/// Frame buffers that nobody uses at the moment.
type Pool = Rc<RefCell<Vec<Box<[u8; SLOT]>>>>;

/// A packet in a buffer of the pool.
struct Packet {
    buffer: Box<[u8; SLOT]>,
    len: usize,
}

/// One end of the wire.
struct Wire {
    pool: Pool,
    incoming: Option<Packet>,
    outgoing: Vec<Packet>,
}

struct Incoming {
    pool: Pool,
    packet: Packet,
}

struct Outgoing<'a>(&'a Pool, &'a mut Vec<Packet>);

impl Device for Wire {
    type RxToken<'a> = Incoming;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Incoming, Outgoing<'_>)> {
        let packet = self.incoming.take()?;
        let pool = Rc::clone(&self.pool);
        Some((
            Incoming { pool, packet },
            Outgoing(&self.pool, &mut self.outgoing),
        ))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Outgoing<'_>> {
        Some(Outgoing(&self.pool, &mut self.outgoing))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1_500;
        capabilities
    }
}

impl RxToken for Incoming {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        let Packet { buffer, len } = self.packet;
        let result = read(&buffer[..len]);
        self.pool.borrow_mut().push(buffer);
        result
    }
}

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let recycled = self.0.borrow_mut().pop();
        let mut buffer = recycled.unwrap_or_else(|| Box::new([0; SLOT]));
        let result = write(&mut buffer[..len]);
        self.1.push(Packet { buffer, len });
        result
    }
}

/// A machine with one socket.
struct End {
    wire: Wire,
    interface: Interface,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    line_free_at: u64,
    armed: u64,
}

impl End {
    fn new(pool: &Pool, last: u8) -> Self {
        let mut wire = Wire {
            pool: Rc::clone(pool),
            incoming: None,
            outgoing: Vec::new(),
        };
        let mut interface =
            Interface::new(Config::new(HardwareAddress::Ip), &mut wire, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            let cidr = IpCidr::new(address(last), 24);
            addresses.push(cidr).expect("there is room for one address");
        });
        let buffer = || tcp::SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        socket.set_nagle_enabled(false);
        socket.set_congestion_control(tcp::CongestionControl::Cubic);
        let mut sockets = SocketSet::new(Vec::with_capacity(1));
        let handle = sockets.add(socket);
        Self {
            wire,
            interface,
            sockets,
            handle,
            line_free_at: 0,
            armed: u64::MAX,
        }
    }

    fn socket(&mut self) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    /// Processes the packet that has arrived.
    fn poll_ingress(&mut self, now: u64) {
        self.interface
            .poll_ingress_single(instant(now), &mut self.wire, &mut self.sockets);
    }

    /// Sends all that may leave.
    fn poll_egress(&mut self, now: u64) {
        while self
            .interface
            .poll_egress(instant(now), &mut self.wire, &mut self.sockets)
            != PollResult::None
        {}
    }
}

enum Happening {
    Arrival(Packet),
    Timer,
}

struct Event {
    at: u64,
    seq: u64,
    end: usize,
    what: Happening,
}

/// Sender, receiver and the events between them.
struct Pair {
    ends: [End; 2],
    events: BinaryHeap<Reverse<Event>>,
    seq: u64,
    now: u64,
    frames: u64,
    unsent: usize,
    unread: usize,
    data: Vec<u8>,
    scratch: Vec<u8>,
}

/// Moves `bytes` from one end to the other.
pub(crate) fn transfer(bytes: usize) -> Outcome {
    let mut pair = Pair::new(bytes);
    while pair.unread > 0 {
        let Reverse(event) = pair.events.pop().expect("the transfer goes on");
        pair.now = event.at;
        pair.happen(event);
    }
    Outcome {
        frames: pair.frames,
        virtual_ns: pair.now,
    }
}

impl Pair {
    fn new(bytes: usize) -> Self {
        let pool = Pool::default();
        let mut ends = [End::new(&pool, 1), End::new(&pool, 2)];
        ends[1].socket().listen(80).expect("the socket is new");
        let [sender, _] = &mut ends;
        sender
            .sockets
            .get_mut::<tcp::Socket<'_>>(sender.handle)
            .connect(sender.interface.context(), (address(2), 80), 40_000)
            .expect("the socket is new");
        let mut pair = Self {
            ends,
            events: BinaryHeap::new(),
            seq: 0,
            now: 0,
            frames: 0,
            unsent: bytes,
            unread: bytes,
            data: vec![7; CHUNK],
            scratch: vec![0; CHUNK],
        };
        pair.ends[0].poll_egress(0);
        pair.after(0);
        pair
    }

    fn happen(&mut self, Event { at, end, what, .. }: Event) {
        match what {
            Happening::Arrival(packet) => self.ends[end].wire.incoming = Some(packet),
            Happening::Timer if self.ends[end].armed == at => self.ends[end].armed = u64::MAX,
            Happening::Timer => return, // an earlier one was set since
        }
        self.ends[end].poll_ingress(at);
        self.act(end);
        self.ends[end].poll_egress(at);
        self.after(end);
    }

    /// The application: writes all that fits, or reads all that is there.
    fn act(&mut self, end: usize) {
        let socket = self.ends[end]
            .sockets
            .get_mut::<tcp::Socket<'_>>(self.ends[end].handle);
        while end == 0 && self.unsent > 0 && socket.can_send() {
            let chunk = &self.data[..self.unsent.min(CHUNK)];
            self.unsent -= socket.send_slice(chunk).expect("it can send");
        }
        while end == 1 && socket.can_recv() {
            self.unread -= socket
                .recv_slice(&mut self.scratch)
                .expect("it can receive");
        }
    }

    /// Puts what was sent on the line, and sets the timer.
    fn after(&mut self, end: usize) {
        let mut outgoing = std::mem::take(&mut self.ends[end].wire.outgoing);
        for packet in outgoing.drain(..) {
            self.frames += 1;
            let starts = self.ends[end].line_free_at.max(self.now);
            let departs = starts + packet.len as u64 * 8 * 1_000_000_000 / BITS_PER_SECOND;
            self.ends[end].line_free_at = departs;
            self.enter(departs + ONE_WAY_NS, 1 - end, Happening::Arrival(packet));
        }
        self.ends[end].wire.outgoing = outgoing;
        let End {
            interface, sockets, ..
        } = &mut self.ends[end];
        if let Some(at) = interface.poll_at(instant(self.now), sockets) {
            let micros = u64::try_from(at.total_micros()).expect("time is positive");
            let at = (micros * 1_000).max((self.now / 1_000 + 1) * 1_000);
            if at < self.ends[end].armed {
                self.ends[end].armed = at;
                self.enter(at, end, Happening::Timer);
            }
        }
    }

    fn enter(&mut self, at: u64, end: usize, what: Happening) {
        let seq = self.seq;
        self.seq += 1;
        self.events.push(Reverse(Event { at, seq, end, what }));
    }
}

fn address(last: u8) -> IpAddress {
    IpAddress::v4(198, 18, 0, last)
}

fn instant(ns: u64) -> Instant {
    Instant::from_micros(i64::try_from(ns / 1_000).expect("time fits"))
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}
