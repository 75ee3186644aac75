//! One line per frame.
