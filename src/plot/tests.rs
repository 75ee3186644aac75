//! What all pictures have in common: themes, accessibility, size of text, and bytes.

use std::collections::BTreeSet;

use super::figure::{Align, Figure};
use super::theme::{HEAT_STEPS, Ink};
use super::{Theme, font};
use crate::measure::account::Class;

fn figure() -> Figure {
    let mut figure = Figure::new("Is 1 < 2 & 3?");
    figure.description = "A line from here to there.".to_owned();
    figure.put_arrow((10, 10), (90, 30), Ink::Again);
    figure.put_diamond((50, 60), 6, Ink::Text);
    figure.put_label(
        (50, 90),
        "q<\"5\" & y",
        font::BODY,
        Ink::Data,
        Align::Middle,
    );
    figure.size = (120, 100);
    figure
}

/// Relative luminance of WCAG 2.2.
fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| (f64::from(part) / 255.0).powf(2.2));
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn an_adaptive_svg_carries_both_themes_and_no_fixed_colour() {
    let svg = figure().svg(Theme::Adaptive);
    let (head, body) = svg.split_once("</style>").unwrap();
    assert!(head.contains("@media(prefers-color-scheme:dark)"));
    assert!(!body.contains('#'), "{body}");
}

#[test]
fn an_svg_says_what_it_is_to_those_who_cannot_see_it() {
    let svg = figure().svg(Theme::Light);
    assert!(svg.contains("role=\"img\""));
    assert!(svg.contains("<title>Is 1 &lt; 2 &amp; 3?</title>"));
    assert!(svg.contains("<desc>A line from here to there.</desc>"));
}

#[test]
fn text_is_escaped_and_keeps_its_baseline() {
    let svg = figure().svg(Theme::Light);
    let expected = "<text class=\"data\" text-anchor=\"middle\" x=\"50\" y=\"90\">q&lt;&quot;5&quot; &amp; y</text>";
    assert!(svg.contains(expected), "{svg}");
}

#[test]
fn every_ink_for_text_is_legible_in_both_themes() {
    for ink in [
        Ink::Text,
        Ink::Muted,
        Ink::Control,
        Ink::Data,
        Ink::Again,
        Ink::Lost,
        Ink::Remark,
    ] {
        assert!(
            contrast(ink.light(), Ink::Canvas.light()) >= 4.5,
            "{ink:?} on light"
        );
        assert!(
            contrast(ink.dark(), Ink::Canvas.dark()) >= 4.5,
            "{ink:?} on dark"
        );
    }
}

#[test]
fn no_two_inks_share_a_colour_or_a_class() {
    let count = Ink::all().count();
    let light: BTreeSet<_> = Ink::all().map(Ink::light).collect();
    let dark: BTreeSet<_> = Ink::all().map(Ink::dark).collect();
    let classes: BTreeSet<_> = Ink::all().map(Ink::class).collect();
    assert_eq!(
        (light.len(), dark.len(), classes.len()),
        (count, count, count)
    );
}

#[test]
fn every_class_of_time_stands_out_from_a_dark_canvas() {
    for class in Class::ALL {
        let ink = Ink::Time(class);
        let seen = contrast(ink.dark(), Ink::Canvas.dark());
        assert!(seen >= 3.0, "{class}: {seen}");
    }
}

#[test]
fn a_style_sheet_has_the_areas_that_are_used_and_no_others() {
    let mut figure = figure();
    figure.put_box((10, 10), (20, 20), Ink::Time(Class::Rto));
    let svg = figure.svg(Theme::Light);
    assert!(svg.contains(".rto{fill:#67001F}"), "{svg}");
    assert!(!svg.contains(".think{") && !svg.contains(".heat-0{"));
}

#[test]
fn the_sequential_scale_grows_lighter_with_every_step() {
    let steps: Vec<_> = (0..HEAT_STEPS)
        .map(|step| luminance(Ink::Heat(step).light()))
        .collect();
    assert!(
        steps.is_sorted_by(|one, next| one * 1.15 < *next),
        "{steps:?}"
    );
}

#[test]
fn a_png_has_twice_the_pixels_of_the_layout() {
    let png = figure().png();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(&png[16..24], &[0, 0, 0, 240, 0, 0, 0, 200]);
}

#[test]
fn text_is_cut_with_an_ellipsis_and_wrapped_at_spaces() {
    let cut = font::elided("a remark that is much too long", font::BODY, 100);
    assert!(cut.ends_with('…') && font::width(&cut, font::BODY) <= 100);
    assert_eq!(font::elided("short", font::BODY, 100), "short");
    let lines = font::wrapped("one two three four", font::BODY, 60);
    assert_eq!(lines, ["one two", "three", "four"]);
}
