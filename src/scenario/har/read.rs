//! An HTTP archive as it is written: JSON, with whatever fields the exporter had.
//!
//! What is missing is `None`; what is there must be of its kind, and what no page can do without must be there.

use serde_json::Value;

use super::date;
use super::field::Field;

/// What is wrong with an archive, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HarError {
    /// Not JSON.
    #[error("{line}:{column}: this is no JSON: {message}; export the archive again")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the reader of JSON says.
        message: String,
    },
    /// Nothing at all.
    #[error("the file is empty; export the archive again")]
    Empty,
    /// A field that is needed is missing, or of another kind.
    #[error("{path}: {message}")]
    Field {
        /// The field, for example `log.entries[3].request.url`.
        path: String,
        /// What is wrong with it, and what to do.
        message: String,
    },
    /// Nothing in it can be replayed.
    #[error("log.entries: {0}")]
    Nothing(String),
}

/// An archive.
#[derive(Clone, Debug, Default)]
pub(super) struct Archive {
    /// What is said of the program that wrote it, and of the browser.
    pub(super) makers: String,
    pub(super) pages: Vec<PageInfo>,
    pub(super) entries: Vec<Entry>,
}

/// What an archive says of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct PageInfo {
    pub(super) id: String,
    pub(super) title: String,
    /// When it began, in ms since 1970.
    pub(super) start: Option<f64>,
    /// When its load event fired, in ms since its beginning.
    pub(super) load: Option<f64>,
}

/// A time that an archive gives, does not have, or says does not apply.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Timing {
    /// The field is missing.
    #[default]
    Missing,
    /// It is -1, or otherwise negative.
    Not,
    /// In ms.
    Took(f64),
}

/// A request and its response.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) pageref: Option<String>,
    /// When it was wanted, in ms since 1970.
    pub(super) start: f64,
    pub(super) time: Option<f64>,
    pub(super) url: String,
    pub(super) status: i64,
    /// What is said of the version of HTTP, by the response, the request and further fields.
    pub(super) versions: Vec<String>,
    pub(super) timings: Timings,
    pub(super) sizes: Sizes,
    pub(super) mime: String,
    pub(super) redirect: String,
    pub(super) initiators: Vec<String>,
    pub(super) referer: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) connection: Option<String>,
    pub(super) address: Option<String>,
    pub(super) cached: bool,
    pub(super) pushed: bool,
    /// Whether header names are written as HTTP/2 has them.
    pub(super) lowercase: bool,
    /// The body as a text.
    pub(super) text: Option<String>,
}

/// Phases of an entry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timings {
    pub(super) blocked: Timing,
    pub(super) dns: Timing,
    pub(super) connect: Timing,
    pub(super) ssl: Timing,
    pub(super) send: Timing,
    pub(super) wait: Timing,
    pub(super) receive: Timing,
}

/// Sizes in bytes, as far as they are known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    pub(super) request_head: Option<u64>,
    pub(super) request_headers: u64,
    pub(super) request_body: Option<u64>,
    pub(super) head: Option<u64>,
    pub(super) body: Option<u64>,
    pub(super) transfer: Option<u64>,
    pub(super) content: Option<u64>,
    pub(super) compression: Option<u64>,
    pub(super) length: Option<u64>,
}

impl Archive {
    /// Whether Chromium asked for it: it says so, or tells priorities in Chromium's words.
    pub(super) fn is_chromium(&self) -> bool {
        let words = ["chrom", "edge", "webinspector"];
        let says = words.iter().any(|word| self.makers.contains(word));
        says || self.entries.iter().any(|entry| entry.priority.is_some())
    }
}

impl Timing {
    /// The time, or none.
    pub(super) const fn ms(self) -> f64 {
        match self {
            Self::Took(ms) => ms,
            _ => 0.0,
        }
    }

    /// The time, if there is one.
    pub(super) const fn took(self) -> Option<f64> {
        match self {
            Self::Took(ms) => Some(ms),
            _ => None,
        }
    }
}

/// Reads an archive.
pub(super) fn archive(bytes: &[u8]) -> Result<Archive, HarError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(HarError::Empty);
    }
    let json: Value = serde_json::from_slice(bytes).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        HarError::Syntax {
            line: error.line(),
            // Behind a line that ended there is no column.
            column: error.column().max(1),
            message: message.to_owned(),
        }
    })?;
    let root = Field {
        path: String::new(),
        value: Some(&json),
    };
    let log = root.get("log");
    if log.value.is_none() {
        return Err(
            log.wrong("it is missing: an archive is an object with `log`, as HAR 1.2 has it")
        );
    }
    let entries = log.get("entries");
    if entries.value.is_none() {
        return Err(entries.wrong("it is missing: without requests there is nothing to replay"));
    }
    let pages = log.get("pages").items()?;
    let pages = pages.iter().map(page).collect::<Result<_, _>>()?;
    let entries = entries.items()?;
    let entries = entries.iter().map(entry).collect::<Result<_, _>>()?;
    let maker = |name: &str| log.get(name).get("name").word().unwrap_or_default();
    let makers = format!("{} {}", maker("creator"), maker("browser")).to_ascii_lowercase();
    Ok(Archive {
        makers,
        pages,
        entries,
    })
}

fn page(field: &Field<'_>) -> Result<PageInfo, HarError> {
    let load = field.get("pageTimings").get("onLoad").number()?;
    let start = field.get("startedDateTime");
    Ok(PageInfo {
        id: field.get("id").text()?.unwrap_or_default(),
        title: field.get("title").text()?.unwrap_or_default(),
        start: start.text()?.and_then(|text| date::millis(&text)),
        load: load.filter(|load| *load > 0.0),
    })
}

fn entry(field: &Field<'_>) -> Result<Entry, HarError> {
    let (request, response) = (field.get("request"), field.get("response"));
    let url = request.get("url");
    let url_text = url
        .text()?
        .ok_or_else(|| url.wrong("it is missing: a request without a URL cannot be replayed"))?;
    let started = field.get("startedDateTime");
    let start = started.text()?.and_then(|text| date::millis(&text)).ok_or_else(|| {
        started.wrong("a moment such as 2026-01-01T00:00:00.000Z is needed, since order and gaps come from it")
    })?;
    let time = field.get("time").number()?.filter(|time| *time >= 0.0);
    let mut versions = Vec::new();
    for version in [
        response.get("httpVersion"),
        request.get("httpVersion"),
        field.get("_protocol"),
    ] {
        versions.extend(version.text()?.map(|text| text.to_ascii_lowercase()));
    }
    Ok(Entry {
        pageref: field.get("pageref").word(),
        start,
        time,
        status: response.get("status").number()?.map_or(0, whole),
        versions,
        timings: timings(&field.get("timings"))?,
        sizes: sizes(&request, &response, field)?,
        mime: response
            .get("content")
            .get("mimeType")
            .word()
            .unwrap_or_default(),
        redirect: response.get("redirectURL").word().unwrap_or_default(),
        initiators: initiators(field),
        referer: header(&request, "referer"),
        priority: field
            .get("_priority")
            .word()
            .or_else(|| request.get("_priority").word()),
        connection: field
            .get("connection")
            .word()
            .or_else(|| field.get("_socket").word())
            .filter(|id| !id.is_empty()),
        address: field
            .get("serverIPAddress")
            .word()
            .or_else(|| field.get("_ip_addr").word()),
        cached: is_cached(field, &response),
        pushed: field.get("_was_pushed").is_on(),
        lowercase: is_lowercase(&response),
        text: response.get("content").get("text").word(),
        url: url_text,
    })
}

fn timings(field: &Field<'_>) -> Result<Timings, HarError> {
    let timing = |name| {
        let number = field.get(name).number()?;
        Ok(number.map_or(Timing::Missing, |ms| {
            if ms < 0.0 {
                Timing::Not
            } else {
                Timing::Took(ms)
            }
        }))
    };
    Ok(Timings {
        blocked: timing("blocked")?,
        dns: timing("dns")?,
        connect: timing("connect")?,
        ssl: timing("ssl")?,
        send: timing("send")?,
        wait: timing("wait")?,
        receive: timing("receive")?,
    })
}

/// A length that is longer is none, as with other sizes.
const MOST_BYTES: u64 = 1_000_000_000_000;

fn sizes(request: &Field<'_>, response: &Field<'_>, entry: &Field<'_>) -> Result<Sizes, HarError> {
    let content = response.get("content");
    let transfer = response.get("_transferSize").size()?;
    Ok(Sizes {
        request_head: request.get("headersSize").size()?,
        request_headers: headers(request)
            .map(|(name, value)| (name.len() + value.len() + 4) as u64)
            .sum(),
        request_body: request.get("bodySize").size()?,
        head: response.get("headersSize").size()?,
        body: response.get("bodySize").size()?,
        transfer: transfer.or(entry.get("_bytesIn").size()?),
        content: content.get("size").size()?,
        compression: content.get("compression").size()?,
        length: header(response, "content-length")
            .and_then(|text| text.trim().parse().ok())
            .filter(|length| *length < MOST_BYTES),
    })
}

/// The URLs of what asked for the entry, the nearest first.
fn initiators(field: &Field<'_>) -> Vec<String> {
    let mut urls = Vec::new();
    let initiator = field.get("_initiator");
    collect(&initiator, &mut urls, 0);
    let detail = field.get("_initiator_detail").word();
    if let Some(Ok(detail)) = detail.map(|text| serde_json::from_str::<Value>(&text)) {
        let detail = Field {
            path: String::new(),
            value: Some(&detail),
        };
        collect(&detail, &mut urls, 0);
    }
    for name in ["_initiator_url", "_initiatorUrl"] {
        urls.extend(field.get(name).word());
    }
    urls.retain(|url| !url.is_empty());
    urls
}

/// Stacks of scripts may be nested as deep as this.
const DEEPEST: usize = 32;

fn collect(field: &Field<'_>, urls: &mut Vec<String>, depth: usize) {
    match field.value {
        Some(Value::String(url)) => urls.push(url.clone()),
        Some(Value::Object(_)) if depth < DEEPEST => {
            let frames = field.get("callFrames").items().unwrap_or_default();
            urls.extend(frames.iter().filter_map(|frame| frame.get("url").word()));
            if let Some(Value::Object(_)) = field.get("stack").value {
                collect(&field.get("stack"), urls, depth + 1);
            }
            if let Some(Value::Object(_)) = field.get("parent").value {
                collect(&field.get("parent"), urls, depth + 1);
            }
            urls.extend(field.get("url").word());
        }
        _ => {}
    }
}

fn is_cached(entry: &Field<'_>, response: &Field<'_>) -> bool {
    let told = [
        "_fromCache",
        "_servedFromCache",
        "_fromDiskCache",
        "_cached",
        "fromCache",
    ];
    let is = |name: &&str| {
        let field = entry.get(name);
        field.is_on()
            || matches!(field.value, Some(Value::String(text)) if !text.is_empty() && text != "false")
    };
    told.iter().any(is) || response.get("_fetchedViaServiceWorker").is_on()
}

fn is_lowercase(response: &Field<'_>) -> bool {
    let mut names = headers(response).peekable();
    names.peek().is_some() && names.all(|(name, _)| !name.chars().any(char::is_uppercase))
}

fn headers<'v>(message: &Field<'v>) -> impl Iterator<Item = (&'v str, &'v str)> {
    let list = message.get("headers").value.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|header| {
        let text = |name| header.get(name).and_then(Value::as_str);
        Some((text("name")?, text("value").unwrap_or_default()))
    })
}

fn header(message: &Field<'_>, name: &str) -> Option<String> {
    let mut all = headers(message);
    let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.to_owned())
}

#[expect(clippy::cast_possible_truncation, reason = "a status has three digits")]
const fn whole(number: f64) -> i64 {
    number as i64
}
