//! How the times of many runs spread while one knob is turned.

use super::{Distribution, Scale};

/// A distribution for each value of a knob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bands {
    /// The knob and its values.
    pub scale: Scale,
    /// The times with each value; nothing where no run came to an end.
    pub times: Vec<Option<Distribution>>,
}
