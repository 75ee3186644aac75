//! Where the time of a conversation went, as far as one vantage point shows it.
//!
//! Each stretch between two segments is given to one class, or split between two, so the account adds up to the
//! conversation's duration to the nanosecond. What decides is what ends the stretch and how both ends stand before it.
//! Nobody at the tap knows what a host waits for; what a class may also hold is said by
//! [`limits`](Conversation::limits).

use std::collections::BTreeMap;
use std::fmt;

use super::again::Kind;
use super::{Conversation, End, Flag, Seen};
use crate::units::{SimTime, Span};
use crate::wire::foreign::TcpFlags;
use crate::wire::packet::seq_before;

/// An acknowledgment that is later than the quickest by this much was delayed; Linux delays by 40 ms.
const DELAYED: Span = Span::from_millis(20);

/// What time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spent {
    /// The handshake, without waits for its timers.
    Connect,
    /// Until a SYN or SYN-ACK was sent again.
    ConnectAgain,
    /// The way to the end whose turn it is, and back: its shortest round trip to the tap, once for each turn.
    RoundTrip,
    /// The server's turn, beyond its round trip.
    Server,
    /// The client's turn, beyond its round trip.
    Client,
    /// Data flows, or is acknowledged.
    Transfer,
    /// The same, while the receiver's window lets no further segment pass.
    ReceiveWindow,
    /// The receiver's window is zero.
    ZeroWindow,
    /// An acknowledgment came late, and more data waited for it.
    DelayedAck,
    /// Everything that was seen is acknowledged, and the sender sends more only later: it pauses, or what it sent was lost
    /// before the tap.
    Pause,
    /// Until what acknowledgments had reported lost was sent again.
    FastRetransmit,
    /// Until a loss probe.
    Probe,
    /// Until a retransmission timeout.
    Timeout,
    /// Nobody has more to say, and nobody closes.
    Silent,
    /// From the first FIN or RST behind the last data to the end.
    Close,
}

/// The account of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Time by class; classes without any are left out.
    pub spent: BTreeMap<Spent, Span>,
    /// How often the server answered the client.
    pub server_turns: usize,
    /// How often the client went on after the server.
    pub client_turns: usize,
}

impl Spent {
    /// All of them, in the order of a connection's life.
    pub const ALL: [Self; 15] = [
        Self::Connect,
        Self::ConnectAgain,
        Self::RoundTrip,
        Self::Server,
        Self::Client,
        Self::Transfer,
        Self::ReceiveWindow,
        Self::ZeroWindow,
        Self::DelayedAck,
        Self::Pause,
        Self::FastRetransmit,
        Self::Probe,
        Self::Timeout,
        Self::Silent,
        Self::Close,
    ];

    /// Its key in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::ConnectAgain => "connect-again",
            Self::RoundTrip => "round-trip",
            Self::Server => "server",
            Self::Client => "client",
            Self::Transfer => "transfer",
            Self::ReceiveWindow => "receive-window",
            Self::ZeroWindow => "zero-window",
            Self::DelayedAck => "delayed-ack",
            Self::Pause => "pause",
            Self::FastRetransmit => "fast-retransmit",
            Self::Probe => "tlp",
            Self::Timeout => "rto",
            Self::Silent => "silent",
            Self::Close => "close",
        }
    }
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "handshake",
            Self::ConnectAgain => "handshake: until SYN or SYN-ACK was sent again",
            Self::RoundTrip => "round trips of questions and answers",
            Self::Server => "the server's turn, beyond its round trip",
            Self::Client => "the client's turn, beyond its round trip",
            Self::Transfer => "data under way or being acknowledged",
            Self::ReceiveWindow => "held by the receiver's window",
            Self::ZeroWindow => "the receiver's window is zero",
            Self::DelayedAck => "a late acknowledgment held more data",
            Self::Pause => "all that came is acknowledged, no more comes",
            Self::FastRetransmit => "until a fast retransmission",
            Self::Probe => "until a loss probe",
            Self::Timeout => "until a retransmission timeout",
            Self::Silent => "open, and nobody says anything",
            Self::Close => "closing",
        })
    }
}

impl Account {
    /// The whole time.
    pub fn total(&self) -> Span {
        self.spent.values().copied().sum()
    }

    /// Time of one class.
    pub fn of(&self, class: Spent) -> Span {
        self.spent.get(&class).copied().unwrap_or(Span::ZERO)
    }

    fn add(&mut self, class: Spent, span: Span) {
        if !span.is_zero() {
            *self.spent.entry(class).or_default() += span;
        }
    }

    /// `span` to `first` as far as `share` goes, the rest to `class`.
    fn split(&mut self, first: Spent, share: Span, class: Spent, span: Span) {
        let part = span.min(share);
        self.add(first, part);
        self.add(class, span.saturating_sub(part));
    }
}

/// One direction as it stands.
#[derive(Clone, Copy, Debug, Default)]
struct Side {
    /// First number that was never sent.
    next: Option<u32>,
    /// First number that is not acknowledged.
    acked: Option<u32>,
    /// The window that this end offers, in bytes, once its scale is known.
    window: Option<u64>,
    /// The shift of its windows; `None` if its SYN was not captured, or not with all its options.
    scale: Option<u8>,
    /// Whether its window is zero.
    shut: bool,
    /// The largest segment that it sent.
    largest: u32,
}

/// Walks through a conversation.
struct Walk<'a> {
    seen: &'a [Seen],
    sides: [Side; 2],
    /// For each segment, the first one from there on that has new data.
    next_data: Vec<Option<usize>>,
    /// The shortest round trip from the tap to each end; to a server behind a relay, its way.
    shortest: [Span; 2],
    last_data: Option<(End, SimTime)>,
    connected: bool,
    closing: bool,
    account: Account,
}

impl Conversation {
    /// Where its time went.
    pub fn account(&self) -> Account {
        let trips = self.trips();
        let mut shortest = trips
            .to
            .map(|spread| spread.map_or(Span::ZERO, |spread| spread.min));
        // What is acknowledged on this side of the server has not been there and back.
        if let Some(relay) = self.relay() {
            shortest[1] = relay.way;
        }
        let mut walk = Walk {
            seen: &self.seen,
            sides: [Side::default(); 2],
            next_data: next_data(&self.seen),
            shortest,
            last_data: None,
            connected: !self.has_beginning(),
            closing: false,
            account: Account::default(),
        };
        let mut now = self.begin();
        for index in 0..self.seen.len() {
            // A clock that was set back stands still.
            let at = self.seen[index].at.max(now);
            if index > 0 {
                walk.spend(index, now, at);
            }
            now = at;
            walk.step(&self.seen[index], now);
        }
        walk.account
    }
}

/// For each position, the first segment from there on with new data.
fn next_data(seen: &[Seen]) -> Vec<Option<usize>> {
    let mut next = None;
    let mut found: Vec<_> = (0..seen.len())
        .rev()
        .map(|index| {
            if seen[index].is_new_data() {
                next = Some(index);
            }
            next
        })
        .collect();
    found.reverse();
    found
}

impl Walk<'_> {
    /// Takes note of a segment.
    fn step(&mut self, seen: &Seen, now: SimTime) {
        let segment = &seen.segment;
        let flags = segment.flags;
        let side = &mut self.sides[seen.from];
        if flags.any(TcpFlags::SYN) {
            side.scale = segment.shift();
        }
        let shift = if flags.any(TcpFlags::SYN) {
            Some(0)
        } else {
            side.scale
        };
        side.window = shift.map(|shift| u64::from(segment.window) << shift);
        side.shut = seen.analysis.flags.has(Flag::ZeroWindow);
        side.largest = side.largest.max(segment.len);
        if side.next.is_none_or(|next| seq_before(next, segment.end())) {
            side.next = Some(segment.end());
        }
        if flags.any(TcpFlags::ACK) {
            let peer = &mut self.sides[1 - seen.from];
            if peer
                .acked
                .is_none_or(|acked| seq_before(acked, segment.ack))
            {
                peer.acked = Some(segment.ack);
            }
        }
        let granted = !flags.any(TcpFlags::SYN) && flags.any(TcpFlags::ACK);
        self.connected |= granted || segment.len > 0;
        self.closing |= flags.any(TcpFlags::FIN.or(TcpFlags::RST));
        if seen.is_new_data() {
            if let Some((before, _)) = self.last_data
                && before != seen.from
            {
                let turns = [
                    &mut self.account.client_turns,
                    &mut self.account.server_turns,
                ];
                *turns[seen.from] += 1;
            }
            self.last_data = Some((seen.from, now));
        }
    }

    /// Gives the stretch before the segment at `index` to what it was spent on.
    fn spend(&mut self, index: usize, from: SimTime, to: SimTime) {
        let span = to.since(from);
        let seen = &self.seen[index];
        let ended_by = seen
            .again
            .filter(|again| !again.needless)
            .map(|again| again.kind);
        let class = match ended_by {
            Some(Kind::SynTimer | Kind::SynAckTimer) => Some(Spent::ConnectAgain),
            Some(Kind::Timeout) => Some(Spent::Timeout),
            Some(Kind::Probe) => Some(Spent::Probe),
            Some(Kind::Fast | Kind::AfterTimeout) => Some(Spent::FastRetransmit),
            _ if !self.connected => Some(Spent::Connect),
            _ if self.sides.iter().any(|side| side.shut) && !self.closing => {
                Some(Spent::ZeroWindow)
            }
            _ => None,
        };
        match (class, self.next_data[index]) {
            (Some(class), _) => self.account.add(class, span),
            (None, Some(next)) => self.towards(index, self.seen[next].from, from, span),
            (None, None) => self.finish(span),
        }
    }

    /// A stretch before more data, which `sender` will send.
    fn towards(&mut self, index: usize, sender: End, from: SimTime, span: Span) {
        let turn = [Spent::Client, Spent::Server][sender];
        match self.last_data {
            Some((before, _)) if before == sender => self.more(index, sender, from, span),
            // Its turn: first the way there and back, as far as that is not over yet.
            Some((_, since)) => {
                let left = self.shortest[sender].saturating_sub(from.since(since));
                self.account.split(Spent::RoundTrip, left, turn, span);
            }
            // Nobody has sent data: an open connection waits for the first.
            None => self.account.add(turn, span),
        }
    }

    /// A stretch between data of the same sender.
    fn more(&mut self, index: usize, sender: End, from: SimTime, span: Span) {
        let (own, peer) = (self.sides[sender], self.sides[1 - sender]);
        let flight = own
            .next
            .zip(own.acked)
            .map_or(0, |(next, acked)| next.wrapping_sub(acked));
        let flight = if flight > u32::MAX / 2 { 0 } else { flight };
        let since = self.last_data.map_or(from, |(_, at)| at);
        let gone = from.since(since);
        if flight == 0 {
            let left = self.shortest[sender].saturating_sub(gone);
            self.account
                .split(Spent::Transfer, left, Spent::Pause, span);
            return;
        }
        let window = peer.window.unwrap_or(u64::MAX);
        if u64::from(flight) + u64::from(own.largest.max(1)) > window {
            self.account.add(Spent::ReceiveWindow, span);
            return;
        }
        let next = &self.seen[index];
        let due = self.shortest[1 - sender];
        let acknowledges =
            next.from != sender && next.segment.len == 0 && own.next == Some(next.segment.ack);
        if acknowledges && (gone + span) > due + DELAYED {
            let left = due.saturating_sub(gone);
            self.account
                .split(Spent::Transfer, left, Spent::DelayedAck, span);
        } else {
            self.account.add(Spent::Transfer, span);
        }
    }

    /// A stretch after the last data.
    fn finish(&mut self, span: Span) {
        let outstanding = self
            .sides
            .iter()
            .filter_map(|side| side.next.zip(side.acked))
            .any(|(next, acked)| seq_before(acked, next));
        let class = if self.closing {
            Spent::Close
        } else if outstanding {
            Spent::Transfer
        } else {
            Spent::Silent
        };
        self.account.add(class, span);
    }
}
