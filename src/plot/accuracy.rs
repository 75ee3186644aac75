//! The estimates against Linux.

use super::figure::Figure;
use crate::measure::accuracy::Accuracy;

/// Draws every time of the comparison.
pub fn accuracy(_accuracy: &Accuracy) -> Figure {
    Figure::new("The lab against Linux")
}
