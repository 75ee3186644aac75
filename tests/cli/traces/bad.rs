//! Files that are no traces, and settings that do not go together.

use std::fs;

use super::{run, with_trace};
use crate::cli::Scratch;

/// What is in a file that is no trace, and what is said of it.
const BAD: &[(&[u8], &str)] = &[
    (b"", "bad.trace is empty: write a number of milliseconds"),
    (
        b"# nothing else\n# here\n",
        "bad.trace:1: the line is a comment",
    ),
    (b"5\nfast\n", "bad.trace:2: `fast` is no number"),
    (b"-5\n5\n", "bad.trace:1: `-5` has a sign"),
    (b"5\n5.5\n", "bad.trace:2: `5.5` is a fraction: round it"),
    (b"5ms\n", "bad.trace:1: `5ms` has a unit"),
    (b"5 1504\n", "bad.trace:1: `5 1504` is more than a number"),
    (
        b"9\n8\n",
        "bad.trace:2: 8 comes after 9: put the lines in order",
    ),
    (
        b"1\n18446744073709551616\n",
        "bad.trace:2: `18446744073709551616` is later than 86400000",
    ),
    (
        b"86400001\n",
        "bad.trace:1: `86400001` is later than 86400000, the end of a day",
    ),
    (b"1\n\n2\n", "bad.trace:2: the line is blank"),
    (b"0\n", "bad.trace:1: the last moment is 0"),
    (b"0\n0\n0\n", "bad.trace:3: the last moment is 0"),
    (b"1\n\xff\n", "bad.trace:2: the byte 0xff"),
    (
        b"\xff\xfe1\x00\n\x00",
        "bad.trace is UTF-16: save it as plain text",
    ),
    (b"\x1f\x8b\x08\x00", "bad.trace is compressed by gzip"),
];

fn refused(scratch: &Scratch, words: &str) {
    let before = scratch.tree();
    for key in ["trace", "uplink_trace"] {
        let ended = run(
            scratch,
            &format!("run transfer/download --out out --set {key}=bad.trace"),
        );
        assert_eq!(ended.status, 2, "{words}: {}", ended.stdout);
        assert_eq!(ended.stdout, "");
        for words in [words, &format!("`--set {key}=bad.trace`")] {
            assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        }
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert_eq!(scratch.tree(), before, "{words}: nothing is left");
    }
}

#[test]
fn each_file_that_is_no_trace_is_named_with_its_line_and_leaves_nothing() {
    let scratch = Scratch::new("trace-bad");
    let path = scratch.path().join("bad.trace");
    for (text, words) in BAD {
        fs::write(&path, text).expect("writable");
        refused(&scratch, words);
    }
    let huge = fs::File::create(&path).expect("writable");
    huge.set_len(65 << 20).expect("it is sparse");
    refused(&scratch, "bad.trace is longer than 64 MiB: cut it");
    fs::remove_file(&path).expect("it is there");
    refused(&scratch, "cannot read bad.trace: No such file");
    fs::create_dir(&path).expect("writable");
    refused(&scratch, "cannot read bad.trace: Is a directory");
}

#[test]
fn a_rate_and_a_trace_and_what_is_no_window_are_refused() {
    let scratch = with_trace("trace-misuse", "20\n");
    for (settings, words) in [
        (
            "--set rate=10mbit --set trace=lte.down",
            "`rate=10mbit` and `trace=lte.down#",
        ),
        ("--set down=2s", "FROM..TO as 1s..2s"),
        ("--set hold=2s..1s", "`2s..1s`"),
    ] {
        let ended = run(
            &scratch,
            &format!("run transfer/download --out out {settings}"),
        );
        assert_eq!(ended.status, 2, "{settings}");
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    assert_eq!(scratch.tree(), ["lte.down"]);
}
