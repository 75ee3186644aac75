//! From what was typed to what is meant: a list of plans, checked before anything runs.

use anyhow::{Result, anyhow, bail};

use super::args::{RunArgs, Settings};
use super::sizes;
use crate::case::{Case, Plan, Variant, all, find};

/// The plans of `wirelab run`, in catalog order for `--all` and in the order of the names otherwise; no plan
/// comes twice.
pub(super) fn plans(args: &RunArgs) -> Result<Vec<Plan>> {
    let variants = if args.all {
        all().iter().flat_map(|case| variants_of(*case)).collect()
    } else {
        named(&args.cases)?
    };
    if variants.is_empty() {
        bail!(
            "nothing to run: name a case, for example `wirelab run handshake/open`, or give --all; \
             `wirelab list` shows all cases"
        );
    }
    let settings = merged(&args.settings)?;
    variants
        .into_iter()
        .map(|(case, variant)| plan(case.name(), variant, args.settings.seed, &settings))
        .collect()
}

/// The plan of `wirelab step`.
pub(super) fn single(name: &str, typed: &Settings) -> Result<Plan> {
    let Some((case, variant)) = name.split_once('/') else {
        let variants = find(name)?.variants();
        let known: Vec<_> = variants.iter().map(|variant| variant.name).collect();
        bail!(
            "`{name}` is a case, and one variant is needed: write for example `{name}/{}`; it has: {}",
            known[0],
            known.join(", ")
        );
    };
    plan(case, variant, typed.seed, &merged(typed)?)
}

type Setting<'a> = (&'a str, &'a str);

fn plan(case: &str, variant: &str, seed: u64, settings: &[Setting<'_>]) -> Result<Plan> {
    let settings = sizes::read(find(case)?, settings)?;
    let settings = settings.iter().map(|(key, value)| (*key, value.as_ref()));
    Ok(Plan::new(case, variant, seed, settings)?)
}

type Chosen = (&'static dyn Case, &'static str);

fn variants_of(case: &'static dyn Case) -> impl Iterator<Item = Chosen> {
    let name = |variant: &'static Variant| variant.name;
    case.variants()
        .iter()
        .map(move |variant| (case, name(variant)))
}

/// The variants of these `CASE[/VARIANT]`, each once.
fn named(names: &[String]) -> Result<Vec<Chosen>> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for name in names {
        let (case, variant) = match name.split_once('/') {
            Some((case, variant)) => (find(case)?, Some(variant)),
            None => (find(name)?, None),
        };
        let wanted: Vec<_> = match variant {
            Some(variant) => {
                // Only a plan knows how to refuse a variant.
                let plan = Plan::new(case.name(), variant, 0, [])?;
                vec![(case, plan.variant())]
            }
            None => variants_of(case).collect(),
        };
        for (case, variant) in wanted {
            if !chosen
                .iter()
                .any(|(known, name)| known.name() == case.name() && *name == variant)
            {
                chosen.push((case, variant));
            }
        }
    }
    Ok(chosen)
}

/// `--stack` and `--set` as one list in which no key comes twice.
fn merged(typed: &Settings) -> Result<Vec<Setting<'_>>> {
    let mut merged: Vec<(Setting<'_>, String)> = Vec::new();
    let stack = typed.stack.as_deref().map(|stack| ("stack", stack));
    let flags = stack.map(|(_, stack)| format!("--stack {stack}"));
    let sets = typed.knobs.iter().map(|(key, value)| {
        let flag = format!("--set {key}={value}");
        ((key.as_str(), value.as_str()), flag)
    });
    for (setting, flag) in stack.zip(flags).into_iter().chain(sets) {
        match merged.iter().find(|(known, _)| contradict(*known, setting)) {
            Some((_, other)) => return Err(contradiction(other, &flag)),
            None => merged.push((setting, flag)),
        }
    }
    Ok(merged.into_iter().map(|(setting, _)| setting).collect())
}

/// Whether two settings give one knob two values. `stack` sets both `client_stack` and `server_stack`.
fn contradict((key, value): Setting<'_>, (other_key, other_value): Setting<'_>) -> bool {
    let of_stack = |key: &str| matches!(key, "client_stack" | "server_stack");
    let same_knob = key == other_key
        || key == "stack" && of_stack(other_key)
        || other_key == "stack" && of_stack(key);
    same_knob && value != other_value
}

fn contradiction(first: &str, second: &str) -> anyhow::Error {
    anyhow!("`{first}` and `{second}` contradict each other: give one of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(stack: Option<&str>, settings: &[(&str, &str)]) -> Settings {
        let settings = settings
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()));
        Settings {
            knobs: settings.collect(),
            seed: 1,
            stack: stack.map(str::to_owned),
        }
    }

    #[test]
    fn a_knob_takes_one_value() {
        let twice = typed(None, &[("rtt", "1ms"), ("rtt", "2ms")]);
        let error = merged(&twice).expect_err("two values").to_string();
        assert_eq!(
            error,
            "`--set rtt=1ms` and `--set rtt=2ms` contradict each other: give one of them"
        );
        assert!(merged(&typed(None, &[("rtt", "1ms"), ("rtt", "1ms")])).is_ok());
        assert!(merged(&typed(Some("linux"), &[("client_stack", "smoltcp")])).is_err());
        assert!(merged(&typed(Some("linux"), &[("stack", "smoltcp")])).is_err());
    }

    #[test]
    fn a_variant_named_twice_is_run_once() {
        let names = ["handshake/open", "handshake", "handshake/open"].map(str::to_owned);
        let chosen = named(&names).expect("they exist");
        assert_eq!(
            chosen.len(),
            find("handshake").expect("it exists").variants().len()
        );
        assert_eq!(chosen[0].1, "open");
    }
}
