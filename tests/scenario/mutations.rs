//! Readers take any text: they read it or refuse it, and never panic.

use proptest::prelude::*;
use wirelab::scenario::{pages, read};

use super::SMALL;

const ARCHIVE: &str = r#"{"log":{"pages":[{"id":"p","startedDateTime":"2026-01-01T00:00:00Z","pageTimings":{"onLoad":9}}],"entries":[{"pageref":"p","startedDateTime":"2026-01-01T00:00:00Z","time":5,"_initiator":{"type":"other"},"request":{"url":"https://a.test/x?y","headers":[{"name":"a","value":"b"}],"headersSize":-1},"response":{"status":200,"httpVersion":"h2","redirectURL":"","content":{"size":10,"mimeType":"text/html"}},"timings":{"blocked":1,"dns":1,"connect":3,"ssl":2,"send":0,"wait":5,"receive":1},"connection":"7"}]}}"#;

/// A text with some of its bytes replaced, left out or doubled.
fn mutated(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let change = (0..text.len(), 0..4u8, any::<u8>());
    prop::collection::vec(change, 1..6).prop_map(move |changes| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, how, byte) in changes {
            let at = at.min(bytes.len().saturating_sub(1));
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                _ => bytes[at] = b"0123456789-\"[]{}=."[usize::from(byte) % 18],
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_scenario_file_makes_its_reader_panic(bytes in mutated(SMALL)) {
        if let Ok(text) = std::str::from_utf8(&bytes) && let Err(error) = read(text, "small") {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }

    #[test]
    fn no_archive_makes_its_reader_panic(bytes in mutated(ARCHIVE)) {
        if let Ok(found) = pages(&bytes, "page") {
            prop_assert!(found.iter().all(|page| !page.page.objects.is_empty()));
        }
    }

    #[test]
    fn no_text_at_all_makes_a_reader_panic(text in "\\PC{0,60}") {
        let _ = (read(&text, "any"), pages(text.as_bytes(), "any"));
    }
}
