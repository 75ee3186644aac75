//! See `tests/fuzz/dns.rs`, which ordinary tests run too.
#![no_main]

#[path = "../../tests/fuzz/dns.rs"]
mod dns;

libfuzzer_sys::fuzz_target!(|data: &[u8]| dns::run(data));
