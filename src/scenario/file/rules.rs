//! Rules about single values, and about what names what: names, versions, faults, expectations, variants.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::place::{Placed, Problem};
use super::raw::{Expect, FaultTable, File};
use super::understand::unknown;
use super::value::Word;
use crate::app::browser::Version;
use crate::app::tls;
use crate::case::{CaseError, Plan, all};
use crate::link::Trouble;
use crate::scenario::model::{Expectation, Fault, Figure, Scenario, Way};
use crate::units::{SimTime, Span};

/// The name of a scenario: that which its file gives, or else that of the file.
pub(super) fn name(file: &File, fallback: &str) -> Result<String, Problem> {
    let Some(name) = &file.name else {
        return Ok(tidy(fallback));
    };
    is_file_name(name, "scenario")?;
    if all().iter().any(|case| case.name() == name.value) {
        let message = format!(
            "`{}` is a built-in case; choose another name, so that its files stay apart",
            name.value
        );
        return Err(Problem::with(name, message));
    }
    Ok(name.value.clone())
}

/// A name of files made of any text: what is no letter, digit, dot, dash or underscore becomes a dash. The names of
/// built-in cases are theirs.
pub(in crate::scenario) fn tidy(name: &str) -> String {
    let fine = |letter: char| if is_fine(letter) { letter } else { '-' };
    let tidy: String = name.chars().map(fine).take(60).collect();
    let tidy = tidy.trim_matches(['.', '-']);
    match tidy {
        "" => "scenario".to_owned(),
        name if all().iter().any(|case| case.name() == name) => format!("my-{name}"),
        name => name.to_owned(),
    }
}

fn is_fine(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "._-".contains(letter)
}

/// Names of scenarios, variants and hosts are those of files and directories.
pub(super) fn is_file_name(name: &Placed<String>, what: &str) -> Result<(), Problem> {
    let text = &name.value;
    let fine = text.chars().all(is_fine) && !text.starts_with(['.', '-']) && text.len() <= 60;
    if fine && !text.is_empty() {
        return Ok(());
    }
    let message = format!(
        "`{text}` cannot name a {what}: up to 60 letters, digits, dots, dashes and underscores can, a letter or digit first"
    );
    Err(Problem::with(name, message))
}

/// Names in URLs are those of certificates.
pub(super) fn is_dns_name(text: &str) -> Result<(), String> {
    let label = |label: &str| {
        let fine = label
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        fine && !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = text
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if text.len() <= 253 && text.split('.').all(label) && !is_number {
        return Ok(());
    }
    Err(format!(
        "`{text}` is no name of a server: labels of letters, digits and dashes are, with dots between, such as www.shop.test"
    ))
}

pub(super) fn version(text: &Placed<String>) -> Result<Version, Problem> {
    match text.value.as_str() {
        "http/1.1" => Ok(Version::Http1),
        "h2" => Ok(Version::Http2),
        "h3" => Ok(Version::Http3),
        other => Err(Problem::with(
            text,
            format!("`{other}` is no protocol; write http/1.1, h2 or h3"),
        )),
    }
}

pub(super) fn tls(text: &Placed<String>) -> Result<tls::Version, Problem> {
    match text.value.as_str() {
        "1.3" => Ok(tls::Version::Tls13),
        "1.2" => Ok(tls::Version::Tls12),
        other => Err(Problem::with(
            text,
            format!("`{other}` is no version of TLS here; write \"1.3\" or \"1.2\""),
        )),
    }
}

pub(super) fn priority(text: Option<&Placed<String>>) -> Result<u8, Problem> {
    let Some(text) = text else { return Ok(1) };
    match text.value.as_str() {
        "high" => Ok(2),
        "normal" => Ok(1),
        "low" => Ok(0),
        other => Err(Problem::with(
            text,
            format!("`{other}` is no priority; write high, normal or low"),
        )),
    }
}

/// The faults of a file, between hosts of these names.
pub(super) fn faults(file: &File, hosts: &[String]) -> Result<Vec<Fault>, Problem> {
    file.fault.iter().map(|table| fault(table, hosts)).collect()
}

fn fault(table: &Placed<FaultTable>, hosts: &[String]) -> Result<Fault, Problem> {
    let FaultTable {
        between,
        one_way,
        at,
        lasting,
        down,
        hold,
        loss,
        delay,
        drop,
    } = &table.value;
    for name in between {
        if !hosts.contains(&name.value) {
            let message = unknown("host", &name.value, hosts, "add [hosts.NAME]");
            return Err(Problem::with(name, message));
        }
    }
    let troubles = [
        down.then_some(Trouble::Down),
        hold.then_some(Trouble::Hold),
        loss.map(|chance| Trouble::Loss(chance.0)),
        delay.map(|longer| Trouble::Delay(longer.0)),
        drop.as_ref()
            .map(|scripts| Trouble::Drop(scripts.0.clone())),
    ];
    let mut troubles = troubles.into_iter().flatten();
    let (Some(what), None) = (troubles.next(), troubles.next()) else {
        let message = "a fault needs one of `down = true`, `hold = true`, `loss`, `delay` and `drop`, and no two";
        return Err(Problem::with(table, message));
    };
    let from = SimTime::ZERO + at.map_or(Span::ZERO, |value| value.0);
    if let Some(lasting) = lasting.as_ref().filter(|lasting| lasting.value.0.is_zero()) {
        return Err(Problem::with(
            lasting,
            "a fault lasts some time; write for example \"500ms\"",
        ));
    }
    if lasting.is_none() && what == Trouble::Hold {
        let message = "a hold has an end, at which frames go on; write for example for = \"50ms\"";
        return Err(Problem::with(table, message));
    }
    let until = lasting
        .as_ref()
        .map_or(SimTime::MAX, |lasting| from + lasting.value.0);
    Ok(Fault {
        between: between.each_ref().map(|name| name.value.clone()),
        one_way: *one_way,
        from,
        until,
        what,
    })
}

/// The expectations of a file that has variants of these names.
pub(super) fn expectations(file: &File, variants: &[String]) -> Result<Vec<Expectation>, Problem> {
    let mut all = Vec::new();
    for table in &file.expect {
        if let Some(variant) = &table.value.variant
            && !variants.contains(&variant.value)
        {
            let message = unknown("variant", &variant.value, variants, "add [[variant]]");
            return Err(Problem::with(variant, message));
        }
        let figures = figures(table)?;
        if figures.is_empty() {
            let message = "nothing is expected here; write for example page_under = \"300ms\", round_trips_at_most = 3 or rto_at_most = 0";
            return Err(Problem::with(table, message));
        }
        all.extend(figures.into_iter().map(|(what, most)| Expectation {
            variant: table.value.variant.as_ref().map(|name| name.value.clone()),
            what,
            most,
        }));
    }
    Ok(all)
}

fn figures(table: &Placed<Expect>) -> Result<Vec<(Figure, u64)>, Problem> {
    let expect = &table.value;
    let object = match (&expect.object, expect.object_under) {
        (Some(object), Some(under)) => {
            Some((Figure::Object(object.value.clone()), under.0.as_nanos()))
        }
        (None, None) => None,
        (Some(object), None) => {
            let message =
                "add object_under = \"200ms\", which says when the object has to be there";
            return Err(Problem::with(object, message));
        }
        (None, Some(_)) => {
            let message = "add object = \"/hero.jpg\", which says which object is meant";
            return Err(Problem::with(table, message));
        }
    };
    let trips = expect
        .round_trips_at_most
        .as_ref()
        .map(thousandths)
        .transpose()?;
    let figures = [
        expect
            .page_under
            .map(|under| (Figure::Page, under.0.as_nanos())),
        trips.map(|trips| (Figure::RoundTrips, trips)),
        object,
        expect.rto_at_most.map(|most| (Figure::Timeouts, most.0)),
        expect
            .retransmissions_at_most
            .map(|most| (Figure::Retransmissions, most.0)),
        expect
            .connections_at_most
            .map(|most| (Figure::Connections, most.0)),
        expect.bytes_at_most.map(|most| (Figure::Bytes, most.0.0)),
    ];
    Ok(figures.into_iter().flatten().collect())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is between zero and a million"
)]
fn thousandths(trips: &Placed<f64>) -> Result<u64, Problem> {
    if (0.0..=1e6).contains(&trips.value) {
        return Ok((trips.value * 1000.0).round() as u64);
    }
    Err(Problem::with(
        trips,
        "a number of round trips such as 3 or 2.5 is needed",
    ))
}

/// Whether every variant's settings are settings that the scenario takes, and its expectations look at what there is.
pub(super) fn check(file: &File, scenario: &Scenario) -> Result<(), Problem> {
    let bare = Scenario {
        variants: vec![Way {
            name: "bare".to_owned(),
            ..Way::default()
        }],
        ..scenario.clone()
    };
    let bare = Arc::new(bare);
    for table in &file.variant {
        settings(&table.value.set, |setting| {
            let (case, setting) = (Arc::clone(&bare), setting.iter().copied());
            Plan::with_traces(case, "bare", 1, setting, &scenario.traces)
        })?;
        let whole = Arc::new(scenario.clone());
        Plan::of(whole, &table.value.name.value, 1, [])
            .map_err(|error| Problem::with(table, error.to_string()))?;
    }
    let named = file
        .expect
        .iter()
        .filter_map(|expect| expect.value.object.as_ref());
    for name in named {
        if scenario.object_called(&name.value).is_none() {
            let objects = file.page.iter().flat_map(|page| &page.value.object);
            let urls = objects.map(|object| object.value.url.value.clone());
            let known: Vec<_> = urls.collect();
            let message = unknown("object", &name.value, &known, "add [[page.object]]");
            return Err(Problem::with(name, message));
        }
    }
    Ok(())
}

/// Whether each of these settings is one, by itself. What contradicts another is for the plan of all of them to refuse.
pub(super) fn settings(
    set: &BTreeMap<Placed<String>, Placed<Word>>,
    plan: impl Fn(&[(&str, &str)]) -> Result<Plan, CaseError>,
) -> Result<(), Problem> {
    for (key, value) in set {
        let at = match plan(&[(&key.value, &value.value.0)]) {
            Err(error @ CaseError::UnknownKey { .. }) => (key.span(), error),
            Err(error @ CaseError::BadValue { .. }) => (value.span(), error),
            _ => continue,
        };
        return Err(Problem {
            at: at.0,
            message: at.1.to_string(),
        });
    }
    Ok(())
}
