//! `wirelab list`: the cases with their variants and knobs.

use std::fmt::Write;

use serde_json::json;

use super::Outcome;
use super::args::ListArgs;
use super::terminal;
use crate::case::{Case, Knob, all, stack_knobs};

/// Prints the list.
pub(super) fn list(args: &ListArgs) -> anyhow::Result<Outcome> {
    let text: String = if args.json {
        all().iter().flat_map(|case| objects(*case)).collect()
    } else {
        let cases = all().iter().map(|case| described(*case));
        let parts: Vec<_> = cases.chain([common()]).collect();
        parts.join("\n")
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
    knobs(&mut text, "  ", &case.knobs());
    text
}

/// What every case has: once, and not below each.
fn common() -> String {
    let mut text = String::from("every case also has the knobs\n");
    knobs(&mut text, "", &stack_knobs());
    text
}

fn knobs(text: &mut String, indent: &str, knobs: &[Knob]) {
    let name = |knob: &Knob| format!("{}={}", knob.key, knob.default);
    let width = knobs.iter().map(|knob| name(knob).len()).max().unwrap_or(0);
    for knob in knobs {
        line(text, indent, &name(knob), width, &knob.help());
    }
}

fn line(text: &mut String, indent: &str, name: &str, width: usize, about: &str) {
    writeln!(text, "{indent}  {name:width$}  {about}").expect("a string takes every text");
}

/// A case for programs: one object per variant, one per line.
fn objects(case: &dyn Case) -> Vec<String> {
    let knobs: Vec<_> = case
        .knobs()
        .into_iter()
        .chain(stack_knobs())
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
