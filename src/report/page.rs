//! The HTML: what can be read without a script, and the data and scripts for the rest.

use std::fmt::{self, Write};

use serde_json::json;

use super::Variant;
use super::answer::{answer, millis};
use crate::measure::account::Class;
use crate::measure::{CaseResult, Table};

/// Styles and scripts, in the order in which they are put together.
const STYLES: [&str; 3] = [
    include_str!("colours.css"),
    include_str!("page.css"),
    include_str!("charts.css"),
];
const SCRIPTS: [&str; 11] = [
    include_str!("make.js"),
    include_str!("data.js"),
    include_str!("place.js"),
    include_str!("account.js"),
    include_str!("waterfall.js"),
    include_str!("ladder.js"),
    include_str!("sequence.js"),
    include_str!("frames.js"),
    include_str!("sockets.js"),
    include_str!("player.js"),
    include_str!("main.js"),
];

/// Nothing is loaded from anywhere, whatever the page holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The page of a case. The first of its variants is the one that is shown first.
pub fn page(case: &str, question: &str, variants: &[Variant]) -> String {
    let mut page = String::new();
    put(&mut page, case, question, variants).expect("a string takes every text");
    page
}

fn put(page: &mut String, case: &str, question: &str, variants: &[Variant]) -> fmt::Result {
    let name = escape(case);
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name}: where the time went</title>\n\
         <style>\n{}</style>\n</head>\n<body>\n",
        STYLES.concat()
    )?;
    write!(
        page,
        "<a class=\"skip\" href=\"#detail\">To the packets</a>\n<header class=\"top\">\n\
         <p class=\"brand\">wirelab <span>{name}</span></p>\n\
         <button id=\"theme\" type=\"button\" hidden>Theme: system</button>\n</header>\n\
         <main>\n<section class=\"answer\" aria-label=\"Answer\">\n<h1>{}</h1>\n",
        escape(question)
    )?;
    if let Some(first) = variants.first() {
        write!(
            page,
            "<p class=\"kicker\" id=\"answer-of\">{}</p>\n<p class=\"sentence\" id=\"answer\" aria-live=\"polite\">{}</p>\n",
            escape(&format!("{}: {}", first.result.variant, first.about)),
            escape(&answer(&first.result)),
        )?;
    }
    page.push_str("</section>\n");
    compare(page, variants)?;
    page.push_str(
        "<section id=\"detail\" tabindex=\"-1\" aria-label=\"One variant, packet by packet\">\n\
         <noscript><p>The packets, the ladder and the stepper need JavaScript; what is above does not.</p></noscript>\n\
         </section>\n</main>\n",
    );
    embed(page, case, variants)?;
    page.push_str("</body>\n</html>\n");
    Ok(())
}

/// The variants side by side.
fn compare(page: &mut String, variants: &[Variant]) -> fmt::Result {
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
    let longest = variants
        .iter()
        .map(|variant| variant.result.total_ms)
        .fold(0.0, f64::max);
    for variant in variants {
        row(page, variant, longest)?;
    }
    page.push_str("</tbody>\n</table>\n");
    legend(page, variants)?;
    for variant in variants {
        evidence(page, &variant.result)?;
    }
    page.push_str("</section>\n");
    Ok(())
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
    write!(
        page,
        "<span class=\"bar\" role=\"img\" aria-label=\"{}\" style=\"width:{:.3}%\">",
        escape(&words.join(", ")),
        100.0 * result.total_ms / longest.max(f64::MIN_POSITIVE)
    )?;
    for ((class, ms), words) in std::iter::zip(&spent, &words) {
        write!(
            page,
            "<i class=\"c-{}\" style=\"flex:{ms:.6}\" title=\"{}\"></i>",
            class.key(),
            escape(words)
        )?;
    }
    page.push_str("</span>");
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
    write!(
        page,
        "<details{}><summary>{}: checks, claims and figures</summary>\n",
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

/// The data of each variant, and the scripts.
fn embed(page: &mut String, case: &str, variants: &[Variant]) -> fmt::Result {
    let classes: Vec<_> = Class::ALL
        .iter()
        .map(|class| (class.key(), class.to_string()))
        .collect();
    let named = variants.iter().map(|variant| {
        let Variant { result, about, .. } = variant;
        json!({"name": result.variant, "about": about, "answer": answer(result)})
    });
    let index = json!({
        "case": case,
        "classes": classes,
        "variants": named.collect::<Vec<_>>(),
    });
    writeln!(
        page,
        "<script type=\"application/json\" id=\"index\">{}</script>",
        script(&index.to_string())
    )?;
    for variant in variants {
        writeln!(
            page,
            "<script type=\"text/plain\" class=\"run\" data-variant=\"{}\">{}</script>",
            escape(&variant.result.variant),
            variant.packed
        )?;
    }
    writeln!(
        page,
        "<script type=\"module\">\n{}</script>",
        SCRIPTS.concat()
    )
}

/// A text as HTML shows it, in an element or an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// JSON that cannot end the element it is in, nor begin a comment there.
pub(super) fn script(json: &str) -> String {
    json.replace('<', "\\u003c")
}
