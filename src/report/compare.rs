//! The variants side by side: what can be read without a script.

use std::fmt::{self, Write};

use super::Variant;
use super::answer::millis;
use super::page::escape;
use crate::measure::account::Class;
use crate::measure::{CaseResult, Table};

/// How many times as long as that of the one in the middle a bar may be before it is cut.
const CUT: f64 = 8.0;

/// The variants side by side.
pub(super) fn compare(page: &mut String, variants: &[Variant]) -> fmt::Result {
    page.push_str(
        "<section aria-labelledby=\"compare\">\n<h2 id=\"compare\">Side by side</h2>\n\
         <table class=\"compare\" role=\"table\">\n<thead role=\"rowgroup\"><tr role=\"row\">",
    );
    for column in [
        "Variant",
        "Where the time went",
        "Total",
        "Formula",
        "Residual",
        "Checks",
        "Traffic",
    ] {
        write!(
            page,
            "<th role=\"columnheader\" scope=\"col\">{column}</th>"
        )?;
    }
    page.push_str("</tr></thead>\n<tbody role=\"rowgroup\">\n");
    let longest = whole_bar(variants);
    for variant in variants {
        row(page, variant, longest)?;
    }
    page.push_str("</tbody>\n</table>\n");
    legend(page, variants)?;
    page.push_str("<div class=\"evidence\">\n");
    for variant in variants {
        evidence(page, &variant.result)?;
    }
    page.push_str("</div>\n</section>\n");
    Ok(())
}

/// What a bar of full length stands for, in ms: the longest total, unless that would leave nothing of most others. What
/// is longer is cut.
fn whole_bar(variants: &[Variant]) -> f64 {
    let totals = variants.iter().map(|variant| variant.result.total_ms);
    let mut totals: Vec<_> = totals.collect();
    totals.sort_by(f64::total_cmp);
    let middle = totals.get(totals.len() / 2).copied().unwrap_or_default();
    let comparable = totals.iter().filter(|total| **total <= CUT * middle);
    comparable.copied().fold(f64::MIN_POSITIVE, f64::max)
}

fn row(page: &mut String, variant: &Variant, longest: f64) -> fmt::Result {
    let result = &variant.result;
    let name = escape(&result.variant);
    write!(
        page,
        "<tr role=\"row\" data-variant=\"{name}\"><th role=\"rowheader\" scope=\"row\">\
         <a href=\"#variant={name}\">{name}</a> <span class=\"about\">{}</span></th>\n<td role=\"cell\" class=\"wide\">",
        escape(&variant.about)
    )?;
    bar(page, result, longest)?;
    let cell = |page: &mut String, label: &str, text: &str, more: &str| {
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(" <small>{}</small>", escape(more))
        };
        write!(
            page,
            "</td>\n<td role=\"cell\" data-label=\"{label}\"><span class=\"number\">{}</span>{more}",
            escape(text)
        )
    };
    cell(
        page,
        "Total",
        &millis(result.total_ms),
        &round_trips(result),
    )?;
    let known = |ms: Option<f64>| ms.map_or_else(|| "none".to_owned(), millis);
    cell(
        page,
        "Formula",
        &known(result.formula_ms),
        result.formula.as_deref().unwrap_or_default(),
    )?;
    let cause = result.residual_cause.as_deref().unwrap_or_default();
    cell(page, "Residual", &known(result.residual_ms), cause)?;
    let held = result.checks.iter().filter(|check| check.holds).count();
    let verdict = if held == result.checks.len() {
        "\u{2713}"
    } else {
        "\u{2717}"
    };
    cell(
        page,
        "Checks",
        &format!("{verdict} {held} of {}", result.checks.len()),
        "",
    )?;
    let plural = if result.connections == 1 { "" } else { "s" };
    let traffic = format!("{} connection{plural}", result.connections);
    cell(
        page,
        "Traffic",
        &format!("{} frames", result.frames),
        &traffic,
    )?;
    page.push_str("</td></tr>\n");
    Ok(())
}

fn round_trips(result: &CaseResult) -> String {
    result
        .round_trips
        .map_or_else(String::new, |trips| format!("{trips:.2} round trips"))
}

/// A stacked bar of an account, as long as the total is of the longest.
fn bar(page: &mut String, result: &CaseResult, longest: f64) -> fmt::Result {
    let Some(account) = &result.account else {
        page.push_str("<span class=\"about\">no account</span>");
        return Ok(());
    };
    let spent = Class::ALL
        .into_iter()
        .filter_map(|class| Some((class, *account.get(class.key())?)));
    let spent: Vec<_> = spent.filter(|(_, ms)| *ms > 0.0).collect();
    let words: Vec<_> = spent
        .iter()
        .map(|(class, ms)| format!("{class} {}", millis(*ms)))
        .collect();
    // Not told by the width: a time divided by itself and multiplied may come out above 100.
    let is_cut = result.total_ms > longest;
    let width = (100.0 * result.total_ms / longest).min(100.0);
    write!(
        page,
        "<span class=\"bar{}\" role=\"img\" aria-label=\"{}\" style=\"width:{:.3}%\">",
        if is_cut { " cut" } else { "" },
        escape(&words.join(", ")),
        width
    )?;
    let total: f64 = spent.iter().map(|(_, ms)| ms).sum();
    for ((class, ms), words) in std::iter::zip(&spent, &words) {
        write!(
            page,
            "<i class=\"c-{}\" style=\"flex:{:.4}\" title=\"{}\"></i>",
            class.key(),
            1_000.0 * ms / total,
            escape(words)
        )?;
    }
    page.push_str("</span>");
    if is_cut {
        page.push_str("<span class=\"about\">cut: it is longer than fits beside the others</span>");
    }
    Ok(())
}

/// What the colours mean, of those classes that occur.
fn legend(page: &mut String, variants: &[Variant]) -> fmt::Result {
    let occurs = |class: &Class| {
        let spent = |variant: &Variant| {
            let account = variant.result.account.as_ref()?;
            account.get(class.key()).copied()
        };
        variants
            .iter()
            .any(|variant| spent(variant).is_some_and(|ms| ms > 0.0))
    };
    page.push_str("<ul class=\"legend\" aria-label=\"Colours\">");
    for class in Class::ALL.into_iter().filter(occurs) {
        write!(page, "<li><i class=\"c-{}\"></i>{class}</li>", class.key())?;
    }
    page.push_str("</ul>\n");
    Ok(())
}

/// What a variant is held against: expectations, what is said of it, and its figures.
fn evidence(page: &mut String, result: &CaseResult) -> fmt::Result {
    let CaseResult {
        checks,
        claims,
        tables,
        ..
    } = result;
    if checks.is_empty() && claims.is_empty() && tables.is_empty() {
        return Ok(());
    }
    let failed = checks.iter().any(|check| !check.holds);
    writeln!(
        page,
        "<details{}><summary>{}: checks, claims and figures</summary>",
        if failed { " open" } else { "" },
        escape(&result.variant)
    )?;
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let holds = |holds: bool| {
        if holds {
            "\u{2713} holds"
        } else {
            "\u{2717} does not hold"
        }
    };
    let checked = Table {
        title: "What was expected".to_owned(),
        columns: texts(&["Expectation", "Expected", "Seen", ""]),
        rows: checks
            .iter()
            .map(|check| {
                texts(&[
                    &check.claim,
                    &check.expected,
                    &check.seen,
                    holds(check.holds),
                ])
            })
            .collect(),
    };
    let said = Table {
        title: "What is said, and what the packets say".to_owned(),
        columns: texts(&["Said", "Packets", "Why"]),
        rows: claims
            .iter()
            .map(|claim| texts(&[&claim.said, &claim.packets, &claim.why]))
            .collect(),
    };
    for table in [&checked, &said].into_iter().chain(tables) {
        figures(page, table)?;
    }
    page.push_str("</details>\n");
    Ok(())
}

fn figures(page: &mut String, table: &Table) -> fmt::Result {
    if table.rows.is_empty() {
        return Ok(());
    }
    let title = escape(&table.title);
    write!(
        page,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{title}\"><table class=\"figures\">\
         <caption>{title}</caption>\n<thead><tr>"
    )?;
    for column in &table.columns {
        write!(page, "<th scope=\"col\">{}</th>", escape(column))?;
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        page.push_str("<tr>");
        for cell in row {
            write!(page, "<td>{}</td>", escape(cell))?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
    Ok(())
}
