//! What belongs here: the page of many images, whatever its knobs.

use wirelab::case::{Finished, Plan, Run};
use wirelab::event::{AppEvent, Event};

use crate::support::leave_recording;

fn run(variant: &str, settings: &[(&str, &str)]) -> Finished {
    let plan = Plan::new("image-page", variant, 1, settings.iter().copied())
        .expect("the settings are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    leave_recording(&finished.recording);
    for check in &finished.result.checks {
        assert!(check.holds, "{variant} {settings:?}: {check:?}");
    }
    finished
}

/// The page time in ms, which must be what the closed form says.
fn exact(variant: &str, settings: &[(&str, &str)]) -> f64 {
    let result = run(variant, settings).result;
    assert_eq!(result.residual_ms, Some(0.0), "{variant} {settings:?}");
    result.total_ms
}

#[test]
fn tiny_images_take_the_round_trips_of_the_protocol() {
    let expected = [
        ("new-connection-each", 24_000.0),
        ("origin-h1-serial", 12_150.0),
        ("origin-h1-six", 2_250.0),
        ("origin-h2", 300.0),
        ("edge-h1-serial", 405.0),
        ("edge-h1-six", 75.0),
        ("edge-h2", 10.0),
        ("origin-h1-serial-tls", 12_300.0),
        ("origin-h1-six-tls", 2_400.0),
        ("origin-h2-tls", 450.0),
        ("edge-h2-tls", 15.0),
        ("origin-h3", 300.0),
        ("edge-h3", 10.0),
        ("edge-miss", 155.0),
    ];
    for (variant, ms) in expected {
        assert!(
            (exact(variant, &[("bytes", "100B")]) - ms).abs() < 1e-9,
            "{variant}"
        );
    }
}

#[test]
fn the_closed_forms_follow_the_knobs() {
    let settings = [
        ("rtt", "81.234567ms"),
        ("edge_rtt", "7ms"),
        ("objects", "23"),
        ("bytes", "400B"),
    ];
    for variant in ["origin-h2", "edge-miss", "edge-h3"] {
        exact(variant, &settings);
    }
    let thinking = [settings.as_slice(), &[("think", "3ms")]].concat();
    for variant in ["origin-h1-six", "edge-h1-serial-tls"] {
        exact(variant, &thinking);
    }
    exact("origin-h1-six", &[("connections", "3"), ("bytes", "14kB")]);
    exact("origin-h1-six", &[("discovery", "40ms"), ("bytes", "1kB")]);
}

#[test]
fn on_a_slow_line_rate_is_the_constraint_and_distance_only_where_requests_wait() {
    let constraint = |variant| {
        let result = run(variant, &[("rate", "1.6mbit")]).result;
        (
            result.constraint.expect("every variant has one"),
            result.total_ms,
        )
    };
    for (variant, near) in [
        ("origin-h1-six", 4_500.0),
        ("origin-h2", 4_500.0),
        ("edge-h2", 4_200.0),
    ] {
        let (words, ms) = constraint(variant);
        assert!(
            words.starts_with("the constraint is rate"),
            "{variant}: {words}"
        );
        assert!((ms - near).abs() < 100.0, "{variant}: {ms}");
    }
    let (words, ms) = constraint("origin-h1-serial");
    assert!(
        words.contains("over distance") && words.contains("next is rate"),
        "{words}"
    );
    assert!((ms - 16_400.0).abs() < 100.0, "{ms}");
}

#[test]
fn the_browser_asks_in_its_order_and_when_it_finds_out() {
    let settings = [
        ("sizes", "30kB,10kB,20kB"),
        ("order", "small-first"),
        ("discovery", "10ms"),
    ];
    let recording = run("origin-h1-serial", &settings).recording;
    let wanted: Vec<_> = recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::App(_, event) => match &**event {
                AppEvent::Request { url, .. } => Some((entry.at.as_millis_f64(), url.clone())),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let url = |ordinal| format!("http://images.test/object/{ordinal}");
    assert_eq!(wanted, [(0.0, url(2)), (10.0, url(3)), (20.0, url(1))]);
}

#[test]
fn thumbnails_slip_between_the_chunks_of_a_large_image() {
    let extra = run("hero", &[]).result.extra;
    let ms = |key: &str| extra[key].as_f64().expect("a time");
    assert!(ms("last_thumbnail_ms") < ms("hero_ms"));
}

#[test]
fn an_edge_passes_on_what_the_origin_does_not_have() {
    let finished = run("edge-miss", &[("objects", "3")]);
    let upstream = finished.recording.entries.iter().filter(|entry| {
        matches!(&entry.event, Event::App(host, event)
            if host.0 == 2 && matches!(**event, AppEvent::Response { status: 200, .. }))
    });
    assert_eq!(
        upstream.count(),
        4,
        "three images, and one to warm the connection"
    );
}
