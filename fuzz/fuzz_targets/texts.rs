//! See `tests/fuzz/texts.rs`, which ordinary tests run too.
#![no_main]

#[path = "../../tests/fuzz/texts.rs"]
mod texts;

libfuzzer_sys::fuzz_target!(|data: &[u8]| texts::run(data));
