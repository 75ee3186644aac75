//! The HTML: what can be read without a script, and the data and scripts for the rest.

use std::fmt::{self, Write};

use serde_json::json;

use super::Variant;
use super::answer::answer;
use super::compare::compare;
use crate::measure::account::Class;

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

/// Letters of a sentence that is too long for the largest type.
const LONG: usize = 110;

/// Nothing is loaded from anywhere, whatever the page holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The page of a case. The first of its variants is the one that is shown first.
///
/// # Panics
/// Never: a string takes every text.
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
        let said = escape(&answer(&first.result));
        write!(
            page,
            "<p class=\"kicker\" id=\"answer-of\">{}</p>\n<p class=\"sentence{}\" id=\"answer\" aria-live=\"polite\">{said}</p>\n",
            escape(&format!("{}: {}", first.result.variant, first.about)),
            if said.len() > LONG { " long" } else { "" },
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
