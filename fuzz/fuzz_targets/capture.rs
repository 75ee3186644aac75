//! See `tests/fuzz/capture.rs`, which ordinary tests run too.
#![no_main]

#[path = "../../tests/fuzz/capture.rs"]
mod capture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| capture::run(data));
