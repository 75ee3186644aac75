//! See `tests/fuzz/har.rs`, which ordinary tests run too.
#![no_main]

#[path = "../../tests/fuzz/har.rs"]
mod har;

libfuzzer_sys::fuzz_target!(|data: &[u8]| har::run(data));
