//! A file that builds on a case of the catalog: a variant, settings of its knobs, and faults and expectations of one's
//! own. Without the latter it is that very case, byte for byte.

use std::sync::Arc;

use super::place::{Placed, Problem};
use super::raw::File;
use super::traces::{self, Open};
use super::{Loaded, rules};
use crate::case::{
    Case, CaseError, CaseRef, Judgement, Knob, Main, Plan, Relief, Run, Stage, Variant, find,
    nearest_of,
};
use crate::measure::Exchange;
use crate::record::Recording;
use crate::scenario::expect;
use crate::scenario::fault;
use crate::scenario::model::{Expectation, Fault};
use crate::units::SimTime;

/// A case of the catalog with more befalling it, and more expected of it.
struct Derived {
    base: CaseRef,
    name: String,
    question: String,
    faults: Vec<Fault>,
    expectations: Vec<Expectation>,
}

/// What a file that names a case means.
pub(super) fn load(
    file: &File,
    case: &Placed<String>,
    name: &str,
    open: Open<'_>,
) -> Result<Loaded, Problem> {
    own_world(file)?;
    let (base, variants) = named(case)?;
    let traces = traces::named(&file.set, &base.knobs(), open)?;
    let plan = |settings: &[(&str, &str)]| {
        let settings = settings.iter().copied();
        Plan::with_traces(base.clone(), &variants[0], 1, settings, &traces)
    };
    rules::settings(&file.set, plan)?;
    let settings: Vec<_> = file
        .set
        .iter()
        .map(|(key, value)| (key.value.clone(), value.value.0.clone()))
        .collect();
    let borrowed = settings.iter();
    let borrowed: Vec<_> = borrowed
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let plan = plan(&borrowed).map_err(|error| Problem::with(case, error.to_string()))?;
    let is_bare = file.fault.is_empty()
        && file.expect.is_empty()
        && file.name.is_none()
        && file.question.is_none();
    let case = if is_bare {
        base.clone()
    } else {
        CaseRef::from(Arc::new(Derived::of(file, &base, &plan, &variants, name)?))
    };
    Ok(Loaded {
        case,
        variants,
        seed: file.seed.map(|seed| seed.0),
        settings,
        traces,
        scenario: None,
    })
}

/// Whether the file has nothing of a world of its own.
fn own_world(file: &File) -> Result<(), Problem> {
    let hosts = file.hosts.keys().map(Placed::span);
    let links = file.link.iter().map(Placed::span);
    let serves = file.serve.iter().map(Placed::span);
    let page = file.page.iter().map(Placed::span);
    let names = file.names.iter().map(Placed::span);
    let variants = file.variant.iter().map(Placed::span);
    let mut own = hosts
        .chain(links)
        .chain(serves)
        .chain(page)
        .chain(names)
        .chain(variants);
    match own.next() {
        None => Ok(()),
        Some(at) => Err(Problem {
            at,
            message: "a file that names a `case` has the world of that case; turn its knobs under [set], or leave `case` out"
                .to_owned(),
        }),
    }
}

/// The case, and the variant that is named, or all of them.
fn named(text: &Placed<String>) -> Result<(CaseRef, Vec<String>), Problem> {
    let (case, variant) = match text.value.split_once('/') {
        Some((case, variant)) => (case, Some(variant)),
        None => (text.value.as_str(), None),
    };
    let base = find(case).map_err(|error| Problem::with(text, error.to_string()))?;
    let known: Vec<_> = base
        .variants()
        .iter()
        .map(|known| known.name.to_owned())
        .collect();
    let Some(variant) = variant else {
        return Ok((base.into(), known));
    };
    if let Some(name) = known.iter().find(|name| *name == variant) {
        return Ok((base.into(), vec![name.clone()]));
    }
    let near = nearest_of(variant, known.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!(" (did you mean `{near}`?)"));
    let message = format!(
        "the case `{case}` has no variant `{variant}`{near}; it has: {}",
        known.join(", ")
    );
    Err(Problem::with(text, message))
}

impl Derived {
    fn of(
        file: &File,
        base: &CaseRef,
        plan: &Plan,
        variants: &[String],
        fallback: &str,
    ) -> Result<Self, Problem> {
        let hosts = Run::start(plan).hosts();
        let expectations = rules::expectations(file, variants)?;
        Ok(Self {
            name: rules::name(file, fallback)?,
            question: file
                .question
                .clone()
                .unwrap_or_else(|| base.question().to_owned()),
            faults: rules::faults(file, &hosts)?,
            expectations,
            base: base.clone(),
        })
    }
}

impl Case for Derived {
    fn name(&self) -> &str {
        &self.name
    }

    fn question(&self) -> &str {
        &self.question
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        self.base.variants()
    }

    fn knobs(&self) -> Vec<Knob> {
        self.base.knobs()
    }

    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        self.base.check(plan)
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        let main = self.base.build(plan, stage);
        fault::put(&self.faults, stage);
        main
    }

    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        self.base.reliefs(plan)
    }

    fn is_random(&self, plan: &Plan) -> bool {
        self.base.is_random(plan) || fault::is_by_chance(&self.faults)
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        let mut judgement = self.base.judge(plan, recording);
        if !self.faults.is_empty() {
            // The case's own closed form and expectations know nothing of what befell it here.
            judgement.formula = None;
            judgement.checks.clear();
        }
        let exchanges = Exchange::all(recording);
        let run = expect::Run {
            scenario: None,
            recording,
            beginning: SimTime::ZERO,
            total: judgement.total,
            rtt: judgement.rtt,
            exchanges: &exchanges,
        };
        let kept = expect::kept(&self.expectations, plan.variant(), &run);
        judgement.checks.extend(kept);
        judgement
    }
}
