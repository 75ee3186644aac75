//! What `explain` prints, for eighty columns.

use std::fmt::Write;
use std::path::Path;

use crate::cli::table::wrapped;
use crate::measure::conversation::{
    Conversation, Evidence, Flag, Kind, Spent, Spread, Traffic, Vantage, counted, grouped, percent,
    spoken,
};
use crate::record::foreign::Capture;
use crate::units::Span;
use crate::wire::foreign::TcpFlags;

/// Columns of a line.
const WIDTH: usize = 80;
/// Conversations in the table.
const ROWS: usize = 30;
/// Where the details of a conversation begin.
const INDENT: usize = 15;

/// The capture, its table of conversations, and what was chosen of them in full.
pub(super) fn explanation(
    path: &Path,
    capture: &Capture<'_>,
    traffic: &Traffic,
    chosen: &[&Conversation],
    files: &[String],
) -> String {
    let mut text = String::new();
    heading(&mut text, path, capture, traffic);
    if traffic.conversations.is_empty() {
        text.push_str("no TCP in it: there is nothing to explain\n");
        return text;
    }
    text.push('\n');
    table(&mut text, traffic);
    for conversation in chosen {
        text.push('\n');
        details(&mut text, conversation);
    }
    let left = traffic.conversations.len() - chosen.len();
    if left > 0 {
        let left = counted(left as u64, "conversation");
        text.push('\n');
        paragraph(
            &mut text,
            0,
            &format!("{left} not explained: --conversation N shows one, --json all"),
        );
    }
    if !files.is_empty() {
        text.push('\n');
    }
    for file in files {
        writeln!(text, "{file}").expect("a string takes every text");
    }
    text
}

/// One line for each conversation: its constraint.
pub(super) fn lines(traffic: &Traffic, only: Option<usize>) -> String {
    let wanted = traffic.conversations.iter();
    let wanted = wanted.filter(|one| only.is_none_or(|number| one.number == number));
    wanted.fold(String::new(), |mut text, one| {
        let told = one.constraint();
        writeln!(text, "{} {}: {told}", one.number, ends(one)).expect("a string takes every text");
        text
    })
}

/// Interfaces with their link layers.
pub(super) fn interfaces(capture: &Capture<'_>) -> Vec<String> {
    let interfaces = capture.interfaces.iter();
    interfaces
        .map(|interface| {
            let link = interface.link.map_or_else(
                || format!("link type {}", interface.number),
                |link| link.to_string(),
            );
            match &interface.name {
                Some(name) => format!("{name} ({link})"),
                None => link,
            }
        })
        .collect()
}

fn heading(text: &mut String, path: &Path, capture: &Capture<'_>, traffic: &Traffic) {
    let mut said = format!(
        "{}: {} within {}, {}, {}",
        path.display(),
        counted(traffic.packets, "packet"),
        spoken(traffic.duration),
        capture.format,
        interfaces(capture).join(", "),
    );
    if traffic.cut > 0 {
        write!(said, "; {} cut by the snap length", grouped(traffic.cut))
            .expect("a string takes every text");
    }
    if traffic.backwards > 0 {
        write!(
            said,
            "; {} earlier than the one before",
            grouped(traffic.backwards)
        )
        .expect("a string takes every text");
    }
    paragraph(text, 0, &said);
    if !traffic.others.is_empty() {
        let others = traffic.others.iter();
        let others: Vec<_> = others
            .map(|(name, count)| format!("{} {name}", grouped(*count)))
            .collect();
        paragraph(text, 0, &format!("not TCP: {}", others.join(", ")));
    }
}

fn table(text: &mut String, traffic: &Traffic) {
    text.push_str("  #  segments   bytes out    bytes in   duration  captured  client to server\n");
    for one in traffic.conversations.iter().take(ROWS) {
        let start = format!(
            "{:>3}  {:>8}  {:>10}  {:>10}  {:>9}  {:<8}",
            one.number,
            grouped(one.seen.len() as u64),
            grouped(one.data(0)),
            grouped(one.data(1)),
            spoken(one.duration()),
            captured(one),
        );
        let ends = ends(one);
        let line = if start.chars().count() + 2 + ends.chars().count() > WIDTH {
            format!("{}\n     {ends}", start.trim_end())
        } else {
            format!("{start}  {ends}")
        };
        text.push_str(&line);
        text.push('\n');
    }
    if let Some(more @ 1..) = traffic.conversations.len().checked_sub(ROWS) {
        writeln!(text, "     and {} more", grouped(more as u64))
            .expect("a string takes every text");
    }
}

/// How much of the connection was captured.
fn captured(one: &Conversation) -> &'static str {
    const ENDS: u32 = 16 | 32;
    match (one.has_beginning(), one.completeness() & ENDS != 0) {
        (true, true) => "whole",
        (true, false) => "no end",
        (false, true) => "no start",
        (false, false) => "middle",
    }
}

fn ends(one: &Conversation) -> String {
    format!("{} to {}", one.ends[0], one.ends[1])
}

fn details(text: &mut String, one: &Conversation) {
    writeln!(text, "conversation {}: {}", one.number, ends(one))
        .expect("a string takes every text");
    fact(text, "captured", &vantage(one));
    fact(text, "handshake", &handshake(one));
    // At the near end itself there is no way to measure.
    let near = match one.vantage() {
        Vantage::At(end, _) => Some(end),
        _ => None,
    };
    let trips = one.trips();
    let server = one.relay().map_or("server", |_| "relay or the server");
    for (end, name) in ["client", server].iter().enumerate() {
        if let Some(trip) = trips.to[end].filter(|_| near != Some(end)) {
            fact(text, "round trips", &round_trips(name, &trip));
        }
    }
    fact(text, "again", &again(one));
    fact(text, "wireshark", &flags(one));
    fact(text, "ended", &ending(one));
    account(text, one);
    paragraph(text, 2, &one.constraint());
    let mut name = "not known";
    for limit in one.limits() {
        fact(text, name, &format!("- {limit}"));
        name = "";
    }
}

fn vantage(one: &Conversation) -> String {
    let roles = ["client", "server"];
    match one.vantage() {
        Vantage::At(end, Evidence::Ttl) => format!(
            "at the {}, or beside it: its packets have passed no router",
            roles[end]
        ),
        Vantage::At(end, Evidence::RoundTrip) => format!(
            "at or near the {}: it answers within a tenth of the round trip",
            roles[end]
        ),
        Vantage::At(end, Evidence::Relay) => {
            let relay = one.relay().map_or_else(String::new, |relay| {
                format!(
                    ": data is acknowledged within {}, and the way takes {}",
                    spoken(relay.acknowledges),
                    spoken(relay.way)
                )
            });
            format!(
                "at or near the {}; something beside it, a NAT or a proxy, answers for the {}{relay}",
                roles[end],
                roles[1 - end]
            )
        }
        Vantage::Both => "where both ends are: no packet has passed a router".to_owned(),
        Vantage::Between => "somewhere between client and server".to_owned(),
        Vantage::Unknown => "nothing tells where".to_owned(),
    }
}

fn handshake(one: &Conversation) -> String {
    let shake = one.handshake();
    let mut said = match (shake.round_trip(), shake.to_server(), shake.to_client()) {
        (Some(whole), Some(server), Some(client)) => format!(
            "{} ({} to the server and back, {} to the client and back)",
            spoken(whole),
            spoken(server),
            spoken(client)
        ),
        (None, Some(server), _) => format!(
            "{} to the server and back; the client's ACK was not captured",
            spoken(server)
        ),
        _ if shake.syns > 0 => "a SYN, and no SYN-ACK".to_owned(),
        _ => "not captured".to_owned(),
    };
    for (count, name) in [(shake.syns, "SYN"), (shake.syn_acks, "SYN-ACK")] {
        if count > 1 {
            write!(said, "; {count} {name}s").expect("a string takes every text");
        }
    }
    said
}

fn round_trips(end: &str, trip: &Spread) -> String {
    format!(
        "to the {end}: {} at least, {} in the middle, {} at most, of {}",
        spoken(trip.min),
        spoken(trip.median),
        spoken(trip.max),
        grouped(trip.count as u64)
    )
}

/// Who closed it, and how.
fn ending(one: &Conversation) -> String {
    let senders = |flag: TcpFlags| {
        let sent = |end: usize| {
            let mut own = one.seen.iter().filter(|seen| seen.from == end);
            own.any(|seen| seen.segment.flags.any(flag))
        };
        match [sent(0), sent(1)] {
            [true, true] => Some("both ends"),
            [true, false] => Some("the client"),
            [false, true] => Some("the server"),
            [false, false] => None,
        }
    };
    let finished = senders(TcpFlags::FIN).map(|who| format!("FIN of {who}"));
    let reset = senders(TcpFlags::RST).map(|who| format!("RST of {who}"));
    match (finished, reset) {
        (None, None) => "not captured".to_owned(),
        (finished, reset) => {
            let told: Vec<_> = finished.into_iter().chain(reset).collect();
            format!("by {}", told.join(", and by "))
        }
    }
}

/// What was sent again, by mechanism.
fn again(one: &Conversation) -> String {
    let kinds = Kind::ALL.into_iter().map(|kind| (kind, one.again(kind)));
    let kinds: Vec<_> = kinds
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let needless = match one.needless() {
        0 => String::new(),
        count => format!("; {count} of them needless"),
    };
    if kinds.is_empty() {
        return "nothing".to_owned();
    }
    kinds.join(", ") + &needless
}

/// What Wireshark flags.
fn flags(one: &Conversation) -> String {
    let flags = Flag::ALL.into_iter().map(|flag| (flag, one.count(flag)));
    let flags: Vec<_> = flags
        .filter(|(_, count)| *count > 0)
        .map(|(flag, count)| format!("{count} {}", flag.key()))
        .collect();
    if flags.is_empty() {
        return "nothing".to_owned();
    }
    flags.join(", ")
}

fn account(text: &mut String, one: &Conversation) {
    let account = one.account();
    let total = account.total();
    let spent = Spent::ALL
        .into_iter()
        .map(|class| (class, account.of(class)));
    let mut name = "time";
    for (class, span) in spent.filter(|(_, span)| !span.is_zero()) {
        line(text, name, span, total, &class.to_string());
        name = "";
    }
    if account.spent.len() != 1 {
        line(text, name, total, total, "in all");
    }
}

fn line(text: &mut String, name: &str, span: Span, total: Span, words: &str) {
    let line = format!(
        "  {name:<width$}{:>9}  {:>5}  {words}",
        spoken(span),
        percent(span, total),
        width = INDENT - 2
    );
    text.push_str(line.trim_end());
    text.push('\n');
}

/// A name and what there is to say, wrapped beside it.
fn fact(text: &mut String, name: &str, said: &str) {
    for (number, words) in wrapped(said, WIDTH - INDENT).iter().enumerate() {
        let name = if number == 0 { name } else { "" };
        writeln!(text, "  {name:<width$}{words}", width = INDENT - 2)
            .expect("a string takes every text");
    }
}

fn paragraph(text: &mut String, indent: usize, said: &str) {
    for words in wrapped(said, WIDTH - indent) {
        writeln!(text, "{:indent$}{words}", "").expect("a string takes every text");
    }
}
