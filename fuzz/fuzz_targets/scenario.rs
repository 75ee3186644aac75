//! See `tests/fuzz/scenario.rs`, which ordinary tests run too.
#![no_main]

#[path = "../../tests/fuzz/scenario.rs"]
mod scenario;

libfuzzer_sys::fuzz_target!(|data: &[u8]| scenario::run(data));
