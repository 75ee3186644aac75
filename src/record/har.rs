//! HAR 1.2, the HTTP archive that browsers write and waterfall viewers read.
//!
//! The format only: what is in an archive is [`crate::measure::har`]'s. Times are milliseconds; -1 says that a step does
//! not apply. Fields of our own begin with `_`, as the format asks.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::units::{EPOCH, SimTime};

/// An archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Har {
    /// Its one part.
    pub log: Log,
}

/// Pages and their requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    /// `1.2`.
    pub version: String,
    /// What made it.
    pub creator: Creator,
    /// The pages.
    pub pages: Vec<Page>,
    /// The requests, in the order in which they were wanted.
    pub entries: Vec<Entry>,
    /// How to run it again, and what was left out.
    pub comment: String,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creator {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A page: the requests of one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// When it begins, in ISO 8601.
    pub started_date_time: String,
    /// What its entries call it.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Its moments.
    pub page_timings: PageTimings,
}

/// Moments of a page, counted from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageTimings {
    /// When its document was there; -1, since the lab's pages have none.
    pub on_content_load: f64,
    /// When it was there. What it did not wait for may be over later.
    pub on_load: f64,
}

/// A request with its response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The page that it belongs to.
    pub pageref: String,
    /// When it was wanted, in ISO 8601.
    pub started_date_time: String,
    /// How long it took: its timings together, without `ssl` and those that do not apply.
    pub time: f64,
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
    /// Whether a cache was asked: never.
    pub cache: BTreeMap<String, String>,
    /// Its steps.
    pub timings: Timings,
    /// The server's address, if a connection was tried.
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    pub server_ip_address: Option<String>,
    /// The client's end of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// What the client was told instead of an answer.
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The client's socket, as the recording names it.
    #[serde(rename = "_socket", skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// The stream of HTTP/2 or QUIC.
    #[serde(rename = "_stream", skip_serializing_if = "Option::is_none")]
    pub stream: Option<u64>,
    /// The frames that carried it.
    #[serde(rename = "_frames", skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,
    /// Class of time -> ms.
    #[serde(rename = "_account")]
    pub account: BTreeMap<String, f64>,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// For example `GET`.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// `HTTP/1.1`, `h2`, `h3`, or `unknown` where no connection came about.
    pub http_version: String,
    /// None that the recording knows.
    pub cookies: Vec<Named>,
    /// None that the recording knows.
    pub headers: Vec<Named>,
    /// The parts of the URL after `?`.
    pub query_string: Vec<Named>,
    /// Length of the header in bytes; -1 if it is not known.
    pub headers_size: i64,
    /// Length of the body in bytes; -1 if it is not known.
    pub body_size: i64,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The status code (RFC 9110), or 0 if there was no answer.
    pub status: u16,
    /// The reason that goes with it.
    pub status_text: String,
    /// As in the request.
    pub http_version: String,
    /// None that the recording knows.
    pub cookies: Vec<Named>,
    /// None that the recording knows.
    pub headers: Vec<Named>,
    /// The body, of which only the length is known.
    pub content: Content,
    /// Where the answer points to: nowhere.
    #[serde(rename = "redirectURL")]
    pub redirect_url: String,
    /// Length of the header in bytes; -1 if it is not known.
    pub headers_size: i64,
    /// Length of the body in bytes; -1 if there was no answer.
    pub body_size: i64,
}

/// A body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Its length in bytes.
    pub size: u64,
    /// What it is.
    pub mime_type: String,
}

/// A header field, a cookie, or a part of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The steps of a request in ms; -1 if one does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Waiting for a connection.
    pub blocked: f64,
    /// Looking up the name.
    pub dns: f64,
    /// Opening the connection, TLS included.
    pub connect: f64,
    /// The part of it that is TLS.
    pub ssl: f64,
    /// Giving the request to the socket.
    pub send: f64,
    /// Waiting for the first byte.
    pub wait: f64,
    /// From there to the last.
    pub receive: f64,
}

/// Where a request is in the captures. The numbers are those of Wireshark, counted from 1 in the client's file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frames {
    /// First and last frame of the request.
    pub request: Option<(usize, usize)>,
    /// First and last frame of the response.
    pub response: Option<(usize, usize)>,
    /// Frames that were sent again, and came or left here.
    pub retransmitted: Vec<usize>,
    /// Frames that did not arrive, in the sender's file.
    pub lost: Vec<Lost>,
}

/// A frame that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The host that sent it, whose capture has it.
    pub host: String,
    /// Its number there.
    pub frame: usize,
}

impl Har {
    /// Writes the file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// A moment in ISO 8601, to the microsecond: `2026-01-01T00:00:00.150000Z`.
pub fn iso8601(at: SimTime) -> String {
    let ns = EPOCH.as_nanos() + at.as_nanos();
    let (seconds, micros) = (ns / 1_000_000_000, ns / 1_000 % 1_000_000);
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Year, month and day, so many days after 1970-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut rest) = (1970, days);
    while rest >= 365 + u64::from(is_leap(year)) {
        rest -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn moments_are_dates_also_after_days() {
        let at = |span| iso8601(SimTime::ZERO + span);
        assert_eq!(at(Span::ZERO), "2026-01-01T00:00:00.000000Z");
        assert_eq!(
            at(Span::from_micros(150_012)),
            "2026-01-01T00:00:00.150012Z"
        );
        let day = |days: u64| at(Span::from_secs(days * 86_400 + 86_399));
        assert_eq!(day(30), "2026-01-31T23:59:59.000000Z");
        assert_eq!(day(31 + 28), "2026-03-01T23:59:59.000000Z");
        assert_eq!(day(365 + 365 + 59), "2028-02-29T23:59:59.000000Z");
        assert_eq!(day(364), "2026-12-31T23:59:59.000000Z");
    }
}
