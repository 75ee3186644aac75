//! A body that is mostly there for its length.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A body of so many bytes, most often all the same. Its length is known before, so HTTP/1.1 sends it with `Content-Length`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filler {
    /// What it begins with.
    text: Bytes,
    /// How many bytes follow.
    left: u64,
}

impl Filler {
    /// A body of `length` bytes.
    pub const fn new(length: u64) -> Self {
        let text = Bytes::new();
        Self { text, left: length }
    }

    /// The lengths of the pieces in which a body of `length` bytes is given to HTTP.
    pub fn pieces(length: u64) -> impl Iterator<Item = u64> {
        let longest = PIECE.len() as u64;
        let whole = std::iter::repeat_n(longest, usize::try_from(length / longest).unwrap_or(0));
        let rest = length % longest;
        whole.chain((rest > 0).then_some(rest))
    }
}

impl From<Bytes> for Filler {
    fn from(text: Bytes) -> Self {
        Self { text, left: 0 }
    }
}

/// What a long body is made of, piece by piece.
static PIECE: [u8; 16_384] = [b'.'; 16_384];

impl Body for Filler {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if !self.text.is_empty() {
            let length = self.text.len().min(PIECE.len());
            return Poll::Ready(Some(Ok(Frame::data(self.text.split_to(length)))));
        }
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let piece = usize::try_from(self.left).map_or(PIECE.len(), |left| left.min(PIECE.len()));
        self.left -= piece as u64;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&PIECE[..piece])))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.text.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left + self.text.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use http_body_util::BodyExt;

    #[test]
    fn a_filler_is_as_long_as_it_says() {
        for length in [0, 1, 16_384, 16_385, 100_000] {
            let body = Filler::new(length);
            assert_eq!(body.size_hint().exact(), Some(length));
            assert_eq!(Filler::pieces(length).sum::<u64>(), length);
            let collected = body.collect().now_or_never().expect("a filler never waits");
            assert_eq!(
                collected.expect("a filler cannot fail").to_bytes().len() as u64,
                length
            );
        }
    }
}
