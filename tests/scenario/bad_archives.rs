//! Archives that cannot be replayed: each is refused with the place of what is wrong.

use wirelab::scenario::pages;

const GOOD: &str = r#"{"log":{"entries":[{"startedDateTime":"2026-01-01T00:00:00Z","time":5,"request":{"url":"http://a.test/"},"response":{"status":200,"content":{"size":10}},"timings":{"wait":5}}]}}"#;

/// What is replaced in a good archive, by what, and words that the error must have.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    (GOOD, "", &["the file is empty"]),
    (GOOD, "\n \n", &["the file is empty"]),
    (GOOD, "<html>", &["1:1", "no JSON"]),
    ("\"time\":5", "\"time\":", &["1:69", "no JSON"]),
    (GOOD, "{}", &["log:", "missing"]),
    (GOOD, "[]", &["log:", "missing"]),
    ("\"entries\"", "\"entrys\"", &["log.entries:", "missing"]),
    (
        GOOD,
        "{\"log\":{\"entries\":[]}}",
        &["log.entries:", "empty"],
    ),
    (
        GOOD,
        "{\"log\":{\"entries\":{}}}",
        &["log.entries:", "a list"],
    ),
    (
        GOOD,
        "{\"log\":{\"pages\":5,\"entries\":[]}}",
        &["log.pages:", "a list"],
    ),
    (
        "\"url\":\"http://a.test/\"",
        "\"u\":1",
        &["log.entries[0].request.url:", "missing"],
    ),
    (
        "\"http://a.test/\"",
        "7",
        &["log.entries[0].request.url:", "a text"],
    ),
    (
        "2026-01-01T00:00:00Z",
        "yesterday",
        &[
            "log.entries[0].startedDateTime:",
            "2026-01-01T00:00:00.000Z",
        ],
    ),
    (
        "\"wait\":5",
        "\"wait\":\"long\"",
        &["log.entries[0].timings.wait:", "a number"],
    ),
    (
        "\"status\":200",
        "\"status\":[]",
        &["log.entries[0].response.status:", "a number"],
    ),
    (
        "\"time\":5",
        "\"time\":true",
        &["log.entries[0].time:", "a number"],
    ),
    (
        "http://a.test/",
        "data:text/plain,x",
        &["log.entries:", "data: URLs"],
    ),
];

#[test]
fn every_mistake_is_named_with_its_place() {
    for (good, bad, words) in MISTAKES {
        let text = GOOD.replacen(good, bad, 1);
        let told = pages(text.as_bytes(), "page").expect_err(bad).to_string();
        for word in *words {
            assert!(told.contains(word), "`{bad}` without `{word}`: {told}");
        }
    }
    assert!(pages(GOOD.as_bytes(), "page").is_ok());
}
