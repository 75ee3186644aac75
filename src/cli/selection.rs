//! From what was typed to what is meant: a list of plans, checked before anything runs.

use anyhow::{Result, anyhow, bail};

use super::args::{RunArgs, Settings};
use super::{files, sizes, traces};
use crate::case::{CaseRef, Plan, all, find};
use crate::link::Trace;

/// The plans of `wirelab run`, in catalog order for `--all` and in the order of the names otherwise; no plan
/// comes twice.
pub(super) fn plans(args: &RunArgs) -> Result<Vec<Plan>> {
    let chosen = if args.all {
        all()
            .iter()
            .flat_map(|case| Chosen::all(&CaseRef::from(*case)))
            .collect()
    } else {
        named(&args.cases)?
    };
    if chosen.is_empty() {
        bail!(
            "nothing to run: name a case, for example `wirelab run handshake/open`, or give --all; \
             `wirelab list` shows all cases"
        );
    }
    let settings = merged(&args.settings)?;
    chosen
        .iter()
        .map(|chosen| chosen.plan(args.settings.seed, &settings))
        .collect()
}

/// The plan of a command that takes one variant.
pub(super) fn single(name: &str, typed: &Settings) -> Result<Plan> {
    single_of(&opened(name)?, name, typed)
}

/// The variants that a name means, which a command that takes one is to choose from.
pub(super) fn opened(name: &str) -> Result<Vec<Chosen>> {
    if files::is_file(name) {
        return files::open(name);
    }
    let (case, variant) = match name.split_once('/') {
        Some((case, variant)) => (case, Some(variant)),
        None => (name, None),
    };
    let case = find(case).map_err(|error| match files::no_case(name) {
        Some(told) => anyhow!(told),
        None => anyhow!(error),
    })?;
    Ok(match variant {
        Some(variant) => vec![Chosen::one(case, variant)],
        None => Chosen::all(&CaseRef::from(case)).collect(),
    })
}

/// The plan of the only one of these variants.
pub(super) fn single_of(chosen: &[Chosen], name: &str, typed: &Settings) -> Result<Plan> {
    match chosen {
        [one] if files::is_file(name) || name.contains('/') => {
            one.plan(typed.seed, &merged(typed)?)
        }
        several => Err(needs_variant(name, several)),
    }
}

/// The plan of the first of these variants.
pub(super) fn first_of(chosen: &[Chosen], name: &str, typed: &Settings) -> Result<Plan> {
    let Some(first) = chosen.first() else {
        bail!("`{name}` has no variant");
    };
    first.plan(typed.seed, &merged(typed)?)
}

/// What to type instead of the name of several variants.
pub(super) fn needs_variant(name: &str, several: &[Chosen]) -> anyhow::Error {
    let known: Vec<_> = several.iter().map(|one| one.variant.as_str()).collect();
    let first = known.first().copied().unwrap_or_default();
    let what = if files::is_file(name) {
        "file of several variants"
    } else {
        "case"
    };
    anyhow!(
        "`{name}` is a {what}, and one variant is needed: write for example `{name}/{first}`; it has: {}",
        known.join(", ")
    )
}

type Setting<'a> = (&'a str, &'a str);

/// A variant that was named.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) case: CaseRef,
    pub(super) variant: String,
    /// The seed that a file gives.
    pub(super) seed: Option<u64>,
    /// The settings that a file gives.
    pub(super) settings: Vec<(String, String)>,
    /// The traces that they name.
    pub(super) traces: Vec<Trace>,
}

impl Chosen {
    fn one(case: impl Into<CaseRef>, variant: &str) -> Self {
        Self {
            case: case.into(),
            variant: variant.to_owned(),
            seed: None,
            settings: Vec::new(),
            traces: Vec::new(),
        }
    }

    /// All variants of a case.
    fn all(case: &CaseRef) -> impl Iterator<Item = Self> + use<> {
        let variants = case.variants();
        let all: Vec<_> = variants
            .iter()
            .map(|variant| Self::one(case.clone(), variant.name))
            .collect();
        all.into_iter()
    }

    /// The plan with what was typed, which wins over what a file says.
    pub(super) fn plan(&self, seed: Option<u64>, typed: &[Setting<'_>]) -> Result<Plan> {
        let own = self.settings.iter();
        let own = own.map(|(key, value)| (key.as_str(), value.as_str()));
        let settings: Vec<_> = own.chain(typed.iter().copied()).collect();
        let settings = sizes::read(&*self.case, &settings)?;
        let settings = settings.iter().map(|(key, value)| (*key, value.as_ref()));
        let traces = traces::read(&*self.case, settings.clone(), &self.traces)?;
        let seed = seed.or(self.seed).unwrap_or(1);
        let case = self.case.clone();
        Ok(Plan::with_traces(
            case,
            &self.variant,
            seed,
            settings,
            &traces,
        )?)
    }

    fn is(&self, other: &Self) -> bool {
        self.case.name() == other.case.name() && self.variant == other.variant
    }
}

/// The variants of these `CASE[/VARIANT]` and files, each once.
fn named(names: &[String]) -> Result<Vec<Chosen>> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for name in names {
        let wanted = opened(name)?;
        if let [one] = wanted.as_slice()
            && !files::is_file(name)
        {
            // Only a plan knows how to refuse a variant, and it does so before any setting.
            Plan::of(one.case.clone(), &one.variant, 0, [])?;
        }
        for wanted in wanted {
            if !chosen.iter().any(|known| known.is(&wanted)) {
                chosen.push(wanted);
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
            seed: Some(1),
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
        assert_eq!(chosen[0].variant, "open");
    }
}
