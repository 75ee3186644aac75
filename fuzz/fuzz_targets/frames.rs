//! See `tests/fuzz/frames.rs`, which ordinary tests run too.
#![no_main]

#[path = "../../tests/fuzz/frames.rs"]
mod frames;

libfuzzer_sys::fuzz_target!(|data: &[u8]| frames::run(data));
