//! Recording against formula: what a case says of its run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Plan;
use crate::measure::account::{PageAccount, Window};
use crate::measure::{
    CaseResult, Check, Claim, Exchange, Formula, HostView, ObjectResult, Phases, Table,
};
use crate::record::Recording;
use crate::units::Span;

/// What a case makes of its recording.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// From the first frame of the client's to the last byte that it read, or to its error.
    pub total: Span,
    /// Of what the account is, if not of the client's time from its first frame on.
    pub window: Option<Window>,
    /// The round trip of the path, if it is constant.
    pub rtt: Option<Span>,
    /// The closed form, if there is one for these knobs.
    pub formula: Option<Formula>,
    /// What explains a difference between measurement and formula.
    pub cause: Option<String>,
    /// Expectations.
    pub checks: Vec<Check>,
    /// What people say of the scenario, beside what the packets say.
    pub claims: Vec<Claim>,
    /// Figures in rows and columns, for people.
    pub tables: Vec<Table>,
    /// Which component is the constraint, in one sentence.
    pub constraint: Option<String>,
    /// Objects of a page.
    pub objects: Vec<ObjectResult>,
    /// Figures that only this case has.
    pub extra: BTreeMap<String, Value>,
}

/// An expectation: it holds if what was seen is what was expected.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers give what they have just computed"
)]
pub fn expect(claim: &str, expected: impl ToString, seen: impl ToString) -> Check {
    let (expected, seen) = (expected.to_string(), seen.to_string());
    let holds = expected == seen;
    Check {
        claim: claim.to_owned(),
        expected,
        seen,
        holds,
    }
}

impl Judgement {
    /// Adds something that is said of the scenario, what the packets say of it, and why both differ.
    pub fn claim(
        &mut self,
        said: impl Into<String>,
        packets: impl Into<String>,
        why: impl Into<String>,
    ) {
        self.claims.push(Claim {
            said: said.into(),
            packets: packets.into(),
            why: why.into(),
        });
    }

    /// Adds the closed form.
    #[must_use]
    pub fn formula(mut self, text: impl Into<String>, value: Span) -> Self {
        self.formula = Some(Formula {
            text: text.into(),
            ms: value.as_millis_f64(),
        });
        self
    }

    /// The result that is printed, drawn and written.
    pub(super) fn result(self, plan: &Plan, recording: &Recording) -> CaseResult {
        let total_ms = self.total.as_millis_f64();
        let traffic = crate::measure::Traffic::of(recording);
        let window = self.window(recording);
        let account = PageAccount::of(recording, window);
        let phases = phases(recording, window);
        let residual = self
            .formula
            .as_ref()
            .map(|formula| rounded(total_ms - formula.ms));
        CaseResult {
            case: plan.case().name().to_owned(),
            variant: plan.variant().to_owned(),
            seed: plan.seed(),
            stack: plan.stack(),
            params: plan
                .values()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            changed: plan.run_info().params,
            total_ms,
            round_trips: self
                .rtt
                .filter(|rtt| !rtt.is_zero())
                .map(|rtt| total_ms / rtt.as_millis_f64()),
            bytes_on_wire: traffic.bytes,
            frames: traffic.frames,
            connections: traffic.connections,
            formula_ms: self.formula.as_ref().map(|formula| formula.ms),
            formula: self.formula.map(|formula| formula.text),
            residual_ms: residual,
            residual_cause: residual.map(|residual| {
                if residual.abs() < 1e-3 {
                    String::new()
                } else {
                    self.cause.unwrap_or_else(|| "unexplained".to_owned())
                }
            }),
            phases: (!phases.is_empty())
                .then(|| Phases::sum(phases.iter().map(|(_, phases)| *phases))),
            account: Some(account.page.millis()),
            window: Some(window),
            objects: accounted(self.objects, &account, &phases),
            checks: self.checks,
            claims: self.claims,
            tables: self.tables,
            constraint: self.constraint,
            extra: self.extra,
            ..CaseResult::default()
        }
    }
}

impl Judgement {
    /// What the account is of.
    fn window(&self, recording: &Recording) -> Window {
        self.window.unwrap_or_else(|| {
            let client = HostView::named(recording, "client");
            let from = client.first_sent();
            Window {
                host: client.id(),
                from,
                until: from + self.total,
            }
        })
    }
}

/// The steps of each request of the page's host, named, in the order of the requests.
fn phases(recording: &Recording, window: Window) -> Vec<(String, Phases)> {
    let own = Exchange::all(recording).into_iter();
    own.filter(|exchange| exchange.client == window.host)
        .map(|exchange| {
            let phases = Phases::of(&exchange, recording.end());
            (exchange.path().to_owned(), phases)
        })
        .collect()
}

/// Objects with their accounts and phases, which are in the same order.
fn accounted(
    objects: Vec<ObjectResult>,
    account: &PageAccount,
    phases: &[(String, Phases)],
) -> Vec<ObjectResult> {
    let mut accounts = account.objects.iter();
    let mut phases = phases.iter();
    let accounted = objects.into_iter().map(|object| ObjectResult {
        account: accounts
            .find(|account| account.name == object.name)
            .map(|account| account.account.millis()),
        phases: phases
            .find(|(name, _)| *name == object.name)
            .map(|(_, phases)| Phases::sum([*phases])),
        ..object
    });
    accounted.collect()
}

/// A difference of two times in ms, to the nanosecond.
fn rounded(ms: f64) -> f64 {
    (ms * 1e6).round() / 1e6
}
