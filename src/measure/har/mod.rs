//! A recording as an HTTP archive: pages, requests with their steps, and the frames that carried them.
//!
//! The recording knows no header fields, so there are none; the lengths of HTTP/1.1's headers follow from the bytes of
//! each message, those of HTTP/2 and HTTP/3, which are compressed, are unknown.

use std::collections::BTreeMap;

use super::page::Page;
use super::phases::Phases;
use super::{Exchange, QuicCarriers};
use crate::event::{ByteRange, Layer};
use crate::record::har::{
    Content, Creator, Entry, Har, Log, Named, PageTimings, Request, Response, Timings, iso8601,
};
use crate::record::{Index, Recording, har};
use crate::units::Span;

mod frames;

use frames::Carriage;

/// The most requests that an archive has.
pub const MOST_REQUESTS: usize = 5_000;

/// The archive of a recording with these pages; nothing if there are none.
pub fn archive(recording: &Recording, pages: &[Page]) -> Option<Har> {
    if pages.is_empty() {
        return None;
    }
    let index = Index::of(recording);
    let carriers = QuicCarriers::of(recording);
    let teller = Teller {
        carriage: Carriage::of(&index, &carriers),
        index: &index,
    };
    let mut all: Vec<_> = pages
        .iter()
        .flat_map(|page| {
            let parts = page.exchanges.iter().zip(&page.carriers);
            parts.map(move |(exchange, carrier)| (page, exchange, carrier.version))
        })
        .collect();
    all.sort_by_key(|(_, exchange, _)| (exchange.wanted, exchange.request));
    let entries: Vec<_> = all
        .iter()
        .take(MOST_REQUESTS)
        .map(|(page, exchange, version)| teller.entry(page, exchange, version))
        .collect();
    let mut comment = recording.run.command();
    if entries.len() < all.len() {
        comment = format!(
            "{comment}; the first {} of {} requests, the others are left out",
            entries.len(),
            all.len()
        );
    }
    Some(Har {
        log: Log {
            version: "1.2".to_owned(),
            creator: Creator {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            pages: pages.iter().map(|page| page_of(recording, page)).collect(),
            entries,
            comment,
        },
    })
}

fn page_of(recording: &Recording, page: &Page) -> har::Page {
    let run = &recording.run;
    har::Page {
        started_date_time: iso8601(page.window.from),
        id: page.name.clone(),
        title: format!("{}/{}: {}", run.case, run.variant, page.name),
        page_timings: PageTimings {
            on_content_load: -1.0,
            on_load: (page.window.until - page.window.from).as_millis_f64(),
        },
    }
}

/// What entries are told from.
struct Teller<'a> {
    index: &'a Index<'a>,
    carriage: Carriage<'a>,
}

impl Teller<'_> {
    fn entry(&self, page: &Page, exchange: &Exchange, version: &str) -> Entry {
        let end = self.index.recording().end();
        let phases = Phases::of(exchange, end);
        let account = page.account_of(exchange.request);
        let (local, remote) = self.ends(exchange);
        let unfinished = exchange.ended.is_none();
        let unfinished = unfinished.then(|| "not over when the recording ended".to_owned());
        Entry {
            pageref: page.name.clone(),
            started_date_time: iso8601(exchange.wanted),
            time: phases.total().as_millis_f64(),
            request: request(exchange, version),
            response: response(exchange, version),
            cache: BTreeMap::new(),
            timings: timings(&phases),
            server_ip_address: remote,
            connection: local,
            error: exchange.error.clone().or(unfinished),
            socket: exchange.socket.map(|socket| socket.to_string()),
            stream: exchange.stream(),
            frames: self.carriage.frames(exchange),
            account: account
                .map(|object| object.account.millis())
                .unwrap_or_default(),
        }
    }

    /// The client's end of the connection, and the server's address.
    fn ends(&self, exchange: &Exchange) -> (Option<String>, Option<String>) {
        let story = exchange.socket.and_then(|socket| self.index.socket(socket));
        let connection = story.and_then(|story| story.connection);
        let remote = connection
            .filter(|connection| connection.tcp)
            .map(|connection| *connection.remote.ip())
            .or_else(|| {
                let server = self.index.host(exchange.server?)?;
                server.addresses.first().copied()
            });
        (
            connection.map(|connection| connection.local.to_string()),
            remote.map(|address| address.to_string()),
        )
    }
}

fn request(exchange: &Exchange, version: &str) -> Request {
    let query = exchange.url.split_once('?').map_or("", |(_, query)| query);
    let is_bare = matches!(exchange.method.as_str(), "GET" | "HEAD");
    let headers = (version == "HTTP/1.1" && is_bare).then(|| length(&exchange.sent));
    Request {
        method: exchange.method.clone(),
        url: exchange.url.clone(),
        http_version: version.to_owned(),
        cookies: Vec::new(),
        headers: Vec::new(),
        query_string: query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(named)
            .collect(),
        headers_size: headers.flatten().unwrap_or(-1),
        body_size: if is_bare { 0 } else { -1 },
    }
}

fn response(exchange: &Exchange, version: &str) -> Response {
    let is_answer = exchange.status != 0;
    let body = i64::try_from(exchange.body).unwrap_or(-1);
    let whole = (version == "HTTP/1.1" && is_answer).then(|| length(&exchange.response));
    let headers = whole
        .flatten()
        .map(|whole| whole - body)
        .filter(|headers| *headers > 0);
    let reason = http::StatusCode::from_u16(exchange.status).ok();
    Response {
        status: exchange.status,
        status_text: reason
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default()
            .to_owned(),
        http_version: version.to_owned(),
        cookies: Vec::new(),
        headers: Vec::new(),
        content: Content {
            size: exchange.body,
            mime_type: "x-unknown".to_owned(),
        },
        redirect_url: String::new(),
        headers_size: headers.unwrap_or(-1),
        body_size: if is_answer { body } else { -1 },
    }
}

/// Length of a message, as the innermost layer that has it counts.
fn length(ranges: &BTreeMap<Layer, ByteRange>) -> Option<i64> {
    let range = ranges
        .get(&Layer::Tls)
        .or_else(|| ranges.get(&Layer::Transport))?;
    i64::try_from(range.end - range.start).ok()
}

fn named(part: &str) -> Named {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    Named {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn timings(phases: &Phases) -> Timings {
    let or_none = |span: Option<Span>| span.map_or(-1.0, Span::as_millis_f64);
    Timings {
        blocked: or_none(phases.blocked),
        dns: or_none(phases.dns),
        connect: or_none(phases.connect),
        ssl: or_none(phases.ssl),
        send: phases.send.as_millis_f64(),
        wait: phases.wait.as_millis_f64(),
        receive: phases.receive.as_millis_f64(),
    }
}
