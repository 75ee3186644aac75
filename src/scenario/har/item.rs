//! A request of a page as the replay needs it: times from the page's beginning, sizes on the wire.

use super::read::{Entry, Sizes, Timing, Timings};
use super::url::Url;
use crate::app::browser::Version;

/// What an object is to those that depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Document,
    Style,
    Script,
    Data,
    Other,
}

/// A request that is replayed. Times are in ms from the page's beginning.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) url: Url,
    pub(super) kind: Kind,
    pub(super) start: f64,
    /// Time in which it waited for a connection, or for the browser.
    pub(super) blocked: f64,
    pub(super) dns: Option<f64>,
    /// Time in which its connection was opened, TLS left out.
    pub(super) connect: Option<f64>,
    pub(super) ssl: Option<f64>,
    /// From the request's first byte to the answer's first.
    pub(super) wait: f64,
    pub(super) receive: f64,
    /// Whether the archive says that its connection was there before.
    pub(super) reused: bool,
    pub(super) version: Option<Version>,
    /// Body and head of the answer, in bytes.
    pub(super) bytes: u64,
    /// Bytes of the request besides what every request has.
    pub(super) request: usize,
    /// Chromium's priority: 0 is low.
    pub(super) priority: u8,
    /// Whether the first layout waits for it.
    pub(super) blocking: bool,
    pub(super) connection: Option<String>,
    pub(super) address: Option<String>,
    pub(super) redirect: String,
    pub(super) initiators: Vec<String>,
    pub(super) text: Option<String>,
    /// Whether any of its phases is known.
    pub(super) timed: bool,
}

impl Item {
    /// The entry at so many ms before which the page began.
    pub(super) fn of(entry: &Entry, url: Url, beginning: f64, chromium: bool) -> Self {
        let phases = Phases::of(entry);
        let mut initiators = entry.initiators.clone();
        initiators.extend(entry.referer.clone());
        let kind = kind(entry, &url);
        let priority = priority(entry, kind, chromium);
        Self {
            kind,
            start: entry.start - beginning,
            blocked: phases.blocked,
            dns: phases.dns,
            connect: phases.connect,
            ssl: phases.ssl,
            wait: phases.wait,
            receive: phases.receive,
            reused: entry.timings.connect == Timing::Not,
            version: version(entry),
            bytes: bytes(&entry.sizes, entry.status),
            request: request(&entry.sizes, &url),
            blocking: chromium && priority == 2 && matches!(kind, Kind::Style | Kind::Script),
            priority,
            connection: entry.connection.clone(),
            address: entry.address.clone(),
            redirect: entry.redirect.clone(),
            initiators,
            text: entry.text.clone(),
            timed: phases.timed,
            url,
        }
    }

    /// When its request was sent.
    pub(super) fn sent(&self) -> f64 {
        let opening =
            self.dns.unwrap_or(0.0) + self.connect.unwrap_or(0.0) + self.ssl.unwrap_or(0.0);
        self.start + self.blocked + opening
    }

    /// When the answer's first byte was there.
    pub(super) fn answered(&self) -> f64 {
        self.sent() + self.wait
    }

    /// When its last byte was there.
    pub(super) fn end(&self) -> f64 {
        self.answered() + self.receive
    }
}

/// The phases of an entry, disentangled.
struct Phases {
    blocked: f64,
    dns: Option<f64>,
    connect: Option<f64>,
    ssl: Option<f64>,
    wait: f64,
    receive: f64,
    timed: bool,
}

/// Times below this are no lookup, but the way to a cache.
const CACHED_LOOKUP: f64 = 0.1;

impl Phases {
    fn of(entry: &Entry) -> Self {
        let Timings {
            blocked,
            dns,
            connect,
            ssl,
            send,
            wait,
            receive,
        } = entry.timings;
        let others = blocked.ms() + dns.ms() + send.ms() + wait.ms() + receive.ms();
        let inside = others + connect.ms();
        // HAR 1.2 counts TLS as a part of `connect`; some exporters do not, and their sum shows it.
        let apart = ssl.took().is_some_and(|ssl| {
            let outside = entry
                .time
                .is_some_and(|time| (time - inside - ssl).abs() + 1.0 < (time - inside).abs());
            outside || ssl > connect.ms()
        });
        let tcp = connect.took().map(|ms| match ssl.took() {
            Some(ssl) if !apart => (ms - ssl).max(0.0),
            _ => ms,
        });
        let sum = if apart { inside + ssl.ms() } else { inside };
        // What no phase explains was waited for: for the answer if nothing is said of that, else before.
        let rest = entry.time.map_or(0.0, |time| (time - sum).max(0.0));
        let waited = send.ms() + wait.ms();
        let (early, late) = if waited + receive.ms() > 0.0 {
            (rest, 0.0)
        } else {
            (0.0, rest)
        };
        Self {
            blocked: blocked.ms() + early,
            dns: dns.took().filter(|ms| *ms > CACHED_LOOKUP),
            connect: tcp.filter(|ms| *ms > 0.0 || ssl.ms() > 0.0),
            ssl: ssl.took().filter(|ms| *ms > 0.0),
            wait: waited + late,
            receive: receive.ms(),
            timed: sum > 0.0 || entry.time.is_some_and(|time| time > 0.0),
        }
    }
}

fn kind(entry: &Entry, url: &Url) -> Kind {
    let mime = entry.mime.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| mime.contains(word));
    let ends = |ending: &str| url.path.ends_with(ending);
    if has(&["javascript", "ecmascript"]) || ends(".js") || ends(".mjs") {
        Kind::Script
    } else if has(&["text/css"]) || ends(".css") {
        Kind::Style
    } else if has(&["html"]) {
        Kind::Document
    } else if has(&["json", "xml"]) && !has(&["svg"]) {
        Kind::Data
    } else {
        Kind::Other
    }
}

fn version(entry: &Entry) -> Option<Version> {
    let known = entry.versions.iter().find_map(|text| match text.as_str() {
        "h2" | "http/2" | "http/2.0" | "h2c" => Some(Version::Http2),
        "http/1.1" | "http/1.0" | "1.1" | "1.0" | "http/0.9" => Some(Version::Http1),
        text if text.starts_with("spdy") => Some(Version::Http2),
        text if text.starts_with("h3") || text.starts_with("http/3") || text.contains("quic") => {
            Some(Version::Http3)
        }
        _ => None,
    });
    known.or_else(|| entry.lowercase.then_some(Version::Http2))
}

/// What a head takes where nothing is said of it.
const HEAD: u64 = 300;

/// Bytes of an answer on the wire.
fn bytes(sizes: &Sizes, status: i64) -> u64 {
    let head = sizes.head.filter(|head| *head > 0).unwrap_or(HEAD);
    if let Some(transfer) = sizes.transfer.filter(|transfer| *transfer > 0) {
        // Some exporters count only what had come when they looked.
        let whole = sizes.length.filter(|_| status == 200).unwrap_or_default();
        return transfer.max(whole);
    }
    if matches!(status, 204 | 304) {
        return head;
    }
    let packed = sizes
        .content
        .map(|content| content.saturating_sub(sizes.compression.unwrap_or_default()));
    let body = sizes.body.filter(|body| *body > 0);
    let body = body.or(sizes.length).or(packed).unwrap_or_default();
    head + body
}

/// Bytes of a request besides what every request has, in steps, so that equal heads of HTTP/2 stay equal.
fn request(sizes: &Sizes, url: &Url) -> usize {
    const STEP: u64 = 64;
    const LINE: u64 = 26;
    let line = (url.whole.len() + url.host.len()) as u64 + LINE;
    let head = sizes.request_head.filter(|head| *head > 0);
    let head = head.unwrap_or(sizes.request_headers + line);
    let replayed = (url.tidy_path().len() + url.host.len()) as u64 + LINE;
    let more = (head + sizes.request_body.unwrap_or_default()).saturating_sub(replayed);
    let most = super::super::LONGEST_HEAD;
    usize::try_from((more / STEP * STEP).min(most)).unwrap_or_default()
}

/// The priority with which Chromium asks; other browsers hold nothing back.
fn priority(entry: &Entry, kind: Kind, chromium: bool) -> u8 {
    if !chromium {
        return 1;
    }
    let told = entry.priority.as_deref().map(str::to_ascii_lowercase);
    let is_image = entry.mime.starts_with("image/");
    match told.as_deref() {
        // What is told is the last one: images begin low, whatever they become once they are in view.
        _ if is_image && told.as_deref() != Some("medium") => 0,
        Some("veryhigh" | "highest" | "high") => 2,
        Some("low" | "verylow" | "lowest" | "idle") => 0,
        Some(_) => 1,
        None => match kind {
            Kind::Other => 1,
            _ => 2,
        },
    }
}
