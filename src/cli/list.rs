//! `wirelab list`: the cases with their variants and knobs.

use std::fmt::Write;

use serde_json::json;

use super::Outcome;
use super::args::ListArgs;
use super::terminal;
use crate::case::{Case, Knob, all};

/// Prints the list.
pub(super) fn list(args: &ListArgs) -> anyhow::Result<Outcome> {
    let text: String = if args.json {
        all().iter().flat_map(|case| objects(*case)).collect()
    } else {
        let cases: Vec<_> = all().iter().map(|case| described(*case)).collect();
        cases.join("\n")
    };
    terminal::print(&text)?;
    Ok(Outcome::Kept)
}

/// A case for people.
fn described(case: &dyn Case) -> String {
    let mut text = format!("{}: {}\n", case.name(), case.question());
    let variants = case.variants();
    let names = variants.iter().map(|variant| variant.name);
    let width = names.map(str::len).max().unwrap_or(0);
    for variant in &variants {
        line(&mut text, "", variant.name, width, variant.about);
    }
    text.push_str("  knobs\n");
    let knobs: Vec<_> = case
        .knobs()
        .into_iter()
        .map(|knob| (format!("{}={}", knob.key, knob.default), knob))
        .collect();
    let width = knobs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, knob) in &knobs {
        line(&mut text, "  ", name, width, &takes(knob));
    }
    text
}

fn line(text: &mut String, indent: &str, name: &str, width: usize, about: &str) {
    writeln!(text, "{indent}  {name:width$}  {about}").expect("a string takes every text");
}

fn takes(knob: &Knob) -> String {
    format!("{} ({})", knob.about, knob.kind.placeholder())
}

/// A case for programs: one object per variant, one per line.
fn objects(case: &dyn Case) -> Vec<String> {
    let knobs: Vec<_> = case
        .knobs()
        .into_iter()
        .map(|knob| {
            json!({
                "key": knob.key,
                "default": knob.default,
                "takes": knob.kind.placeholder(),
                "about": knob.about,
            })
        })
        .collect();
    let object = |variant: &crate::case::Variant<'_>| {
        json!({
            "case": case.name(),
            "question": case.question(),
            "variant": variant.name,
            "about": variant.about,
            "knobs": knobs,
        })
    };
    case.variants()
        .iter()
        .map(|variant| format!("{}\n", object(variant)))
        .collect()
}
