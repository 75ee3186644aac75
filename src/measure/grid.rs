//! Times of many runs of which two knobs differ.

use crate::units::Span;

/// A knob and the values that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The knob.
    pub knob: String,
    /// Its values, as people write them.
    pub values: Vec<String>,
}

/// One time for each pair of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The knob that differs from column to column.
    pub columns: Scale,
    /// The knob that differs from row to row; nothing if only one was turned.
    pub rows: Option<Scale>,
    /// The times, row by row.
    pub cells: Vec<Vec<Span>>,
}
