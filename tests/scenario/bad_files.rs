//! Scenario files with a mistake: each is refused with its line, its column, and what to do.

use wirelab::scenario::read;

use super::SMALL;

/// What is replaced in a small scenario, by what, the place of the error, and words that the error must have.
const MISTAKES: &[(&str, &str, &str, &[&str])] = &[
    (
        "to = \"shop\"",
        "to = \"shpo\"",
        "7:6",
        &["no host is called `shpo`", "did you mean `shop`"],
    ),
    (
        "rtt = \"100ms\"",
        "rtt = \"100mss\"",
        "8:7",
        &["`100mss`", "150ms"],
    ),
    (
        "rtt = \"100ms\"",
        "rtt = 100",
        "8:7",
        &["without a unit", "150ms"],
    ),
    (
        "rtt = \"100ms\"",
        "rtt = \"100ms\"\ndelay = \"5ms\"",
        "8:7",
        &["twice the `delay`", "one of them"],
    ),
    (
        "rtt = \"100ms\"",
        "rttt = \"100ms\"",
        "8:1",
        &["no key `rttt`", "did you mean `rtt`"],
    ),
    ("rtt = \"100ms\"", "rtt = \"100ms", "8:13", &[]),
    (
        "to = \"shop\"",
        "to = \"client\"",
        "7:6",
        &["joins two hosts"],
    ),
    (
        "from = \"client\"\n",
        "",
        "5:1",
        &["`from` is missing", "add"],
    ),
    (
        "http://shop/\"",
        "http://shpo/\"",
        "11:7",
        &["no server is called `shpo`", "did you mean `shop`"],
    ),
    ("http://shop/\"", "shop\"", "11:7", &["http:// or https://"]),
    (
        "http://shop/\"",
        "http://shop/?q=1\"",
        "11:7",
        &["no query"],
    ),
    (
        "http://shop/style.css",
        "http://shop/",
        "15:7",
        &["another object of this server has this path"],
    ),
    (
        "http://shop/style.css",
        "https://shop/style.css",
        "15:7",
        &["speaks http, not https"],
    ),
    ("bytes = \"10kB\"\n", "", "10:1", &["`bytes` is missing"]),
    (
        "after = [\"/\"]",
        "after = [\"/later\"]",
        "17:10",
        &["no object before this one", "/later"],
    ),
    (
        "after = [\"/\"]",
        "after = [{ of = \"/\", at = \"half\" }]",
        "17:27",
        &["`half`", "50%"],
    ),
    (
        "after = [\"/\"]",
        "after = [{ of = \"/later\" }]",
        "17:17",
        &["no object before this one", "/later"],
    ),
    (
        "after = [\"/\"]",
        "after = [{ of = \"/\", wiat = \"108ms\" }]",
        "17:22",
        &["no key `wiat`", "did you mean `wait`"],
    ),
    (
        "after = [\"/\"]",
        "after = [{ of = \"/\", wait = \"108 parsecs\" }]",
        "17:29",
        &["`108 parsecs`", "150ms"],
    ),
    (
        "after = [\"/\"]",
        "after = [{ of = \"/\", wait = \"-108ms\" }]",
        "17:29",
        &["`-108ms`", "150ms"],
    ),
    (
        "after = [\"/\"]",
        "after = [{ at = \"50%\" }]",
        "17:10",
        &["`of` is missing"],
    ),
    (
        "after = [\"/\"]",
        "after = [7]",
        "17:10",
        &["URL, path or id of an object before this one"],
    ),
    (
        "rtt = \"100ms\"",
        "rtt = \"100ms\"\nmtu = 70000",
        "9:7",
        &["a whole number from 0 to 65535 is needed, not 70000"],
    ),
    (
        "after = [\"/\"]",
        "[[serve]]\nhost = \"shop\"\nport = \"web\"",
        "19:8",
        &["a whole number from 1 to 65535 is needed, not \"web\""],
    ),
    (
        "[[page.object]]\nurl = \"http://shop/\"",
        "[page]\nconnections = -1\n[[page.object]]\nurl = \"http://shop/\"",
        "11:15",
        &["a whole number from 1 to 64 is needed, not -1"],
    ),
    (
        "rtt = \"100ms\"",
        "rtt = 99999999999999999999",
        "8:7",
        &["is too large", "150ms"],
    ),
    (
        "after = [\"/\"]",
        "[[expect]]\nround_trips_at_most = \"few\"",
        "18:23",
        &["expected a number"],
    ),
    (
        "[hosts.client]",
        "names = 3\n[hosts.client]",
        "2:9",
        &["expected a table"],
    ),
    (
        "[hosts.client]",
        "seed = 99999999999999999999999\n[hosts.client]",
        "2:8",
        &["a whole number from 0 to 18446744073709551615 is needed"],
    ),
    (
        "after = [\"/\"]",
        "[[expect]]\nrto_at_most = 1.5",
        "18:15",
        &["a whole number from 0", "not 1.5"],
    ),
    (
        "after = [\"/\"]",
        "priority = \"urgent\"",
        "17:12",
        &["high, normal or low"],
    ),
    (
        "after = [\"/\"]",
        "[[expect]]\npage_under = \"fast\"",
        "18:14",
        &["`fast`"],
    ),
    (
        "after = [\"/\"]",
        "[[expect]]\nvariant = \"nope\"\nrto_at_most = 0",
        "18:11",
        &["no variant is called `nope`"],
    ),
    ("after = [\"/\"]", "[[expect]]", "17:1", &["page_under"]),
    (
        "after = [\"/\"]",
        "[[fault]]\nbetween = [\"client\", \"shop\"]",
        "17:1",
        &["down = true"],
    ),
    (
        "after = [\"/\"]",
        "[[fault]]\nbetween = [\"client\", \"shop\"]\nhold = true",
        "17:1",
        &["a hold has an end", "for = \"50ms\""],
    ),
    (
        "rtt = \"100ms\"",
        "rtt = \"100ms\"\nhold = \"2s..1s\"",
        "9:8",
        &["`2s..1s`", "1s..2s"],
    ),
    (
        "rtt = \"100ms\"",
        "rtt = \"100ms\"\ntrace = \"lte.down\"",
        "9:9",
        &["nobody opens the trace `lte.down` here", "leave it out"],
    ),
    (
        "after = [\"/\"]",
        "[[variant]]\nname = \"x\"\nset = { rt = \"1ms\" }",
        "19:9",
        &["no knob `rt`", "did you mean `rtt`"],
    ),
    (
        "after = [\"/\"]",
        "[[variant]]\nname = \"x\"\nset = { loss = \"200%\" }",
        "19:16",
        &["200%"],
    ),
    (
        "after = [\"/\"]",
        "[[variant]]\nname = \"a/b\"",
        "18:8",
        &["cannot name a variant"],
    ),
    (
        "after = [\"/\"]",
        "[[serve]]\nhost = \"shop\"\nprotocol = \"http3\"",
        "19:12",
        &["http/1.1, h2 or h3"],
    ),
    (
        "[hosts.client]",
        "name = \"transfer\"\n[hosts.client]",
        "2:8",
        &["built-in case"],
    ),
    (
        "[hosts.client]\n",
        "",
        "5:8",
        &["no host is called `client`"],
    ),
    (
        "[hosts.client]",
        "case = \"image-pag\"\n[hosts.client]",
        "3:8",
        &["`case`"],
    ),
];

#[test]
fn every_mistake_is_shown_where_it_is() {
    for (good, bad, place, words) in MISTAKES {
        let text = SMALL.replacen(good, bad, 1);
        let error = read(&text, "small").expect_err(bad);
        let told = error.to_string();
        assert!(
            told.starts_with(&format!("{place}: ")),
            "`{bad}` at {place}: {told}"
        );
        for word in *words {
            assert!(told.contains(word), "`{bad}` without `{word}`: {told}");
        }
        assert_eq!(told.lines().count(), 3, "{told}");
    }
}

#[test]
fn a_mistake_is_marked_in_its_line() {
    let text = SMALL.replacen("to = \"shop\"", "to = \"shpo\"", 1);
    let error = read(&text, "small").expect_err("no such host");
    insta::assert_snapshot!(error.to_string(), @r#"
    7:6: no host is called `shpo` (did you mean `shop`?); there are: client, shop
      7 | to = "shpo"
        |      ^^^^^^
    "#);
}

#[test]
fn mistakes_about_cases_are_shown_as_well() {
    let refused = |text: &str| read(text, "mine").expect_err(text).to_string();
    assert!(refused("case = \"image-pag\"").contains("did you mean `image-page`"));
    assert!(refused("case = \"image-page/origin-h4\"").contains("did you mean"));
    assert!(refused("case = \"transfer/download\"\n[set]\nbytez = 1").starts_with("3:1: "));
    assert!(refused("case = \"transfer/download\"\n[set]\nbytes = \"9TB\"").starts_with("3:9: "));
    assert!(refused("case = \"transfer/download\"\n[hosts.x]\n").contains("under [set]"));
    assert!(refused("").contains("nothing is fetched"));
}

#[test]
fn an_archive_that_is_named_as_a_scenario_is_known_as_one() {
    let archive = format!("{{\"log\":{{\"entries\":[{}]}}}}", "0,".repeat(30_000));
    for text in [archive.clone(), format!("\u{feff}\n{archive}")] {
        let told = read(&text, "page").expect_err("JSON").to_string();
        assert!(told.contains("its name end with .har"), "{told}");
        assert!(
            told.lines().all(|line| line.chars().count() < 120),
            "{told}"
        );
    }
}

#[test]
fn of_a_long_line_the_part_around_the_mistake_is_shown() {
    let ids: Vec<_> = (0..60).map(|id| format!("\"/{id}\"")).collect();
    let long = format!(
        "after = [{}, {{ of = 7 }}, {}]",
        ids.join(", "),
        ids.join(", ")
    );
    let text = SMALL.replacen("after = [\"/\"]", &long, 1);
    let told = read(&text, "small").expect_err("7 is no name").to_string();
    insta::assert_snapshot!(told, @r#"
    17:427: invalid type: integer `7`, expected a string
      17 | ... "/54", "/55", "/56", "/57", "/58", "/59", { of = 7 }, "/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7...
         |                                                      ^
    "#);
}
