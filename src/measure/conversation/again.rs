//! By which mechanism something was sent again, as far as one vantage point shows it.
//!
//! Wireshark's words say how a segment stands to those before it; a mechanism is what made the sender act. The tap does
//! not see the sender's timers, so the evidence is: what the acknowledgments had reported, how long nothing came, how
//! the segment stands to the end of the data, timestamps (RFC 7323) and IPv4's identification. Every kind names its
//! evidence; where none fits, it says [`Kind::Unclear`].

use std::fmt;

use serde::Serialize;

use super::flags::Flag;
use super::history::{History, Sent};
use super::{End, Seen};
use crate::units::{SimTime, Span};
use crate::wire::foreign::{TcpFlags, TcpSegment};

/// A retransmission timeout of Linux is a round trip and at least this much (`TCP_RTO_MIN`); RFC 6298 says one second.
const SHORTEST_TIMEOUT: Span = Span::from_millis(200);

/// Timers fire late by a tick of the sender's clock and some.
const TICK: Span = Span::from_millis(50);

/// What acts on an acknowledgment does so at once; hosts, taps and offloading take up to this.
const AT_ONCE: Span = Span::from_millis(5);

/// Copies that a mirror or a second interface makes follow each other within this.
const COPY: Span = Span::from_millis(1);

/// Duplicate acknowledgments that make a sender act (RFC 5681 section 3.2).
const DUPLICATES: u32 = 3;

/// What made a segment appear that is not new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The same packet captured twice: same IPv4 identification or timestamps, same checksum.
    Copy,
    /// It was overtaken on the way: its timestamp or identification is older than that of what came before it, or
    /// without these, less than a round trip has passed since.
    Reordered,
    /// A SYN again: nobody answered it in time.
    SynTimer,
    /// A SYN-ACK again: nobody acknowledged it in time.
    SynAckTimer,
    /// Acknowledgments had reported a loss (SACK, or three duplicates), and it follows one of them.
    Fast,
    /// Nothing had been reported, it is the end of the data, for the first time, after a round trip and no later than two
    /// and 200 ms: a tail loss probe (RFC 8985 section 7.2), or a timeout of a sender without such probes.
    Probe,
    /// Nothing came for as long as a retransmission timeout takes (RFC 6298).
    Timeout,
    /// It follows a timeout, for what was in flight then.
    AfterTimeout,
    /// None of these fits.
    Unclear,
}

/// What is made of a segment that is not new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// By which mechanism.
    pub kind: Kind,
    /// Whether its data had been acknowledged before, as the tap saw it, or a D-SACK says that it came twice.
    pub needless: bool,
    /// Whether the same bytes were captured before. If not, they were lost before the tap, or by it.
    pub captured: bool,
    /// The time since its last transmission, or else since the gap that it fills was seen.
    pub waited: Span,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Fast,
        Self::Probe,
        Self::Timeout,
        Self::AfterTimeout,
        Self::SynTimer,
        Self::SynAckTimer,
        Self::Unclear,
        Self::Reordered,
        Self::Copy,
    ];

    /// Whether the sender sent it again; reordering and copies are not its doing.
    pub const fn is_retransmission(self) -> bool {
        !matches!(self, Self::Copy | Self::Reordered)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Copy => "captured twice",
            Self::Reordered => "reordered",
            Self::SynTimer => "SYN timer",
            Self::SynAckTimer => "SYN-ACK timer",
            Self::Fast => "fast retransmit",
            Self::Probe => "loss probe (TLP-like)",
            Self::Timeout => "timeout (RTO-like)",
            Self::AfterTimeout => "after a timeout",
            Self::Unclear => "unclear",
        })
    }
}

/// Reads the segments of a conversation in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    sides: [Side; 2],
    /// Segments so far.
    count: usize,
}

#[derive(Clone, Debug, Default)]
struct Side {
    history: History,
    /// Duplicate acknowledgments in a row of what this side sent.
    duplicates: u32,
    /// When the other end was last heard of.
    heard: Option<SimTime>,
    /// The shortest time that an acknowledgment of this side's data took to the tap.
    quickest: Option<Span>,
    /// Why a recovery goes on, and up to where.
    recovery: Option<(Kind, i64)>,
}

impl Reader {
    /// Says what a segment is if it is not new; returns the position of an earlier one that it calls needless.
    pub(super) fn take(&mut self, seen: &mut Seen) -> Option<usize> {
        let (from, index) = (seen.from, self.count);
        self.count += 1;
        let flags = seen.analysis.flags;
        let other = &mut self.sides[1 - from];
        other.duplicates = seen.analysis.duplicate.map_or(0, |(count, _)| count);
        let needless = other.history.acknowledged(&seen.segment);
        if let Some((_, trip)) = seen.analysis.acks {
            other.quickest = Some(other.quickest.map_or(trip, |known| known.min(trip)));
        }
        other.heard = Some(seen.at);
        let carries = seen.segment.sequence_len() > 0 && !seen.segment.flags.any(TcpFlags::RST);
        if carries && !flags.has(Flag::KeepAlive) && !flags.has(Flag::ZeroWindowProbe) {
            seen.again = self.again(from, seen.at, &seen.segment);
            self.sides[from].history.sent(seen.at, index, &seen.segment);
        }
        needless
    }

    fn again(&mut self, from: End, at: SimTime, segment: &TcpSegment) -> Option<Again> {
        let back = self.sides[1 - from].quickest;
        let side = &mut self.sides[from];
        let history = &side.history;
        let start = history.unwrapped(segment.seq);
        let end = start + i64::from(segment.sequence_len());
        let newest = history.newest?;
        if start >= history.highest || (end > history.highest && history.last(start).is_none()) {
            return None;
        }
        let before = history.last(start).copied();
        let gap = history.gap(start, end);
        let since = before.map_or_else(|| gap.map_or(newest.at, |gap| gap.since), |sent| sent.at);
        let needless = segment.len > 0 && history.acked.is_some_and(|acked| end <= acked);
        let evidence = Evidence {
            at,
            waited: at.since(since),
            round_trip: whole(side.quickest, back),
            start,
            end,
        };
        let kind = if before.is_some() {
            side.seen_before(segment, before, &evidence)
        } else {
            side.fills_a_gap(segment, &newest, &evidence)
        };
        if matches!(kind, Kind::Fast | Kind::Timeout) {
            side.recovery = Some((kind, side.history.highest));
        }
        Some(Again {
            kind,
            needless,
            captured: before.is_some(),
            waited: evidence.waited,
        })
    }
}

/// From the tap to one end and back, and to the other end and back.
fn whole(there: Option<Span>, back: Option<Span>) -> Option<Span> {
    there.map(|there| there + back.unwrap_or(Span::ZERO))
}

/// What a judgement rests on.
struct Evidence {
    at: SimTime,
    waited: Span,
    round_trip: Option<Span>,
    start: i64,
    end: i64,
}

impl Side {
    /// A segment that was captured before.
    fn seen_before(&self, segment: &TcpSegment, before: Option<Sent>, evidence: &Evidence) -> Kind {
        if let Some(sent) = before
            && is_copy(&sent.segment, segment, evidence.waited)
        {
            return Kind::Copy;
        }
        if segment.flags.opens() {
            return Kind::SynTimer;
        }
        if segment.flags.grants() {
            return Kind::SynAckTimer;
        }
        self.mechanism(before.map_or(1, |sent| sent.times), evidence)
    }

    /// A segment that was not captured before, older than the newest.
    fn fills_a_gap(&self, segment: &TcpSegment, newest: &Sent, evidence: &Evidence) -> Kind {
        if let Some(older) = is_older(segment, &newest.segment) {
            return if older {
                Kind::Reordered
            } else {
                self.mechanism(1, evidence)
            };
        }
        let limit = evidence.round_trip.unwrap_or(Span::from_millis(3));
        if evidence.waited < limit {
            Kind::Reordered
        } else {
            self.mechanism(1, evidence)
        }
    }

    fn mechanism(&self, times: u32, evidence: &Evidence) -> Kind {
        let round_trip = evidence.round_trip.unwrap_or(Span::ZERO);
        let quiet = self
            .heard
            .map_or(evidence.waited, |heard| evidence.at.since(heard));
        let history = &self.history;
        let reported = history.sacked.is_some_and(|sacked| evidence.start < sacked)
            || self.duplicates >= DUPLICATES;
        // Behind a timeout's retransmission acknowledgments come, and let more of it leave.
        let follows = quiet < round_trip + AT_ONCE;
        match self.recovery {
            Some((Kind::Timeout, until)) if evidence.start < until && follows && times == 1 => {
                return Kind::AfterTimeout;
            }
            Some((Kind::Fast, until)) if evidence.start < until && follows => return Kind::Fast,
            _ => {}
        }
        if reported && follows {
            return Kind::Fast;
        }
        let is_tail = evidence.end >= history.highest && times == 1 && !reported;
        let latest = round_trip * 2 + SHORTEST_TIMEOUT + TICK;
        if is_tail && (round_trip..=latest).contains(&evidence.waited) {
            return Kind::Probe;
        }
        if quiet.min(evidence.waited) >= SHORTEST_TIMEOUT {
            return Kind::Timeout;
        }
        if reported { Kind::Fast } else { Kind::Unclear }
    }
}

/// Whether `segment` is the very packet that was captured before.
fn is_copy(before: &TcpSegment, segment: &TcpSegment, waited: Span) -> bool {
    let same = before.checksum == segment.checksum
        && before.ack == segment.ack
        && before.len == segment.len
        && before.options == segment.options;
    let identified = segment.ip_id.is_some_and(|id| id != 0);
    let named = if identified {
        before.ip_id == segment.ip_id
    } else {
        waited < COPY && segment.options.timestamps.is_some()
    };
    same && named
}

/// Whether `segment` was sent before the newest one; `None` if neither timestamps nor identification tell.
#[expect(
    clippy::cast_possible_wrap,
    reason = "the sign of the wrapped difference is the order (RFC 7323 section 5.2)"
)]
fn is_older(segment: &TcpSegment, newest: &TcpSegment) -> Option<bool> {
    if let (Some((own, _)), Some((other, _))) =
        (segment.options.timestamps, newest.options.timestamps)
        && own != other
    {
        return Some((own.wrapping_sub(other) as i32) < 0);
    }
    let (own, other) = (segment.ip_id?, newest.ip_id?);
    // Hosts that draw identifications at random say nothing by them.
    let distance = own.wrapping_sub(other) as i16;
    (own != 0 && other != 0 && (1..256).contains(&distance.unsigned_abs())).then_some(distance < 0)
}
