//! Scenario files: what they say is what is run.

use wirelab::case::{CaseRef, Plan, Run, all};
use wirelab::diagnose::{Question, diagnose};
use wirelab::link::{LinkConfig, Trace};
use wirelab::measure::diagnosis::Component;
use wirelab::scenario::{plan_to_toml, read, read_with, schema};

use super::{SMALL, loaded, plan, run};

#[test]
fn a_world_of_ones_own_takes_the_time_that_its_path_takes() {
    let result = run(&loaded(SMALL), &[]).result;
    // A handshake, the document, and what the document named.
    assert_eq!(result.total_ms, 300.0);
    assert_eq!(result.round_trips, Some(3.0));
    assert_eq!(result.connections, 1);
    assert!(result.checks.iter().all(|check| check.holds));
    let account = result.account.expect("it has an account");
    let sum: f64 = account.values().sum();
    assert!((sum - 300.0).abs() < 1e-6, "{account:?}");
    assert_eq!(account["connect"], 100.0);
}

#[test]
fn knobs_turn_what_the_file_says() {
    let scenario = loaded(SMALL);
    let total = |settings: &[(&str, &str)]| run(&scenario, settings).result.total_ms;
    assert_eq!(total(&[("rtt", "20ms")]), 60.0);
    assert_eq!(total(&[("rtt", "x2")]), 600.0);
    assert_eq!(total(&[("place", "edge")]), 15.0);
    assert_eq!(total(&[("think", "10ms")]), 320.0);
    assert_eq!(total(&[("tls", "on")]), 400.0);
    assert_eq!(total(&[("protocol", "h2")]), 300.0);
    assert_eq!(total(&[("keep_alive", "off")]), 400.0);
    assert!(total(&[("rate", "1mbit")]) > 400.0);
    assert!(total(&[("protocol", "h3")]) >= 300.0);
}

#[test]
fn what_a_scenario_cannot_do_is_refused_with_a_reason() {
    let scenario = loaded(SMALL);
    let refused = |settings: &[(&str, &str)]| {
        let error = plan(&scenario, settings).expect_err("it is refused");
        error.to_string()
    };
    assert!(refused(&[("queue", "10p")]).contains("nothing waits; give --set rate=10mbit"));
    assert!(refused(&[("lookup", "cached")]).contains("none of them has to be looked up"));
    assert!(refused(&[("early_data", "on")]).contains("give --set tls=on"));
    assert!(refused(&[("tls", "off"), ("protocol", "h3")]).contains("QUIC is never without TLS"));
    assert!(refused(&[("rtt", "fast")]).contains("--set rtt=150ms"));
    assert!(refused(&[("objects", "3")]).contains("has no knob `objects`"));
}

#[test]
fn variants_faults_and_expectations_are_kept_apart() {
    let text = format!(
        "{SMALL}
[[fault]]
between = [\"client\", \"shop\"]
at = \"150ms\"
for = \"20ms\"
down = true
[[expect]]
page_under = \"310ms\"
[[expect]]
variant = \"near\"
rto_at_most = 0
object = \"/style.css\"
object_under = \"100ms\"
[[variant]]
name = \"far\"
[[variant]]
name = \"near\"
set = {{ rtt = \"10ms\" }}
"
    );
    let scenario = loaded(&text);
    assert_eq!(scenario.variants, ["far", "near"]);
    let result = |variant| {
        let plan = Plan::of(scenario.case.clone(), variant, 1, []).expect("it is a plan");
        Run::start(&plan).finish().expect("it ends").result
    };
    let (far, near) = (result("far"), result("near"));
    let kept = |checks: &[wirelab::measure::Check]| -> Vec<bool> {
        checks.iter().map(|check| check.holds).collect()
    };
    assert_eq!(
        kept(&far.checks),
        [true, false],
        "the request was lost: {}",
        far.total_ms
    );
    assert_eq!(kept(&near.checks), [true; 4]);
    assert_eq!(near.total_ms, 30.0);
}

#[test]
fn a_handover_holds_frames_and_leads_to_a_farther_cell() {
    let fault = "[[fault]]\nbetween = [\"client\", \"shop\"]\nat = ";
    // The first request is on its way when the old cell is left, and waits for the new one.
    let text = format!(
        "{SMALL}{fault}\"90ms\"\nfor = \"40ms\"\nhold = true\n{fault}\"130ms\"\ndelay = \"20ms\"\n"
    );
    let scenario = loaded(&text);
    let total = |text: &str| run(&loaded(text), &[]).result.total_ms;
    // 100 ms until the connection is there; then 30 ms of the hold, and 40 ms more for each of two round trips.
    assert_eq!(total(SMALL), 300.0);
    assert_eq!(total(&text), 300.0 + 30.0 + 40.0 + 40.0);
    let written = scenario.scenario.expect("it has a world").to_toml();
    assert_eq!(total(&written), 410.0, "{written}");
}

#[test]
fn windows_and_traces_of_links_are_written_as_they_are_read() {
    let link = "rtt = \"100ms\"\ntrace = \"lte.down\"\nlimit = \"50p\"\ndown = \"5s..6s/10s\"\nhold = \"1s..1.05s\"\n\
                back = { trace = \"lte.up\", hold = \"none\" }";
    let text = SMALL.replace("rtt = \"100ms\"", link);
    let open = |name: &str| Trace::parse(name, "3\n").map_err(|error| error.to_string());
    let read = |text: &str| {
        let loaded = read_with(text, "small", &open).unwrap_or_else(|error| panic!("{error}"));
        loaded.scenario.expect("it has a world")
    };
    let scenario = read(&text);
    let path = &scenario.paths[0];
    let told = |link: &LinkConfig| link.trace.as_ref().map(|trace| trace.name().to_owned());
    assert_eq!(told(&path.there).as_deref(), Some("lte.down"));
    assert_eq!(told(&path.back).as_deref(), Some("lte.up"));
    assert_eq!((path.there.holds.len(), path.back.holds.len()), (1, 0));
    assert_eq!((path.there.outages.len(), path.back.outages.len()), (1, 1));
    assert_eq!(*read(&scenario.to_toml()), *scenario);
    assert_eq!(scenario.all_traces().count(), 2);
}

#[test]
fn a_browser_holds_back_what_the_layout_does_not_need() {
    let object = |name: &str, rest: &str| {
        format!(
            "[[page.object]]\nurl = \"http://shop/{name}\"\nbytes = \"1kB\"\nafter = [\"/\"]\n{rest}\n"
        )
    };
    let text = [
        SMALL.to_owned(),
        object(
            "a.css",
            "priority = \"high\"\nblocking = true\nthink = \"50ms\"",
        ),
        object(
            "b.css",
            "priority = \"high\"\nblocking = true\nthink = \"50ms\"",
        ),
        object("image.png", "priority = \"low\""),
    ]
    .concat();
    let result = run(&loaded(&text), &[("connections", "64")]).result;
    let of = |name: &str| {
        result
            .objects
            .iter()
            .find(|object| object.name == name)
            .expect("it is there")
    };
    let sent_after = of("/image.png").phases.as_ref().expect("it has phases")["blocked"];
    assert!(
        sent_after >= 150.0,
        "it waits for style sheets: {sent_after}"
    );
}

#[test]
fn diagnosis_names_what_is_in_the_way() {
    let scenario = loaded(SMALL);
    let found = diagnose(
        &plan(&scenario, &[]).expect("it is a plan"),
        Question::default(),
    );
    let found = found.expect("there is a page");
    assert!(
        found
            .constraint
            .sentence
            .starts_with("the constraint is distance"),
        "{}",
        found.constraint.sentence
    );
    let slow = plan(&scenario, &[("think", "2s")]).expect("it is a plan");
    let found = diagnose(&slow, Question::default()).expect("there is a page");
    assert_eq!(found.constraint.components.first(), Some(&Component::Think));
}

#[test]
fn a_shown_variant_runs_as_the_variant_does() {
    for (case, variant) in [
        ("handshake", "syn-lost"),
        ("image-page", "origin-h2"),
        ("keep-alive", ""),
    ] {
        let known = wirelab::case::find(case).expect("it exists");
        let variant = known
            .variants()
            .iter()
            .map(|known| known.name)
            .find(|name| *name == variant)
            .unwrap_or(known.variants()[0].name)
            .to_owned();
        let plan = Plan::new(case, &variant, 3, []).expect("defaults are valid");
        let shown = plan_to_toml(&plan, false);
        let again = loaded(&shown);
        assert_eq!(
            (again.seed, again.variants.as_slice()),
            (Some(3), std::slice::from_ref(&variant))
        );
        let (before, after) = (
            Run::start(&plan).finish().expect("it ends"),
            run(&again, &[]),
        );
        assert_eq!(before.recording, after.recording, "{case}/{variant}");
        assert_eq!(before.result, after.result, "{case}/{variant}");
    }
}

#[test]
fn every_variant_can_be_shown_and_read_again() {
    for case in all() {
        for variant in case.variants() {
            let plan =
                Plan::of(CaseRef::from(*case), variant.name, 1, []).expect("defaults are valid");
            let shown = plan_to_toml(&plan, false);
            let again = read(&shown, "again").unwrap_or_else(|error| panic!("{error}\n{shown}"));
            assert_eq!(again.case.name(), case.name());
            assert_eq!(again.variants, [variant.name]);
        }
    }
}

#[test]
fn a_case_takes_expectations_and_faults_of_ones_own() {
    let text = "case = \"handshake/open\"\nseed = 1\n[set]\nrtt = \"50ms\"\n[[expect]]\npage_under = \"120ms\"\n";
    let kept = run(&loaded(text), &[]).result;
    assert!(kept.checks.iter().all(|check| check.holds));
    assert_eq!(kept.total_ms, 100.0);
    let fault = format!(
        "{text}[[fault]]\nbetween = [\"client\", \"server\"]\nfor = \"10ms\"\ndown = true\n"
    );
    let late = run(&loaded(&fault), &[]).result;
    assert_eq!(late.total_ms, 1100.0, "the SYN was lost");
    assert!(late.checks.iter().any(|check| !check.holds));
}

#[test]
fn a_scenario_is_written_as_it_is_read() {
    let text = format!("{SMALL}\n[names]\nresolver_rtt = \"5ms\"\nlookup = {{ shop = \"1ms\" }}\n");
    let scenario = loaded(&text).scenario.expect("it has a world of its own");
    let written = scenario.to_toml();
    let again = loaded(&written)
        .scenario
        .expect("it has a world of its own");
    assert_eq!(again, scenario, "{written}");
}

#[test]
fn the_schema_knows_every_table() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).expect("it is JSON");
    let tables = [
        "case", "expect", "fault", "hosts", "link", "name", "names", "page", "question",
        "recorded", "seed", "serve", "set", "variant",
    ];
    let properties = schema["properties"].as_object().expect("it has properties");
    let known: Vec<_> = properties.keys().map(String::as_str).collect();
    for table in tables {
        assert!(known.contains(&table), "{table} is not in {known:?}");
    }
    assert_eq!(
        schema["additionalProperties"],
        serde_json::Value::Bool(false)
    );
}
