//! The page of a hand-made recording, and of results with letters that HTML knows.

use std::io::Read;

use flate2::read::ZlibDecoder;
use serde_json::Value;

use super::*;
use crate::event::HostId;
use crate::measure::account::Window;
use crate::measure::{Check, Claim};
use crate::record::sample;

fn result() -> CaseResult {
    let recording = sample::transfer();
    CaseResult {
        case: "transfer".to_owned(),
        variant: "two-segments".to_owned(),
        total_ms: 12.5,
        window: Some(Window {
            host: HostId(0),
            from: crate::units::SimTime::ZERO,
            until: recording.end(),
        }),
        ..CaseResult::default()
    }
}

/// What was packed.
fn unpacked(variant: &Variant) -> Value {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = variant
        .packed
        .trim_end_matches('=')
        .chars()
        .map(|letter| LETTERS.find(letter).expect("it is base64"))
        .map(|digit| u32::try_from(digit).expect("there are 64 letters"))
        .collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    let mut json = String::new();
    ZlibDecoder::new(&bytes[..])
        .read_to_string(&mut json)
        .expect("it is compressed");
    serde_json::from_str(&json).expect("it is JSON")
}

#[test]
fn every_frame_of_a_small_run_is_embedded_with_what_befell_it() {
    let variant = Variant::of(&sample::transfer(), &result(), "", FRAMES);
    let data = unpacked(&variant);
    let texts = data["strings"].as_array().expect("a list");
    let text = |number: &Value| {
        let position = number.as_u64().expect("a number");
        texts[usize::try_from(position).expect("small")]
            .as_str()
            .expect("a text")
    };
    let ids = data["frames"]["id"].as_array().expect("a list");
    assert_eq!(data["frames_recorded"], ids.len());
    let lost = ids
        .iter()
        .position(|id| *id == 5)
        .expect("frame 5 was sent");
    assert_eq!(data["frames"]["transit"][lost], -1);
    let said = data["frames"]["said_out"].as_array().expect("a list");
    let said = said
        .iter()
        .find(|said| said[0] == lost)
        .expect("it has a remark");
    assert_eq!(text(&said[1][0]), "dropped by server->client: drop script");
    let states = data["sockets"][0]["figures"][0]["values"]
        .as_array()
        .expect("a list");
    let states: Vec<_> = states.iter().map(text).collect();
    assert!(states.contains(&"ESTAB"), "{states:?}");
}

#[test]
fn the_slices_of_the_page_cover_its_window() {
    let recording = sample::transfer();
    let variant = Variant::of(&recording, &result(), "", FRAMES);
    let data = unpacked(&variant);
    let slices = data["time"]["page"].as_array().expect("a list");
    let spans = slices.iter().map(|slice| slice[1].as_u64().expect("ns"));
    assert_eq!(spans.sum::<u64>(), recording.end().as_nanos());
}

#[test]
fn of_many_frames_those_that_were_lost_come_first() {
    // Without a window there is no critical path, which would come before them.
    let result = CaseResult {
        window: None,
        ..result()
    };
    let variant = Variant::of(&sample::transfer(), &result, "", 3);
    let data = unpacked(&variant);
    let marks = data["frames"]["marks"].as_array().expect("a list");
    assert_eq!(marks.len(), 3);
    // Lost, sent again, or damaged: what is more than data.
    let special = |marks: &&Value| marks.as_u64() >= Some(2);
    assert_eq!(marks.iter().filter(special).count(), 3, "{marks:?}");
}

#[test]
fn the_same_run_makes_the_same_page() {
    let make = || {
        let variant = Variant::of(&sample::transfer(), &result(), "twice", FRAMES);
        page("transfer", "how long?", &[variant])
    };
    assert_eq!(make(), make());
}

#[test]
fn texts_of_a_run_cannot_become_markup() {
    const BAD: &str = "</script><script>alert(\"1\")</script><!--";
    let result = CaseResult {
        variant: BAD.to_owned(),
        constraint: Some(BAD.to_owned()),
        residual_cause: Some(BAD.to_owned()),
        checks: vec![Check {
            claim: BAD.to_owned(),
            ..Check::default()
        }],
        claims: vec![Claim {
            said: BAD.to_owned(),
            ..Claim::default()
        }],
        ..result()
    };
    let variant = Variant::of(&sample::transfer(), &result, BAD, FRAMES);
    let page = page(BAD, BAD, &[variant]);
    assert!(!page.contains("<script>alert"), "{page}");
    // The index, one run, and the program.
    assert_eq!(page.matches("</script>").count(), 3);
    assert!(!page.contains("<!--"));
}

#[test]
fn the_page_is_whole_without_a_script() {
    let variant = Variant::of(&sample::transfer(), &result(), "with a loss", FRAMES);
    let page = page("transfer", "How long does it take?", &[variant]);
    for part in [
        "How long does it take?",
        "It took 12.5 ms.",
        "with a loss",
        "12.5 ms</span>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("http://") || page.matches("http://").count() == 1);
    assert!(!page.contains("src="), "nothing is loaded");
}

#[test]
fn the_longest_bar_is_whole_whatever_its_length_is() {
    for total_ms in [0.1, 12.5, 3_610.437_78, 131_000.000_001] {
        let result = CaseResult {
            total_ms,
            account: Some([("think".to_owned(), total_ms)].into()),
            ..result()
        };
        let variant = Variant::of(&sample::transfer(), &result, "", FRAMES);
        let mut page = String::new();
        compare::compare(&mut page, &[variant]).expect("a string takes every text");
        assert!(
            page.contains("width:100.000%") && !page.contains("cut:"),
            "{page}"
        );
    }
}
