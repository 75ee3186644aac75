//! What belongs here: constraints that are planted in pages, and that the diagnosis has to name.

use wirelab::case::Plan;
use wirelab::diagnose::{Question, diagnose};
use wirelab::measure::diagnosis::{Component, Diagnosis, Repair};
use wirelab::units::Span;

fn asked(place: &str, settings: &[(&str, &str)], question: Question) -> Diagnosis {
    let (case, variant) = place.split_once('/').expect("a case and a variant");
    let plan = Plan::new(case, variant, 1, settings.iter().copied()).expect("it is a plan");
    let diagnosis = diagnose(&plan, question).expect("there is a page");
    let sentence = &diagnosis.constraint.sentence;
    assert!(sentence.starts_with("the constraint is "), "{sentence}");
    assert_adds_up(&diagnosis);
    diagnosis
}

fn found(place: &str, settings: &[(&str, &str)]) -> Diagnosis {
    asked(place, settings, Question::default())
}

/// Every account is of the whole page.
fn assert_adds_up(diagnosis: &Diagnosis) {
    let reliefs = diagnosis.reliefs.iter();
    let accounts = reliefs.map(|relieved| (relieved.total_ms, &relieved.account));
    for (total, account) in accounts.chain([(diagnosis.total_ms, &diagnosis.account)]) {
        let sum: f64 = account.values().sum();
        assert!(
            (sum - total).abs() < 1e-3,
            "{sum} of {total} ms: {account:?}"
        );
    }
}

/// That a component is the constraint, or the first of its substitutes to be named besides distance, and what is next.
fn assert_constraint(diagnosis: &Diagnosis, component: Component, words: &str) {
    let constraint = &diagnosis.constraint;
    let mut named = constraint.components.iter();
    let first = named.find(|one| **one != Component::Distance || component == **one);
    assert_eq!(first, Some(&component), "{}", constraint.sentence);
    let name = constraint
        .sentence
        .split(" (of ")
        .next()
        .expect("it has a beginning");
    assert!(name.contains(words), "{name}");
}

fn total(diagnosis: &Diagnosis, component: Component) -> f64 {
    let mut reliefs = diagnosis.reliefs.iter();
    let relieved = reliefs.find(|one| one.remedy.component == component);
    relieved.expect("the relief gains something").total_ms
}

fn next(diagnosis: &Diagnosis, component: Component) -> Option<Component> {
    let mut reliefs = diagnosis.reliefs.iter();
    let relieved = reliefs.find(|one| one.remedy.component == component);
    relieved.expect("the relief gains something").next
}

#[test]
fn far_away_http1_is_bound_by_requests_over_distance() {
    for (variant, words) in [
        (
            "image-page/origin-h1-serial",
            "requests that wait for one another over distance",
        ),
        (
            "image-page/origin-h1-six",
            "requests that wait for a free connection over distance",
        ),
    ] {
        let diagnosis = found(variant, &[]);
        let constraint = &diagnosis.constraint;
        assert!(
            constraint.sentence.contains(words),
            "{}",
            constraint.sentence
        );
        for component in [Component::Multiplexing, Component::Distance] {
            assert!(constraint.components.contains(&component), "{constraint:?}");
        }
        let both = diagnosis
            .pairs
            .iter()
            .find(|pair| pair.components == [Component::Multiplexing, Component::Distance]);
        let both = both.expect("the pair is worth it").total_ms;
        assert!((10.0..100.0).contains(&both), "{both} ms");
    }
}

#[test]
fn a_slow_line_is_named_unless_requests_wait_for_one_another() {
    for variant in ["image-page/origin-h1-six", "image-page/origin-h2"] {
        let diagnosis = found(variant, &[("rate", "1600kbit")]);
        assert_constraint(&diagnosis, Component::Rate, "rate");
        assert_eq!(diagnosis.constraint.next, Some(Component::Distance));
    }
    let settings = [("rate", "1600kbit"), ("objects", "20")];
    let diagnosis = found("image-page/origin-h1-serial", &settings);
    assert_constraint(
        &diagnosis,
        Component::Multiplexing,
        "requests that wait for one another over distance",
    );
    assert_eq!(diagnosis.constraint.next, Some(Component::Rate));
}

#[test]
fn what_an_application_or_a_resolver_takes_is_named() {
    let small = [("objects", "20"), ("think", "500ms")];
    let diagnosis = found("image-page/edge-h2", &small);
    assert_constraint(&diagnosis, Component::Think, "the server's think time");
    assert_eq!(diagnosis.constraint.next, Some(Component::InitialWindow));
    let cold = [
        ("objects", "20"),
        ("lookup", "cold"),
        ("authority_rtt", "400ms"),
    ];
    let diagnosis = found("image-page/edge-h2", &cold);
    assert_constraint(&diagnosis, Component::Lookup, "the lookup of the name");
    let known = total(&diagnosis, Component::Lookup);
    assert!(
        (diagnosis.total_ms - known - 405.0).abs() < 1e-6,
        "{known} ms"
    );
    assert_eq!(diagnosis.constraint.next, Some(Component::InitialWindow));
}

#[test]
fn connections_that_are_not_kept_or_not_enough_are_named() {
    let small = [("objects", "10"), ("bytes", "1kB"), ("tls", "on")];
    let diagnosis = found("image-page/new-connection-each", &small);
    assert_constraint(
        &diagnosis,
        Component::Multiplexing,
        "a new connection for each request, one after another over distance",
    );
    // One handshake instead of ten, each of two round trips of 150 ms.
    let kept = total(&diagnosis, Component::KeepAlive);
    assert!(
        (diagnosis.total_ms - kept - 9.0 * 300.0).abs() < 1e-3,
        "{kept} ms"
    );
    let small = [("objects", "20"), ("bytes", "1kB"), ("connections", "2")];
    let diagnosis = found("image-page/origin-h1-six", &small);
    assert_constraint(
        &diagnosis,
        Component::Connections,
        "requests that wait for a free connection over distance",
    );
    assert_eq!(
        next(&diagnosis, Component::Connections),
        Some(Component::Distance)
    );
}

#[test]
fn the_window_that_is_full_is_named() {
    let long = [("rtt", "150ms"), ("bytes", "1MB")];
    let narrow = [long[0], long[1], ("rcvbuf", "16kB")];
    let diagnosis = found("transfer/download", &narrow);
    assert_constraint(
        &diagnosis,
        Component::ReceiveWindow,
        "the receive window over distance",
    );
    assert_eq!(
        next(&diagnosis, Component::ReceiveWindow),
        Some(Component::Distance)
    );
    let wide = [long[0], long[1], ("rcvbuf", "16MiB"), ("sndbuf", "16MiB")];
    let diagnosis = found("transfer/download", &wide);
    assert_constraint(
        &diagnosis,
        Component::InitialWindow,
        "rounds of slow start from the first congestion window over distance",
    );
    let controlled = [("objects", "20"), ("http2_window", "16kB")];
    let diagnosis = found("image-page/origin-h2", &controlled);
    assert_constraint(
        &diagnosis,
        Component::FlowControl,
        "HTTP/2 flow control over distance",
    );
    assert_eq!(
        next(&diagnosis, Component::FlowControl),
        Some(Component::Distance)
    );
}

#[test]
fn timers_that_wait_for_each_other_are_named_together() {
    let settings = [
        ("nagle", "on"),
        ("objects", "20"),
        ("discovery", "1ms"),
        ("bytes", "200"),
    ];
    let diagnosis = found("image-page/edge-h2", &settings);
    assert_constraint(
        &diagnosis,
        Component::Nagle,
        "Nagle's algorithm and delayed ACKs",
    );
}

#[test]
fn a_loss_that_a_timer_repairs_is_named() {
    let settings = [
        ("objects", "10"),
        ("bytes", "1kB"),
        ("drop", "s2c:data:10,s2c:rtx:1"),
    ];
    let diagnosis = found("image-page/edge-h1-serial", &settings);
    assert_constraint(&diagnosis, Component::Loss, "loss and its recovery");
    assert_eq!(diagnosis.constraint.next, Some(Component::Multiplexing));
}

#[test]
fn the_cheapest_combination_that_meets_a_target_is_found_or_refused() {
    let ask = |target| {
        let question = Question {
            target: Some(target),
            losses: false,
        };
        let small = [("objects", "20")];
        let diagnosis = asked("image-page/origin-h1-serial", &small, question);
        diagnosis.target.expect("it was asked for")
    };
    let met = ask(Span::from_millis(50))
        .met_by
        .expect("two reliefs are enough");
    assert_eq!(
        met.components,
        [Component::Multiplexing, Component::Distance]
    );
    let met = ask(Span::from_millis(200))
        .met_by
        .expect("one relief is enough");
    assert_eq!(met.components, [Component::Distance]);
    let as_it_is = ask(Span::from_secs(10))
        .met_by
        .expect("nothing has to be done");
    assert!(as_it_is.components.is_empty());
    let none = ask(Span::from_millis(1));
    assert_eq!(none.met_by, None);
    assert!(none.fastest.total_ms <= 30.0, "{none:?}");
}

#[test]
fn the_frames_that_own_the_tail_are_named_with_what_repairs_them() {
    let question = Question {
        target: None,
        losses: true,
    };
    let diagnosis = asked("transfer/download", &[("bytes", "20kB")], question);
    let map = diagnosis.losses.expect("it was asked for");
    assert_eq!(map.tried.len(), map.frames);
    let syn = map
        .tried
        .iter()
        .find(|lost| lost.what == "SYN")
        .expect("there is one");
    assert_eq!((syn.cost_ms, syn.repair), (1_000.0, Repair::Timer));
    let tail = map
        .tried
        .iter()
        .find(|lost| lost.what == "data 18980-20000");
    let tail = tail.expect("the answer ends with it");
    assert_eq!(tail.repair, Repair::Probe);
    assert!(tail.cost_ms > 160.0, "two round trips at least: {tail:?}");
    assert!(
        map.tried
            .iter()
            .any(|lost| lost.repair == Repair::None && lost.cost_ms == 0.0)
    );
    assert!(map.tried.iter().all(|lost| lost.whole));
}

#[test]
fn losses_that_keep_one_window_small_are_named_with_it() {
    let diagnosis = found("image-page/origin-h2", &[("loss", "2%")]);
    let sentence = &diagnosis.constraint.sentence;
    assert!(
        sentence.contains("one congestion window, which losses keep small, and their recovery"),
        "{sentence}"
    );
    assert!(diagnosis.constraint.components.contains(&Component::Loss));
}
