//! Sizes from files: `--set sizes=FILE`.

use std::fs;

use super::program::wirelab;
use super::scratch::Scratch;

/// Runs a page whose sizes are in a file with this text.
fn with_file(name: &str, text: &str) -> super::program::Ended {
    let scratch = Scratch::new(name);
    fs::write(scratch.path().join("page.txt"), text).expect("writable");
    let line = "run image-page/origin-h2 --json --out out --set sizes=page.txt";
    wirelab(scratch.path(), &line.split(' ').collect::<Vec<_>>())
}

#[test]
fn a_file_of_sizes_is_the_list_that_it_has() {
    let ended = with_file("sizes", "# the page\n10kB\n\n120kB # the hero\n  4kB\n");
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let result: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one object");
    assert_eq!(result["params"]["sizes"], "10kB,120kB,4kB");
    let bytes = result["objects"].as_array().expect("objects").iter();
    let bytes: Vec<_> = bytes.map(|object| object["bytes"].as_u64()).collect();
    assert_eq!(bytes, [Some(10_000), Some(120_000), Some(4_000)]);
}

#[test]
fn a_file_that_is_no_list_is_named_with_its_line() {
    for (name, text, words) in [
        ("sizes-word", "10kB\nlarge\n", "page.txt:2: `large`"),
        ("sizes-empty", "# nothing\n", "page.txt is empty"),
        ("sizes-zero", "0B\n", "a size from 1B"),
    ] {
        let ended = with_file(name, text);
        assert_eq!(ended.status, 2, "{name}: {}", ended.stdout);
        assert!(ended.stderr.contains(words), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains("sizes="), "{name}: {}", ended.stderr);
    }
    let scratch = Scratch::new("sizes-missing");
    let line = ["run", "image-page/hero", "--set", "sizes=nowhere.txt"];
    let ended = wirelab(scratch.path(), &line);
    assert_eq!(ended.status, 2);
    for word in ["sizes=nowhere.txt", "10kB,4kB,120kB", "No such file"] {
        assert!(ended.stderr.contains(word), "{}", ended.stderr);
    }
}
