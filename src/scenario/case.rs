//! A scenario as a case: it is planned, run, judged, relieved and diagnosed like those of the catalog.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::expect;
use super::model::Scenario;
use super::turn::{self, turned};
use super::{fault, relief, world};
use crate::app::browser::BEGINS;
use crate::case::{Case, CaseError, Judgement, Knob, Main, Plan, Relief, Stage, Variant};
use crate::event::{AppEvent, Event, HostId, Phase};
use crate::measure::account::Window;
use crate::measure::diagnosis::Fit;
use crate::measure::{Exchange, ObjectResult};
use crate::record::Recording;
use crate::units::{SimTime, Span};

impl Case for Scenario {
    fn name(&self) -> &str {
        &self.name
    }

    fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    fn question(&self) -> &str {
        &self.question
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        let ways = self.variants.iter();
        ways.map(|way| Variant {
            name: &way.name,
            about: &way.about,
        })
        .collect()
    }

    fn knobs(&self) -> Vec<Knob> {
        turn::knobs()
    }

    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        turn::check(&self.as_way(plan)?, plan)
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        world::build(&self.of(plan), plan, stage)
    }

    fn fit(&self) -> Option<Fit> {
        let (recorded, replayed) = self.recorded.zip(self.replayed)?;
        (!recorded.is_zero() && !replayed.is_zero()).then(|| Fit {
            recorded_ms: recorded.as_millis_f64(),
            replayed_ms: replayed.as_millis_f64(),
        })
    }

    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        relief::of(&self.of(plan), plan)
    }

    fn is_random(&self, plan: &Plan) -> bool {
        self.of(plan).is_random()
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        let scenario = self.of(plan);
        let page = Seen::of(&scenario, recording);
        let mut judgement = Judgement {
            total: page.total,
            window: Some(Window {
                host: page.host,
                from: page.beginning,
                until: page.beginning + page.total,
            }),
            rtt: scenario.rtt(),
            objects: page.objects(recording),
            extra: figures(self, plan, &page),
            ..Judgement::default()
        };
        judgement.checks = expect::checks(&scenario, plan, recording, &page);
        compare(self, plan, &mut judgement);
        judgement
    }
}

impl Scenario {
    /// The scenario as a plan has it: its variant's settings and the plan's knobs turned.
    fn of(&self, plan: &Plan) -> Self {
        self.as_way(plan)
            .map_or_else(|_| turned(self, plan), |way| turned(&way, plan))
    }

    /// The scenario as the plan's variant has it.
    fn as_way(&self, plan: &Plan) -> Result<Self, CaseError> {
        let mut ways = self.variants.iter();
        let set = ways.find(|way| way.name == plan.variant());
        let Some(way) = set.filter(|way| !way.set.is_empty()) else {
            return Ok(self.clone());
        };
        let bare = Self {
            variants: vec![super::model::Way {
                set: Vec::new(),
                ..way.clone()
            }],
            ..self.clone()
        };
        let settings = way.set.iter();
        let settings = settings.map(|(key, value)| (key.as_str(), value.as_str()));
        let case = std::sync::Arc::new(bare);
        // What the file names comes first: a trace of the same name elsewhere is another one.
        let traces: Vec<_> = self.traces.iter().chain(plan.traces()).cloned().collect();
        let own = Plan::with_traces(case, plan.variant(), plan.seed(), settings, &traces)?;
        Ok(turned(self, &own))
    }

    /// Whether anything in it depends on chance.
    fn is_random(&self) -> bool {
        let by_chance = |link: &crate::link::LinkConfig| {
            link.loss.is_some()
                || !link.jitter.is_zero()
                || !link.duplicate.is_zero()
                || !link.corrupt.is_zero()
                || link.reorder.is_some()
        };
        self.links().any(by_chance) || fault::is_by_chance(&self.faults)
    }
}

/// How the page fared.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The browser's host.
    pub(super) host: HostId,
    /// When the page began.
    pub(super) beginning: SimTime,
    /// Its requests.
    pub(super) exchanges: Vec<Exchange>,
    /// From the page's beginning until it was there.
    pub(super) total: Span,
}

impl Seen {
    fn of(scenario: &Scenario, recording: &Recording) -> Self {
        let page = &scenario.page;
        let name = &scenario.hosts[page.client].name;
        let mut hosts = recording.hosts();
        let host = hosts.find(|(_, info)| info.name == *name);
        let host = host.map_or(HostId(0), |(id, _)| id);
        let all = Exchange::all(recording).into_iter();
        let exchanges: Vec<_> = all.filter(|exchange| exchange.client == host).collect();
        let background = page.objects.iter().filter(|object| object.background);
        let background: BTreeSet<_> = background.map(|object| scenario.url(object)).collect();
        let is_needed = |exchange: &&Exchange| !background.contains(&exchange.url);
        let needed = exchanges.iter().filter(is_needed);
        let ends = needed.map(|exchange| exchange.ended.unwrap_or(recording.end()));
        let beginning = beginning(recording);
        let last = ends.max().unwrap_or(beginning);
        Self {
            host,
            beginning,
            total: last.since(beginning) + page.settle,
            exchanges,
        }
    }

    fn objects(&self, recording: &Recording) -> Vec<ObjectResult> {
        let end = recording.end();
        let result = |exchange: &Exchange| ObjectResult {
            name: exchange.path().to_owned(),
            start_ms: exchange.wanted.since(self.beginning).as_millis_f64(),
            total_ms: (exchange.ended.unwrap_or(end) - exchange.wanted).as_millis_f64(),
            bytes: exchange.body,
            ..ObjectResult::default()
        };
        self.exchanges.iter().map(result).collect()
    }

    /// The requests that were answered.
    pub(super) fn answered(&self) -> usize {
        let whole = self.exchanges.iter();
        whole
            .filter(|exchange| exchange.at(Phase::ResponseEnd).is_some() && exchange.status == 200)
            .count()
    }
}

/// When the page of a recording began: at once, unless connections were opened ahead.
pub(super) fn beginning(recording: &Recording) -> SimTime {
    let begins = recording.entries.iter().find(|entry| {
        matches!(&entry.event, Event::App(_, event) if matches!(&**event, AppEvent::Note { text } if text == BEGINS))
    });
    begins.map_or(SimTime::ZERO, |entry| entry.at)
}

/// Says of a replay how near it comes to what was recorded, and what was assumed.
fn compare(scenario: &Scenario, plan: &Plan, judgement: &mut Judgement) {
    let both = scenario.recorded.zip(scenario.replayed);
    let (Some((recorded, replayed)), Some(fit)) = (both, Case::fit(scenario)) else {
        return;
    };
    let mut packets = format!(
        "{replayed} when it is replayed on the same conditions, {:.2} times as long",
        fit.ratio()
    );
    if !plan.run_info().params.is_empty() {
        let ratio = judgement.total.as_millis_f64() / replayed.as_millis_f64();
        let total = judgement.total;
        let here = format!("; {total} as it is set here, {ratio:.2} times as long as that");
        packets.push_str(&here);
    }
    judgement.claim(
        format!("{recorded} until the page was there, when it was recorded"),
        packets,
        format!("assumed: {}", scenario.assumptions.join("; ")),
    );
}

/// Figures that only scenarios have: how a replay stands to what it was made of.
fn figures(scenario: &Scenario, plan: &Plan, page: &Seen) -> BTreeMap<String, Value> {
    let mut figures = BTreeMap::new();
    if let Some(replayed) = scenario.replayed {
        figures.insert("replayed_ms".to_owned(), json!(replayed.as_millis_f64()));
    }
    let as_recorded = plan.run_info().params.is_empty();
    if let Some(recorded) = scenario.recorded.filter(|recorded| !recorded.is_zero()) {
        let ratio = page.total.as_millis_f64() / recorded.as_millis_f64();
        figures.insert("recorded_ms".to_owned(), json!(recorded.as_millis_f64()));
        if as_recorded {
            figures.insert("replayed_by_recorded".to_owned(), json!(ratio));
        }
    }
    figures
}
