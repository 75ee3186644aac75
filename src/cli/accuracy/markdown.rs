//! The comparison as a page in Markdown.

use std::fmt::Write;

use super::numbers;
use crate::measure::accuracy::{Accuracy, Estimator, Kind, Metric, Row, Verdict};

const INFALLIBLE: &str = "a string takes every text";

const OPENING: &str = "\
# The lab against Linux

`wirelab accuracy` wrote this page. Linux 6.18 was measured on a controlled path (`tests/reference/README.md`); the lab
ran the same experiments in its profiles `linux` and `smoltcp`, and a closed form says what a textbook says, where it
says anything. Times are milliseconds; errors are estimate less Linux's median, in per cent of it. The verdict is on the
lab with its profile `linux` alone.

![Estimates against Linux](accuracy.svg)

";

const FORMULAS: &str = "
The closed forms: a transfer takes a round trip for the connection and one for each round of slow start from ten
segments, doubling; at a bottleneck the last round is serialized, or all data, whichever takes longer; a lost SYN or
SYN-ACK costs 1 s, a lost last ACK nothing. Other losses have no closed form. Data waits for its acknowledgment for
nothing, for the next request, or for 40 ms. Timers are their nominal instants, which the kernel's tick rounds up.
Errors are of times of at least 1 ms on Linux: what is shorter is what a machine needs to wake up.
";

/// The whole page.
pub(super) fn page(accuracy: &Accuracy) -> String {
    let mut page = OPENING.to_owned();
    put_errors(&mut page, accuracy);
    page.push_str(FORMULAS);
    for kind in Kind::ALL {
        let rows: Vec<_> = accuracy
            .rows
            .iter()
            .filter(|row| row.kind == kind)
            .collect();
        put_kind(&mut page, kind, &rows);
    }
    page.push_str("\n## Every metric\n\n");
    put_head(&mut page, "row | metric");
    for row in &accuracy.rows {
        for metric in &row.metrics {
            let name = format!("{} | {}", row.case, metric.name);
            put_metric(&mut page, &name, metric, metric.verdict);
        }
    }
    page
}

fn put_errors(page: &mut String, accuracy: &Accuracy) {
    page.push_str(
        "| absolute error | rows | median | p90 | max | all times | median | p90 | max |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for one in Estimator::ALL {
        let main = numbers::errors(accuracy.main_errors(one)).join(" | ");
        let all = numbers::errors(accuracy.errors(one)).join(" | ");
        writeln!(page, "| {} | {main} | {all} |", one.name()).expect(INFALLIBLE);
    }
    writeln!(page, "\n{}.", numbers::tally(accuracy)).expect(INFALLIBLE);
}

fn put_kind(page: &mut String, kind: Kind, rows: &[&Row]) {
    let title = kind.title();
    let (first, rest) = title.split_at(1);
    writeln!(page, "\n## {}{rest}\n", first.to_uppercase()).expect(INFALLIBLE);
    put_head(page, "row | metric");
    for row in rows {
        let name = format!("{} | {}", row.case, row.main().name);
        put_metric(page, &name, row.main(), row.verdict());
    }
    let findings = rows
        .iter()
        .flat_map(|row| row.findings.iter().map(|finding| (&row.case, finding)));
    let mut opened = false;
    for (case, finding) in findings {
        if !opened {
            page.push_str(
                "\n| row | what | Linux | lab | smoltcp | verdict |\n|---|---|---|---|---|---|\n",
            );
            opened = true;
        }
        writeln!(
            page,
            "| {case} | {} | {} | {} | {} | {} |",
            finding.name,
            finding.linux,
            finding.lab,
            finding.smoltcp,
            finding.verdict.word()
        )
        .expect(INFALLIBLE);
    }
    put_notes(page, rows);
}

/// Notes, each once, with the rows that it belongs to.
fn put_notes(page: &mut String, rows: &[&Row]) {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in rows {
        for note in &row.notes {
            match notes.iter_mut().find(|(known, _)| known == note) {
                Some((_, cases)) => cases.push(&row.case),
                None => notes.push((note, vec![&row.case])),
            }
        }
    }
    if !notes.is_empty() {
        page.push('\n');
    }
    for (note, cases) in notes {
        writeln!(page, "* {}: {note}.", cases.join(", ")).expect(INFALLIBLE);
    }
}

fn put_head(page: &mut String, first: &str) {
    writeln!(
        page,
        "| {first} | Linux | range | lab | error | smoltcp | error | formula | error | band | verdict |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|"
    )
    .expect(INFALLIBLE);
}

fn put_metric(page: &mut String, name: &str, metric: &Metric, verdict: Verdict) {
    let estimates = Estimator::ALL.map(|one| {
        let (estimate, error) = (numbers::estimate(metric, one), numbers::error(metric, one));
        format!("{estimate} | {error}")
    });
    writeln!(
        page,
        "| {name} | {} | {} | {} | {} | {} |",
        numbers::number(metric, metric.linux.median),
        numbers::range(metric),
        estimates.join(" | "),
        metric.band,
        verdict.word()
    )
    .expect(INFALLIBLE);
}
