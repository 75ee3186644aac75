//! Plays a packet list of a Linux client to a [`Receiver`]: what arrived there arrives here at the same time.
//!
//! A list has one packet a line, as in `0.046 s2c [P.] seq 0:1460 ack 12 win 63`, with times in milliseconds since
//! the first packet, relative sequence numbers, and SACK blocks as `sack [(1460, 2920)]`.

use super::super::{Acknowledge, Arrival, Receiver, Setup};
use crate::units::{SimTime, Span};

/// Window of the client's SYN.
const SYN_WINDOW: u32 = 64_240;
/// Binary logarithm of the unit of its windows.
const SHIFT: u8 = 10;

/// An ACK of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) number: u32,
    /// The window field.
    pub(super) window: u16,
    pub(super) blocks: Vec<(u32, u32)>,
}

/// A packet of the list.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) at: SimTime,
    pub(super) from_client: bool,
    pub(super) flags: String,
    /// First and last sequence number plus one of the data.
    pub(super) data: Option<(u32, u32)>,
    pub(super) ack: Ack,
}

impl Line {
    /// Whether the client sent it for nothing but its ACK.
    pub(super) fn is_pure_ack(&self) -> bool {
        self.from_client && self.flags == "[.]" && self.data.is_none()
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.trim_matches(['(', ')', '[', ']', ',']).parse().ok()
}

fn line(text: &str) -> Option<Line> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let after = |word: &str| {
        let index = words.iter().position(|w| *w == word)?;
        words.get(index + 1).copied()
    };
    let (whole, thousandths) = words.first()?.split_once('.')?;
    let micros = whole.parse::<u64>().ok()? * 1_000 + thousandths.parse::<u64>().ok()?;
    let data = after("seq").and_then(|range| {
        let (start, end) = range.split_once(':')?;
        Some((number(start)?, number(end)?))
    });
    let blocks = text.split_once("sack ").map_or_else(Vec::new, |(_, list)| {
        let numbers: Vec<u32> = list.split_whitespace().filter_map(number).collect();
        numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    });
    Some(Line {
        at: SimTime::ZERO + Span::from_micros(micros),
        from_client: *words.get(1)? == "c2s",
        flags: (*words.get(2)?).to_owned(),
        data,
        ack: Ack {
            number: after("ack").and_then(number).unwrap_or(0),
            window: after("win").and_then(number)?,
            blocks,
        },
    })
}

/// The packets after the handshake and before the first FIN.
pub(super) fn packets(list: &str) -> Vec<Line> {
    let lines = list.lines().filter(|text| !text.starts_with('#'));
    lines
        .filter_map(line)
        .skip(2)
        .take_while(|line| !line.flags.contains('F'))
        .collect()
}

/// A client that reads at once, and what it sends.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) receiver: Receiver,
    pub(super) rcv_nxt: u32,
    holes: Vec<(u32, u32)>,
    unread: u32,
    edge: u32,
    /// The pure ACKs, with their times.
    pub(super) sent: Vec<(SimTime, Ack)>,
    pub(super) srtt: Span,
}

impl Client {
    /// A client whose handshake took `srtt`.
    pub(super) fn new(now: SimTime, srtt: Span) -> Self {
        Self::with(now, srtt, |setup| setup)
    }

    /// The same with another setup.
    pub(super) fn with(now: SimTime, srtt: Span, change: impl Fn(Setup) -> Setup) -> Self {
        let receiver = Receiver::new(&change(Setup {
            now,
            next: 0,
            mss: 1460,
            limit: 32 << 20,
            window: SYN_WINDOW,
            shift: SHIFT,
            timestamps: false,
            sack: true,
            fixed_buffer: false,
        }));
        Self {
            receiver,
            rcv_nxt: 0,
            holes: Vec::new(),
            unread: 0,
            edge: 0,
            sent: Vec::new(),
            srtt,
        }
    }

    fn rto(&self) -> Span {
        self.srtt + Span::from_millis(200)
    }

    /// Sends a segment, and returns what it acknowledges.
    pub(super) fn send(&mut self) -> Ack {
        let window = self.receiver.select_window(self.rcv_nxt, self.unread);
        let blocks = self.receiver.blocks().collect();
        self.receiver
            .ack_sent(self.rcv_nxt, u32::from(window) << SHIFT);
        self.edge = self.rcv_nxt + (u32::from(window) << SHIFT);
        Ack {
            number: self.rcv_nxt,
            window,
            blocks,
        }
    }

    /// First sequence number beyond the window that was offered.
    pub(super) const fn edge(&self) -> u32 {
        self.edge
    }

    fn send_pure(&mut self, now: SimTime) {
        let ack = self.send();
        self.sent.push((now, ack));
    }

    /// The application writes, and a segment with data leaves.
    pub(super) fn write(&mut self, now: SimTime) -> Ack {
        let ack = self.send();
        self.receiver.data_sent(now);
        ack
    }

    /// Lets timers fire that are due before `now`.
    pub(super) fn wait_until(&mut self, now: SimTime) {
        while let Some((_, at)) = self.receiver.deadline()
            && at < now
        {
            if self.receiver.fired(at, self.rto()) {
                self.send_pure(at);
            }
        }
    }

    /// A segment arrives, and the application reads what is in order.
    pub(super) fn arrive(&mut self, now: SimTime, data: (u32, u32), push: bool) {
        self.wait_until(now);
        let acknowledge = self.take(now, data, push);
        if acknowledge == Acknowledge::Now {
            self.send_pure(now);
        }
        self.read(now);
    }

    /// A segment arrives; nobody reads or sends.
    pub(super) fn take(&mut self, now: SimTime, data: (u32, u32), push: bool) -> Acknowledge {
        let (seq, end) = data;
        if end <= self.rcv_nxt {
            return self.receiver.duplicate(now, seq, end, self.rcv_nxt);
        }
        let before = self.rcv_nxt;
        self.holes.push(data);
        while let Some(&(_, end)) =
            (self.holes.iter()).find(|(start, end)| *start <= self.rcv_nxt && *end > self.rcv_nxt)
        {
            self.rcv_nxt = end;
        }
        self.holes.retain(|(_, end)| *end > self.rcv_nxt);
        self.unread += self.rcv_nxt - before;
        self.receiver.arrived(&Arrival {
            now,
            seq,
            data: end - seq,
            fin: false,
            push,
            before,
            after: self.rcv_nxt,
            unread: self.unread,
            rto: self.rto(),
            srtt: Some(self.srtt),
            rtt: None,
        })
    }

    /// The application reads everything.
    pub(super) fn read(&mut self, now: SimTime) {
        let copied = std::mem::take(&mut self.unread);
        if copied > 0 && self.receiver.read(now, copied, self.rcv_nxt, 0) {
            self.send_pure(now);
        }
    }
}

/// Plays the list; returns the client, and what its segments with data acknowledged.
pub(super) fn play(list: &[Line]) -> (Client, Vec<Ack>) {
    let handshake = list[0].at;
    let mut client = Client::new(handshake, handshake.since(SimTime::ZERO));
    client.send(); // the third segment of the handshake
    let mut with_data = Vec::new();
    for line in &list[1..] {
        match line.data {
            Some(_) if line.from_client => {
                client.wait_until(line.at);
                with_data.push(client.write(line.at));
            }
            Some(data) => client.arrive(line.at, data, line.flags.contains('P')),
            None => {}
        }
    }
    client.wait_until(SimTime::MAX);
    (client, with_data)
}
