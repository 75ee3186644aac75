//! The account of time as the page draws it: the slices of the page and of each of its objects.

use serde::{Serialize, Serializer};

use super::frames::Numbers;
use crate::measure::account::{Account, PageAccount, Slice};

/// Objects whose slices are embedded; a page with more says so.
const OBJECTS: usize = 2_000;

/// Where the time went.
#[derive(Debug, Default, Serialize)]
pub(super) struct Time {
    /// Slices of the page.
    page: Vec<Piece>,
    /// Its objects, in the order in which they were wanted.
    objects: Vec<Row>,
    /// How many objects are left out.
    left_out: usize,
}

/// An object.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    request: u32,
    slices: Vec<Piece>,
}

/// A slice: from, how long (ns), class key, frame (its position on the page, or -1), stream.
#[derive(Debug)]
struct Piece {
    from: u64,
    span: u64,
    class: &'static str,
    frame: i64,
    stream: Option<u64>,
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            from,
            span,
            class,
            frame,
            stream,
        } = self;
        match stream {
            Some(stream) => (from, span, class, frame, stream).serialize(serializer),
            None => (from, span, class, frame).serialize(serializer),
        }
    }
}

impl Time {
    /// The account, with frames by their positions on the page.
    pub(super) fn of(account: &PageAccount, numbers: &Numbers) -> Self {
        let pieces = |account: &Account| {
            let slices = account.slices().iter();
            slices.map(|slice| piece(slice, numbers)).collect()
        };
        let mut objects: Vec<_> = account.objects.iter().collect();
        objects.sort_by_key(|object| {
            let first = object.account.slices().first();
            (first.map(|slice| slice.from), object.request)
        });
        let rows = objects.iter().take(OBJECTS).map(|object| Row {
            name: object.name.clone(),
            request: object.request.0,
            slices: pieces(&object.account),
        });
        Self {
            page: pieces(&account.page),
            objects: rows.collect(),
            left_out: objects.len().saturating_sub(OBJECTS),
        }
    }
}

fn piece(slice: &Slice, numbers: &Numbers) -> Piece {
    Piece {
        from: slice.from.as_nanos(),
        span: slice.span().as_nanos(),
        class: slice.class.key(),
        frame: slice.frame.map_or(-1, |frame| numbers.of(frame)),
        stream: slice.stream,
    }
}
