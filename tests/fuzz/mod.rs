//! What belongs here: input that nobody meant. The same functions are targets of cargo-fuzz (`fuzz/`); here they get
//! the corpus, whatever a fuzzer has found before, and changes of both.

mod capture;
mod dns;
mod frames;
mod har;
mod scenario;
mod texts;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// What a target of that name has been given before.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", directory.display());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Gives a target its corpus, then so many changes of it.
fn feed(target: &str, run: fn(&[u8]), changes: u32) {
    let corpus = corpus(target);
    for input in &corpus {
        run(input);
    }
    let change = (any::<prop::sample::Index>(), any::<u8>(), any::<bool>());
    let input = (
        prop::sample::select(corpus),
        prop::collection::vec(change, 0..8),
    );
    let config = Config {
        cases: changes,
        failure_persistence: None,
        ..Config::default()
    };
    // The same changes every time: to look for others is a fuzzer's work.
    let dice = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let fed = TestRunner::new_with_rng(config, dice).run(&input, |(mut input, changes)| {
        for (place, byte, cuts) in changes {
            if input.is_empty() {
                break;
            }
            let place = place.index(input.len());
            if cuts {
                input.remove(place);
            } else {
                input[place] = byte;
            }
        }
        run(&input);
        Ok(())
    });
    if let Err(error) = fed {
        panic!("{target}: {error}");
    }
}

#[test]
fn frames_of_any_form_do_not_stop_a_host() {
    feed("frames", frames::run, 400);
}

#[test]
fn datagrams_of_any_form_do_not_stop_name_servers() {
    feed("dns", dns::run, 400);
}

#[test]
fn texts_of_any_form_are_read_or_refused() {
    feed("texts", texts::run, 4_000);
}

#[test]
fn captures_of_any_form_are_read_or_refused() {
    feed("capture", capture::run, 1_000);
}

#[test]
fn scenario_files_of_any_form_are_read_or_refused() {
    feed("scenario", scenario::run, 1_000);
}

#[test]
fn archives_of_any_form_are_pages_or_refused() {
    feed("har", har::run, 1_000);
}
