//! A capture's conversations as plain values, for whoever prints or stores them. Times are in ms with the resolution of
//! nanoseconds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rtt::{Spread, Vantage};
use super::time::Spent;
use super::{ClientBy, Conversation, End, Flag, Kind, Traffic};
use crate::units::Span;
use crate::wire::foreign::TcpFlags;

/// A capture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrafficSummary {
    /// Packets of all kinds.
    pub packets: u64,
    /// Those of which not everything was captured.
    pub cut_packets: u64,
    /// Those with an earlier time than one before them.
    pub backwards: u64,
    /// When the earliest was captured, in seconds since 1970-01-01T00:00:00Z, as text: a number would be rounded.
    pub begin: String,
    /// From the earliest to the latest.
    pub duration_ms: f64,
    /// Packets that are not TCP, by what they are.
    pub others: BTreeMap<String, u64>,
    /// The conversations.
    pub conversations: Vec<ConversationSummary>,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConversationSummary {
    /// Its number, from 1.
    pub number: usize,
    /// What each end sent.
    pub client: SideSummary,
    /// The same of the server.
    pub server: SideSummary,
    /// `handshake` or `port`: why the client is taken for it.
    pub client_by: &'static str,
    /// Its first packet in the file.
    pub first_frame: u64,
    /// When it begins, after the earliest packet of the capture.
    pub begin_ms: f64,
    /// How long it lasts.
    pub duration_ms: f64,
    /// `tcp.completeness`.
    pub completeness: u32,
    /// From SYN to ACK.
    pub initial_rtt_ms: Option<f64>,
    /// `client`, `server`, `both`, `between`, or null where nothing tells.
    pub vantage: Option<&'static str>,
    /// What was sent again, by mechanism; and what only looks so.
    pub again: BTreeMap<Kind, usize>,
    /// Those of them that were needless.
    pub needless: usize,
    /// Flags of `tcp.analysis` with their numbers of frames.
    pub wireshark: BTreeMap<&'static str, usize>,
    /// Where the time went: adds up to `duration_ms`.
    pub account: SpentMs,
    /// One sentence.
    pub constraint: String,
    /// What is not known.
    pub limits: Vec<String>,
}

/// What one end did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideSummary {
    /// Address and port.
    pub address: String,
    /// Segments that it sent.
    pub segments: usize,
    /// Bytes of data that it sent, those sent again too.
    pub bytes: u64,
    /// RSTs that it sent.
    pub resets: usize,
    /// Round trips from the tap to it.
    pub round_trips: Option<TripsMs>,
}

/// Round trips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TripsMs {
    /// How many.
    pub count: usize,
    /// The shortest.
    pub min_ms: f64,
    /// The middle one.
    pub median_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// Time in ms by class.
pub type SpentMs = BTreeMap<&'static str, f64>;

impl Traffic {
    /// The whole capture as plain values.
    pub fn summary(&self) -> TrafficSummary {
        let ns = self.begin.as_nanos();
        TrafficSummary {
            packets: self.packets,
            cut_packets: self.cut,
            backwards: self.backwards,
            begin: format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000),
            duration_ms: self.duration.as_millis_f64(),
            others: self.others.clone(),
            conversations: self
                .conversations
                .iter()
                .map(Conversation::summary)
                .collect(),
        }
    }
}

impl Conversation {
    /// The conversation as plain values.
    pub fn summary(&self) -> ConversationSummary {
        let account = self.account();
        let present = |flag: Flag| Some(self.count(flag)).filter(|count| *count > 0);
        let kinds = Kind::ALL.into_iter().map(|kind| (kind, self.again(kind)));
        let spent = Spent::ALL
            .into_iter()
            .map(|class| (class, account.of(class)));
        ConversationSummary {
            number: self.number,
            client: self.side(0),
            server: self.side(1),
            client_by: match self.client_by {
                ClientBy::Handshake => "handshake",
                ClientBy::Port => "port",
            },
            first_frame: self.seen.first().map_or(0, |seen| seen.frame),
            begin_ms: self.begin().as_millis_f64(),
            duration_ms: self.duration().as_millis_f64(),
            completeness: self.completeness(),
            initial_rtt_ms: self.handshake().round_trip().map(Span::as_millis_f64),
            vantage: match self.vantage() {
                Vantage::At(0, _) => Some("client"),
                Vantage::At(..) => Some("server"),
                Vantage::Both => Some("both"),
                Vantage::Between => Some("between"),
                Vantage::Unknown => None,
            },
            again: kinds.filter(|(_, count)| *count > 0).collect(),
            needless: self.needless(),
            wireshark: Flag::ALL
                .into_iter()
                .filter_map(|flag| Some((flag.key(), present(flag)?)))
                .collect(),
            account: spent
                .filter(|(_, span)| !span.is_zero())
                .map(|(class, span)| (class.key(), span.as_millis_f64()))
                .collect(),
            constraint: self.constraint(),
            limits: self.limits(),
        }
    }

    /// Segments that were sent again without need.
    pub fn needless(&self) -> usize {
        let again = self.seen.iter().filter_map(|seen| seen.again);
        let needless = again.filter(|again| again.needless && again.kind.is_retransmission());
        needless.count()
    }

    fn side(&self, end: End) -> SideSummary {
        let own = self.seen.iter().filter(|seen| seen.from == end);
        SideSummary {
            address: self.ends[end].to_string(),
            segments: self.segments(end),
            bytes: self.data(end),
            resets: own
                .filter(|seen| seen.segment.flags.any(TcpFlags::RST))
                .count(),
            round_trips: self.trips().to[end].map(TripsMs::of),
        }
    }
}

impl TripsMs {
    fn of(spread: Spread) -> Self {
        Self {
            count: spread.count,
            min_ms: spread.min.as_millis_f64(),
            median_ms: spread.median.as_millis_f64(),
            max_ms: spread.max.as_millis_f64(),
        }
    }
}
