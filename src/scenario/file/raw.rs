//! A scenario file as it is written: tables and keys, before anything is looked up.
//!
//! What is said here of a key is what editors show.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::place::Placed;
use super::value::{Natural, Value, Whole, Word};
use crate::link::{
    Distribution, DropScripts, LinkConfig, Loss, Outage, QueueLimit, Reorder, Windows,
};
use crate::units::{BitRate, Bytes, Percent, Span};

/// A scenario of wirelab: a built-in case with settings and expectations of one's own (`case`), or a world of one's
/// own (`hosts`, `link`, `serve`, `page`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct File {
    /// Its name as a case, below which its captures and plots are written; the file's name unless said.
    pub(in crate::scenario) name: Option<Placed<String>>,
    /// The question that it answers, in one sentence.
    pub(in crate::scenario) question: Option<String>,
    /// Seed of every chance, unless --seed is given.
    pub(in crate::scenario) seed: Option<Natural>,
    /// The built-in case that is run, and its variant: CASE/VARIANT.
    pub(in crate::scenario) case: Option<Placed<String>>,
    /// Settings of the case's knobs, as after --set.
    #[serde(default)]
    pub(in crate::scenario) set: BTreeMap<Placed<String>, Placed<Word>>,
    /// The hosts of a world of one's own, by their names; `client` is the browser's unless the page says otherwise.
    #[serde(default)]
    pub(in crate::scenario) hosts: BTreeMap<Placed<String>, Host>,
    /// What joins two hosts.
    #[serde(default)]
    pub(in crate::scenario) link: Vec<Placed<Link>>,
    /// Which names have to be looked up, and how long that takes.
    pub(in crate::scenario) names: Option<Placed<Names>>,
    /// Who answers to which name.
    #[serde(default)]
    pub(in crate::scenario) serve: Vec<Placed<Serve>>,
    /// What a browser fetches.
    pub(in crate::scenario) page: Option<Placed<PageTable>>,
    /// What goes wrong, and when.
    #[serde(default)]
    pub(in crate::scenario) fault: Vec<Placed<FaultTable>>,
    /// What is expected; a run that does not keep it ends with exit status 1.
    #[serde(default)]
    pub(in crate::scenario) expect: Vec<Placed<Expect>>,
    /// Ways to run a world of one's own, as settings under a name.
    #[serde(default)]
    pub(in crate::scenario) variant: Vec<Placed<VariantTable>>,
    /// The page time of the recording that the scenario was made of.
    pub(in crate::scenario) recorded: Option<Value<Span>>,
}

/// A host and its access line, which all its paths share.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Host {
    /// Rate of the line to the host.
    pub(in crate::scenario) down: Option<Value<BitRate>>,
    /// Rate of the line from the host.
    pub(in crate::scenario) up: Option<Value<BitRate>>,
    /// File with the mahimahi trace that the line to the host follows instead of a rate; its place is told from here.
    pub(in crate::scenario) down_trace: Option<Placed<String>>,
    /// File with the mahimahi trace that the line from the host follows.
    pub(in crate::scenario) up_trace: Option<Placed<String>>,
    /// Drop-tail limit of both, in packets or bytes.
    pub(in crate::scenario) limit: Option<Value<QueueLimit>>,
}

/// Tables with the effects of a direction of a path. Each field is written out in each of them: what is flattened into
/// another table forgets where it was written.
macro_rules! effects {
    ($(#[$about:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(in crate::scenario) struct $name {
            $($own)*
            /// One-way delay.
            pub(in crate::scenario) delay: Option<Value<Span>>,
            /// By how much the delay of a frame deviates.
            pub(in crate::scenario) jitter: Option<Value<Span>>,
            /// How jittered delays spread: uniform, normal or pareto.
            pub(in crate::scenario) distribution: Option<Value<Distribution>>,
            /// Whether a frame that would overtake another waits for it.
            pub(in crate::scenario) in_order: Option<bool>,
            /// Rate of the bottleneck.
            pub(in crate::scenario) rate: Option<Value<BitRate>>,
            /// File with the mahimahi trace that it follows instead of a rate; its place is told from here.
            pub(in crate::scenario) trace: Option<Placed<String>>,
            /// Drop-tail limit of the bottleneck, in packets or bytes.
            pub(in crate::scenario) limit: Option<Value<QueueLimit>>,
            /// Random loss: a chance, or `gemodel P R`.
            pub(in crate::scenario) loss: Option<Value<Loss>>,
            /// The chance that a frame arrives twice.
            pub(in crate::scenario) duplicate: Option<Value<Percent>>,
            /// The chance that a bit of a frame is flipped.
            pub(in crate::scenario) corrupt: Option<Value<Percent>>,
            /// Frames that go without delay: a chance, or `CHANCE gap N`.
            pub(in crate::scenario) reorder: Option<Value<Reorder>>,
            /// The longest IPv4 packet in bytes that passes unfragmented.
            pub(in crate::scenario) mtu: Option<Whole<0, 65_535>>,
            /// When everything is lost: FROM..TO, or FROM..TO/PERIOD again and again.
            pub(in crate::scenario) down: Option<Value<Windows>>,
            /// When everything is held until the end, as in a handover: FROM..TO, or FROM..TO/PERIOD.
            pub(in crate::scenario) hold: Option<Value<Windows>>,
        }

        impl $name {
            /// A link on which what is said here holds, and for the rest what holds on `base`.
            pub(in crate::scenario) fn on(&self, base: &LinkConfig) -> LinkConfig {
                LinkConfig {
                    delay: self.delay.map_or(base.delay, |value| value.0),
                    jitter: self.jitter.map_or(base.jitter, |value| value.0),
                    distribution: self.distribution.map_or(base.distribution, |value| value.0),
                    in_order: self.in_order.unwrap_or(base.in_order),
                    rate: self.rate.map(|value| value.0).or(base.rate),
                    limit: self.limit.map(|value| value.0).or(base.limit),
                    loss: self.loss.map(|value| value.0).or(base.loss),
                    duplicate: self.duplicate.map_or(base.duplicate, |value| value.0),
                    corrupt: self.corrupt.map_or(base.corrupt, |value| value.0),
                    reorder: self.reorder.map(|value| value.0).or(base.reorder),
                    mtu: self.mtu.and_then(|mtu| u16::try_from(mtu.0).ok()).or(base.mtu),
                    outages: windows(self.down.as_ref(), &base.outages),
                    holds: windows(self.hold.as_ref(), &base.holds),
                    ..base.clone()
                }
            }
        }
    };
}

effects! {
    /// A path between two hosts, in the words of tc-netem; what is not said is ideal.
    Link {
        /// One end.
        pub(in crate::scenario) from: Placed<String>,
        /// The other end.
        pub(in crate::scenario) to: Placed<String>,
        /// Round trip: twice the delay.
        pub(in crate::scenario) rtt: Option<Placed<Value<Span>>>,
        /// What is different on the way from `to` back to `from`.
        pub(in crate::scenario) back: Option<Back>,
    }
}

effects! {
    /// What one direction of a path does to frames.
    Back {}
}

/// The windows that are said, or else those of another link.
fn windows(said: Option<&Value<Windows>>, base: &[Outage]) -> Vec<Outage> {
    said.map_or_else(|| base.to_vec(), |windows| windows.0.0.clone())
}

/// Lookups. Names that are not here are known.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Names {
    /// Round trip to the resolver.
    pub(in crate::scenario) resolver_rtt: Value<Span>,
    /// Name -> how much longer the lookup takes than the resolver's answer.
    pub(in crate::scenario) lookup: BTreeMap<Placed<String>, Value<Span>>,
}

/// A server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Serve {
    /// The host.
    pub(in crate::scenario) host: Placed<String>,
    /// Its name in URLs; the host's name unless said.
    pub(in crate::scenario) name: Option<Placed<String>>,
    /// Further names; by HTTP/2 and HTTP/3 all of them share a connection.
    #[serde(default)]
    pub(in crate::scenario) aliases: Vec<Placed<String>>,
    /// Version of HTTP: http/1.1 (default), h2 or h3.
    pub(in crate::scenario) protocol: Option<Placed<String>>,
    /// Version of TLS: "1.3" (default where URLs begin with https) or "1.2".
    pub(in crate::scenario) tls: Option<Placed<String>>,
    /// The port, unless it is 443 or 80.
    pub(in crate::scenario) port: Option<Whole<1, 65_535>>,
    /// How long it thinks about each object, unless that says otherwise.
    pub(in crate::scenario) think: Option<Value<Span>>,
    /// How long the browser works on a new connection to it.
    pub(in crate::scenario) setup: Option<Value<Span>>,
    /// Whether a connection to it is there before the page begins.
    #[serde(default)]
    pub(in crate::scenario) warm: bool,
}

/// A page.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct PageTable {
    /// The browser's host; `client` unless said.
    pub(in crate::scenario) client: Option<Placed<String>>,
    /// Connections to one origin by HTTP/1.1; 6 unless said.
    pub(in crate::scenario) connections: Option<Whole<1, 64>>,
    /// Whether connections of HTTP/1.1 are kept; they are unless said.
    pub(in crate::scenario) keep_alive: Option<bool>,
    /// How long the browser works after the last object.
    pub(in crate::scenario) settle: Option<Value<Span>>,
    /// The objects, in the order in which the browser finds them.
    #[serde(default)]
    pub(in crate::scenario) object: Vec<Placed<ObjectTable>>,
}

/// An object of a page.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct ObjectTable {
    /// Its URL, for example `https://www.shop.test/style.css`.
    pub(in crate::scenario) url: Placed<String>,
    /// Length of the body as it is sent.
    pub(in crate::scenario) bytes: Value<Bytes>,
    /// How much longer the request is than a bare one: cookies, chiefly.
    pub(in crate::scenario) request: Option<Placed<Value<Bytes>>>,
    /// How long the server thinks before it answers.
    pub(in crate::scenario) think: Option<Value<Span>>,
    /// What it waits for: objects before it, by URL, path or id.
    #[serde(default)]
    pub(in crate::scenario) after: Vec<Placed<After>>,
    /// How long after the page's beginning it is asked for at the earliest.
    pub(in crate::scenario) wait: Option<Value<Span>>,
    /// How long the browser works on the request itself, once it may go out.
    pub(in crate::scenario) hold: Option<Value<Span>>,
    /// Who gets a free connection first: high, normal (default) or low.
    pub(in crate::scenario) priority: Option<Placed<String>>,
    /// A place in the order in which requests get one, by HTTP/1.1: the smallest first, and before any without a place.
    pub(in crate::scenario) turn: Option<Whole<0, 999_999>>,
    /// Whether the page is there without it.
    #[serde(default)]
    pub(in crate::scenario) background: bool,
    /// Whether the first layout waits for it; meanwhile objects of low priority are held back, as Chromium does.
    #[serde(default)]
    pub(in crate::scenario) blocking: bool,
    /// A short name for `after`.
    pub(in crate::scenario) id: Option<Placed<String>>,
}

/// Something that an object waits for: another object, or a part of it.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub(in crate::scenario) enum After {
    /// The end of an object.
    End(String),
    /// A part of it.
    Part(Part),
}

/// A part of an object that another waits for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Part {
    /// The object: its URL, path or id.
    pub(in crate::scenario) of: Placed<String>,
    /// How much of it: start, end (default), a percentage or a size.
    pub(in crate::scenario) at: Option<Placed<String>>,
    /// How long the browser works on that.
    pub(in crate::scenario) wait: Option<Value<Span>>,
}

/// A text is an object and a table a part of one, so that what is wrong with a table is told as of any other: trying one
/// form after the other would only know that none fits.
impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = After;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the URL, path or id of an object before this one, or a table such as \
                     { of = \"/\", at = \"50%\", wait = \"5ms\" }",
                )
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<After, E> {
                Ok(After::End(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<After, A::Error> {
                Part::deserialize(MapAccessDeserializer::new(table)).map(After::Part)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Something that goes wrong on a path for a while; one of `down`, `hold`, `loss`, `delay` and `drop` says what.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct FaultTable {
    /// The hosts at the ends of the path.
    pub(in crate::scenario) between: [Placed<String>; 2],
    /// Whether only frames to the second host meet it.
    #[serde(default)]
    pub(in crate::scenario) one_way: bool,
    /// When it begins, from the beginning of the run; at once unless said.
    pub(in crate::scenario) at: Option<Value<Span>>,
    /// How long it lasts; until the end unless said.
    #[serde(rename = "for")]
    pub(in crate::scenario) lasting: Option<Placed<Value<Span>>>,
    /// No frame gets through.
    #[serde(default)]
    pub(in crate::scenario) down: bool,
    /// No frame gets through before the end, and then all go on in their order, as in a handover.
    #[serde(default)]
    pub(in crate::scenario) hold: bool,
    /// Each frame is lost by this chance.
    pub(in crate::scenario) loss: Option<Value<Percent>>,
    /// Each frame travels so much longer.
    pub(in crate::scenario) delay: Option<Value<Span>>,
    /// Frames that are lost by name, whenever they come.
    pub(in crate::scenario) drop: Option<Value<DropScripts>>,
}

/// Limits that a run has to keep.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Expect {
    /// The variant that has to keep them; all unless said.
    pub(in crate::scenario) variant: Option<Placed<String>>,
    /// The most that the page may take.
    pub(in crate::scenario) page_under: Option<Value<Span>>,
    /// The most round trips that it may take; halves and the like are fine.
    pub(in crate::scenario) round_trips_at_most: Option<Placed<f64>>,
    /// The object of `object_under`: its URL or path.
    pub(in crate::scenario) object: Option<Placed<String>>,
    /// The latest that the object may end, from the page's beginning.
    pub(in crate::scenario) object_under: Option<Value<Span>>,
    /// The most retransmission timeouts.
    pub(in crate::scenario) rto_at_most: Option<Natural>,
    /// The most segments that may be sent again.
    pub(in crate::scenario) retransmissions_at_most: Option<Natural>,
    /// The most connections.
    pub(in crate::scenario) connections_at_most: Option<Natural>,
    /// The most bytes on the wire.
    pub(in crate::scenario) bytes_at_most: Option<Value<Bytes>>,
}

/// A way to run the scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct VariantTable {
    /// Its name.
    pub(in crate::scenario) name: Placed<String>,
    /// What happens in it, in one line.
    #[serde(default)]
    pub(in crate::scenario) about: String,
    /// Settings of knobs, as after --set.
    #[serde(default)]
    pub(in crate::scenario) set: BTreeMap<Placed<String>, Placed<Word>>,
}
