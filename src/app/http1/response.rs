//! Reading responses, one after another, out of a stream.
//!
//! Strict: a response has a `Content-Length` and nothing that would change its framing (RFC 9112 section 6.3).

use std::io;

/// More headers than a server of the lab sends.
const HEADERS: usize = 32;

/// The head of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Status code.
    pub(super) status: u16,
    /// Length of the head in bytes, the empty line included.
    pub(super) length: usize,
    /// Length of the body that follows, in bytes.
    pub(super) body: u64,
}

/// Why a stream does not hold a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ResponseError {
    /// No status line or header field.
    #[error("the response is malformed: {0}")]
    Malformed(#[from] httparse::Error),
    /// Not HTTP/1.1.
    #[error("the response is of HTTP/1.{0}; pipelining needs HTTP/1.1")]
    Version(u8),
    /// The end of the body is not known before.
    #[error("the response has no valid Content-Length")]
    Length,
    /// The framing is one that this reader does not know.
    #[error("the response has a Transfer-Encoding")]
    Encoding,
}

impl From<ResponseError> for io::Error {
    fn from(error: ResponseError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

impl Head {
    /// The head at the beginning of `bytes`, or `None` while it is incomplete.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, ResponseError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(bytes)? else {
            return Ok(None);
        };
        match response.version {
            Some(1) => {}
            version => return Err(ResponseError::Version(version.unwrap_or_default())),
        }
        let body = content_length(response.headers)?;
        let status = response.code.expect("a complete head has a status");
        Ok(Some(Self {
            status,
            length,
            body,
        }))
    }
}

/// The one `Content-Length`; several are refused even if they agree.
fn content_length(headers: &[httparse::Header<'_>]) -> Result<u64, ResponseError> {
    let values = |name: &'static str| {
        headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value)
    };
    if values("transfer-encoding").next().is_some() {
        return Err(ResponseError::Encoding);
    }
    let mut lengths = values("content-length");
    match (lengths.next(), lengths.next()) {
        (Some(value), None) if value.iter().all(u8::is_ascii_digit) => std::str::from_utf8(value)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or(ResponseError::Length),
        _ => Err(ResponseError::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";

    #[test]
    fn a_head_ends_where_its_body_begins() {
        let text = [HEAD, b"hello".as_slice()].concat();
        let head = Head {
            status: 200,
            length: HEAD.len(),
            body: 5,
        };
        assert_eq!(Head::parse(&text), Ok(Some(head)));
    }

    #[test]
    fn every_beginning_of_a_head_is_incomplete() {
        for end in 0..HEAD.len() {
            assert_eq!(Head::parse(&HEAD[..end]), Ok(None), "{end} bytes");
        }
    }

    #[test]
    fn what_would_blur_the_end_of_a_body_is_refused() {
        let fields =
            |fields: &str| Head::parse(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes());
        for field in ["", "Content-Length: -1\r\n", "Content-Length: \r\n"] {
            assert_eq!(fields(field), Err(ResponseError::Length), "{field}");
        }
        let twice = "Content-Length: 5\r\nContent-Length: 5\r\n";
        assert_eq!(fields(twice), Err(ResponseError::Length));
        let chunked = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
        assert_eq!(fields(chunked), Err(ResponseError::Encoding));
    }

    #[test]
    fn an_older_version_is_refused() {
        let old = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(Head::parse(old), Err(ResponseError::Version(0)));
    }

    #[test]
    fn anything_else_is_malformed() {
        assert!(matches!(
            Head::parse(b"SSH-2.0-x\r\n\r\n"),
            Err(ResponseError::Malformed(_))
        ));
    }
}
