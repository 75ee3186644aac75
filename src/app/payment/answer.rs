//! What the server answers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LINK};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

use crate::app::ledger::Stored;

/// Where the service documents its keys, as the draft asks for in answers that refuse one.
const DOCUMENTATION: &str = "<http://server.test/idempotency>; rel=\"describedby\"";

/// A status and a body; all else in an answer follows from the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    /// Whether it was stored before.
    pub(super) stored: bool,
}

impl Answer {
    /// Something was done or read.
    pub(super) const fn new(status: StatusCode, body: Vec<u8>) -> Self {
        Self {
            status,
            body,
            stored: false,
        }
    }

    /// The answer to the first request with the same key, as it is stored.
    pub(super) fn replayed(stored: Stored) -> Self {
        Self {
            status: StatusCode::from_u16(stored.status)
                .expect("it was a status when it was stored"),
            body: stored.answer,
            stored: true,
        }
    }

    /// A refusal in the form of RFC 9457.
    fn problem(status: StatusCode, title: &str, detail: &str) -> Self {
        let body = serde_json::json!({
            "type": "http://server.test/idempotency",
            "title": title,
            "detail": detail,
        });
        Self::new(status, body.to_string().into_bytes())
    }

    /// The operation demands a key, and there is none.
    pub(super) fn missing_key() -> Self {
        Self::problem(
            StatusCode::BAD_REQUEST,
            "Idempotency-Key is missing",
            "This operation is idempotent and it requires correct usage of Idempotency Key.",
        )
    }

    /// The key belongs to a request with another body.
    pub(super) fn reused_key() -> Self {
        Self::problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Idempotency-Key is already used",
            "This operation is idempotent and it requires correct usage of Idempotency Key. \
             Idempotency Key MUST not be reused across different payloads of this operation.",
        )
    }

    /// The first request with the key is under way.
    pub(super) fn in_progress() -> Self {
        Self::problem(
            StatusCode::CONFLICT,
            "A request is outstanding for this Idempotency-Key",
            "A request with the same Idempotency-Key for the same operation is being processed or is outstanding.",
        )
    }

    /// The body is not a charge.
    pub(super) fn malformed() -> Self {
        Self::problem(
            StatusCode::BAD_REQUEST,
            "The body is not a charge",
            "Write for example amount=50.",
        )
    }

    /// The ledger stayed locked.
    pub(super) fn locked() -> Self {
        Self::problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "The ledger is locked",
            "Nothing was charged. Try again with the same Idempotency-Key.",
        )
    }

    /// No such resource, or not with this method.
    pub(super) const fn unknown(status: StatusCode) -> Self {
        Self::new(status, Vec::new())
    }

    /// As it goes on the wire. Nothing in it depends on when or on which connection it is sent, so an answer that
    /// is sent again is the same byte for byte.
    pub(super) fn response(self) -> Response<Full<Bytes>> {
        let kind = if self.status.is_success() {
            "application/json"
        } else {
            "application/problem+json"
        };
        let has_body = !self.body.is_empty();
        let is_problem = has_body && !self.status.is_success();
        let mut response = Response::new(Full::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if is_problem {
            headers.insert(LINK, HeaderValue::from_static(DOCUMENTATION));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_problems_and_say_where_keys_are_explained() {
        for answer in [
            Answer::missing_key(),
            Answer::reused_key(),
            Answer::in_progress(),
        ] {
            let response = answer.response();
            assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
            assert!(response.headers().contains_key(LINK));
        }
    }

    #[test]
    fn a_stored_answer_is_the_first_one_again() {
        let first = Answer::new(StatusCode::CREATED, b"{}".to_vec());
        let again = Answer::replayed(Stored {
            request: Vec::new(),
            status: 201,
            answer: first.body.clone(),
        });
        assert!(again.stored);
        assert_eq!(again.status, first.status);
        assert_eq!(again.body, first.body);
    }
}
