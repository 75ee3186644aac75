//! The one sentence: what most of a conversation's time was spent on, as far as this end can see.

use super::again::Kind;
use super::time::{Account, Spent};
use super::words::{counted, grouped, percent, spoken};
use super::{Conversation, End, Evidence, Flag, Vantage};
use crate::units::Span;
use crate::wire::foreign::TcpFlags;

/// Round trips that are this many times the shortest speak of a queue.
const QUEUED: u64 = 2;

/// What takes less than one in so many parts of the time is no constraint.
const LEAST: u64 = 20;

/// What is weighed against each other; classes of one cause are weighed together.
const CAUSES: [&[Spent]; 10] = [
    &[Spent::Connect],
    &[Spent::ConnectAgain],
    &[Spent::RoundTrip],
    &[Spent::Server],
    &[Spent::Client],
    &[Spent::Transfer],
    &[Spent::ReceiveWindow, Spent::ZeroWindow],
    &[Spent::DelayedAck],
    &[Spent::Pause],
    &[Spent::FastRetransmit, Spent::Probe, Spent::Timeout],
];

impl Conversation {
    /// What the time was spent on most, in a sentence that begins "the constraint is".
    pub fn constraint(&self) -> String {
        let account = self.account();
        let total = account.total();
        if self.is_refused() {
            return format!(
                "the constraint is that nobody listens, or that a firewall refuses: the SYN was answered by a reset, {} \
                 after it",
                spoken(total)
            );
        }
        let idle = account.of(Spent::Silent);
        let weight =
            |cause: &[Spent]| -> Span { cause.iter().map(|class| account.of(*class)).sum() };
        // Of equals, the first in the life of a connection.
        let most = CAUSES.into_iter().rev().max_by_key(|cause| weight(cause));
        let Some(cause) = most.filter(|cause| !weight(cause).is_zero()) else {
            return nothing_to_see(total);
        };
        let part = weight(cause);
        if part.as_nanos().saturating_mul(LEAST) < total.as_nanos() {
            let most = self.named(cause, &account);
            return too_little(&most, part, idle + account.of(Spent::Close), total);
        }
        let aside = if idle > part {
            format!("; for {} nobody says anything", spoken(idle))
        } else {
            String::new()
        };
        format!(
            "the constraint is {}: {} of {} ({}), as far as this end can see{aside}",
            self.named(cause, &account),
            spoken(part),
            spoken(total),
            percent(part, total)
        )
    }

    /// Whether the SYN was answered by a reset (RFC 9293 section 3.5.2) and by nothing else.
    fn is_refused(&self) -> bool {
        let is_syn = |seen: &super::Seen| seen.segment.flags.any(TcpFlags::SYN);
        let is_reset = |seen: &super::Seen| seen.segment.flags.any(TcpFlags::RST);
        let Some(first) = self.seen.first() else {
            return false;
        };
        let mut answers = self.seen.iter().filter(|seen| seen.from != first.from);
        is_syn(first) && answers.next().is_some_and(is_reset) && answers.all(is_reset)
    }

    fn named(&self, cause: &[Spent], account: &Account) -> String {
        match cause[0] {
            Spent::Connect => "distance, for the handshake".to_owned(),
            Spent::ConnectAgain => format!(
                "an unanswered handshake, sent again {}",
                times(self.again(Kind::SynTimer) + self.again(Kind::SynAckTimer))
            ),
            Spent::RoundTrip => {
                let turns = account.client_turns + account.server_turns;
                format!("distance, crossed for {}", counted(turns as u64, "turn"))
            }
            Spent::Server => format!(
                "the server, or a queue before it, over {}",
                counted(account.server_turns as u64, "answer")
            ),
            Spent::Client => "the client's own pace".to_owned(),
            Spent::Transfer => self.transfer(account.of(Spent::Transfer)),
            Spent::ReceiveWindow
                if account.of(Spent::ZeroWindow) > account.of(Spent::ReceiveWindow) =>
            {
                "a receiver that does not read, with its window at zero".to_owned()
            }
            Spent::ReceiveWindow => "the receiver's window".to_owned(),
            Spent::DelayedAck => "delayed acknowledgments that a sender waits for".to_owned(),
            Spent::Pause => self.pause(),
            _ => format!("losses, repaired by {}", self.repairs()),
        }
    }

    /// Nothing is under way as far as the tap sees; at the sender that is all there is to it.
    fn pause(&self) -> String {
        let pauses = "a sender that pauses with everything acknowledged";
        match self.vantage() {
            Vantage::At(end, _) if end == self.sender() => pauses.to_owned(),
            Vantage::Both => pauses.to_owned(),
            _ => format!("{pauses}, or whose data is lost before it comes here"),
        }
    }

    fn repairs(&self) -> String {
        let kinds = [
            (Kind::Fast, "fast retransmission"),
            (Kind::Probe, "loss probe"),
            (Kind::Timeout, "timeout"),
        ];
        let kinds = kinds.map(|(kind, name)| (self.again(kind) as u64, name));
        let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
        let kinds: Vec<_> = kinds.map(|(count, name)| counted(count, name)).collect();
        kinds.join(" and ")
    }

    /// Segments of this kind.
    pub fn again(&self, kind: Kind) -> usize {
        let of_kind = |seen: &&super::Seen| seen.again.is_some_and(|again| again.kind == kind);
        self.seen.iter().filter(of_kind).count()
    }

    /// The end that sent more data.
    pub fn sender(&self) -> End {
        usize::from(self.data(1) > self.data(0))
    }

    /// What can be said of a transfer: its pace, and whether a queue grew or a window stood still meanwhile.
    fn transfer(&self, span: Span) -> String {
        let sender = self.sender();
        let own = || self.seen.iter().filter(move |seen| seen.from == sender);
        let flight = own().filter_map(|seen| seen.analysis.in_flight).max();
        let new: u64 = own()
            .filter(|seen| seen.is_new_data())
            .map(|seen| u64::from(seen.segment.len))
            .sum();
        let bits = u128::from(new) * 8 * 1_000_000_000 / u128::from(span.as_nanos().max(1));
        let pace = format!("the pace of the data, {}", rate(bits));
        let lossy = self.count(Flag::Retransmission) > 0;
        // At a tap's own end acknowledgments tell how late that end sends them, and nothing of the way.
        let is_far = match self.vantage() {
            Vantage::At(_, Evidence::Relay) | Vantage::Both => false,
            Vantage::At(end, _) => end == sender,
            Vantage::Between | Vantage::Unknown => true,
        };
        match (self.trips().to[1 - sender].filter(|_| is_far), flight) {
            (Some(trip), _) if trip.median >= trip.min * QUEUED => format!(
                "{pace}, with a queue on the way or late acknowledgments (round trips of {} and mostly {})",
                spoken(trip.min),
                spoken(trip.median)
            ),
            (Some(trip), Some(flight)) if trip.min > Span::from_millis(1) => format!(
                "{pace}, with {} B at most in flight over a round trip of {}{}",
                grouped(u64::from(flight)),
                spoken(trip.min),
                if lossy { ", and losses" } else { "" }
            ),
            _ => pace,
        }
    }
}

fn nothing_to_see(total: Span) -> String {
    if total.is_zero() {
        return "the constraint is not to be seen: no time passes between the captured segments"
            .to_owned();
    }
    format!(
        "the constraint is not to be seen: for {} the connection stands open, or closes, and nobody has anything to say",
        spoken(total)
    )
}

fn too_little(most: &str, part: Span, idle: Span, total: Span) -> String {
    format!(
        "the constraint is not to be seen: for {} of {} ({}) the connection stands open, or closes, and the capture does \
         not show what it waited for; of what it does show the largest part, {} ({}), is {most}",
        spoken(idle),
        spoken(total),
        percent(idle, total),
        spoken(part),
        percent(part, total)
    )
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        many => format!("{many} times"),
    }
}

/// Bits per second as people say them.
fn rate(bits: u128) -> String {
    const UNITS: [(u128, &str); 3] = [
        (1_000_000_000, "Gbit/s"),
        (1_000_000, "Mbit/s"),
        (1_000, "kbit/s"),
    ];
    let unit = UNITS.into_iter().find(|(unit, _)| bits >= *unit);
    unit.map_or_else(
        || format!("{bits} bit/s"),
        |(unit, name)| format!("{}.{} {name}", bits / unit, bits % unit * 10 / unit),
    )
}
