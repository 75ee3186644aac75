//! The account of time: every nanosecond of a page, and of each of its objects, in exactly one [`Class`].

mod arrival;
mod class;
mod flight;
mod hold;
mod line;
mod page;
mod single;
mod stream;
mod trail;
mod walk;

use std::collections::BTreeMap;

pub use class::Class;
pub use page::{ObjectAccount, PageAccount, Window};

use crate::event::RequestId;
use crate::units::{SimTime, Span};
use crate::wire::FrameId;

/// A stretch of time that was spent on one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// When it begins.
    pub from: SimTime,
    /// When it ends.
    pub until: SimTime,
    /// What it was spent on.
    pub class: Class,
    /// The frame that was on its way, that was waited for, or whose loss was repaired.
    pub frame: Option<FrameId>,
    /// The request on whose behalf it was spent: with a wait for somebody else, that one's.
    pub request: Option<RequestId>,
    /// The stream of HTTP/2 or QUIC whose bytes were missing.
    pub stream: Option<u64>,
}

/// Where the time from one moment to another went: slices without gaps, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    slices: Vec<Slice>,
}

impl Slice {
    /// How long it is.
    pub fn span(&self) -> Span {
        self.until - self.from
    }
}

impl Account {
    /// An account of these slices. Empty ones are left out, and neighbours that say the same are joined.
    ///
    /// # Panics
    /// If a slice does not begin where the one before it ends.
    pub fn new(slices: impl IntoIterator<Item = Slice>) -> Self {
        let mut account = Self::default();
        for slice in slices {
            account.push(slice);
        }
        account
    }

    fn push(&mut self, slice: Slice) {
        let Some(last) = self.slices.last_mut() else {
            self.slices
                .extend((slice.from < slice.until).then_some(slice));
            return;
        };
        assert_eq!(last.until, slice.from, "an account has no gaps");
        let same = Slice {
            from: last.from,
            until: last.until,
            ..slice
        };
        if *last == same {
            last.until = slice.until;
        } else if slice.from < slice.until {
            self.slices.push(slice);
        }
    }

    /// The slices.
    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }

    /// All of them together.
    pub fn total(&self) -> Span {
        self.slices.iter().map(Slice::span).sum()
    }

    /// How much was spent on each class that anything was spent on.
    pub fn by_class(&self) -> BTreeMap<Class, Span> {
        let mut spans = BTreeMap::new();
        for slice in &self.slices {
            *spans.entry(slice.class).or_default() += slice.span();
        }
        spans
    }

    /// How much was spent on a class.
    pub fn of(&self, class: Class) -> Span {
        let slices = self.slices.iter().filter(|slice| slice.class == class);
        slices.map(Slice::span).sum()
    }

    /// Class -> ms, as results have it.
    pub fn millis(&self) -> BTreeMap<String, f64> {
        let spans = self.by_class().into_iter();
        spans
            .map(|(class, span)| (class.key().to_owned(), span.as_millis_f64()))
            .collect()
    }
}
