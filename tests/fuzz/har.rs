//! HTTP archives: any bytes are pages, or refused with their place; pages can be written as scenario files, and read.

use wirelab::scenario;

/// Nobody panics.
pub(super) fn run(data: &[u8]) {
    for page in scenario::pages(data, "fuzz").into_iter().flatten() {
        let text = page.to_toml();
        let again = scenario::read(&text, "fuzz.toml");
        assert!(again.is_ok(), "{again:?} of\n{text}");
    }
}
