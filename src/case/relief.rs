//! Reliefs: what can be changed about a plan so that one component is no longer in the way.

use super::{CaseError, Plan};
use crate::measure::diagnosis::{Component, Layer, Remedy};
use crate::units::Span;

/// A change of a plan that makes one component ideal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relief {
    /// The component.
    pub component: Component,
    /// Its layer.
    pub layer: Layer,
    /// What is done, for example `an edge 5ms away`.
    pub words: String,
    /// What the component is called where it is the constraint.
    pub constraint: String,
    /// The variant that does it, if none of the settings can.
    pub variant: Option<&'static str>,
    /// The settings that do it.
    pub settings: Vec<(&'static str, String)>,
}

/// By what a path loses frames, or keeps them waiting.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each may be there without the others"
)]
pub(crate) struct Troubles {
    pub(crate) by_chance: bool,
    pub(crate) by_script: bool,
    /// While it is down.
    pub(crate) by_outage: bool,
    /// While it holds them, as in a handover.
    pub(crate) by_hold: bool,
}

/// How far away an edge is.
const EDGE: &str = "5ms";

/// Buffers that hold whatever a page may have in flight, and flow control that does.
pub(super) const AMPLE: &str = "16MiB";

impl Relief {
    /// A relief of one setting.
    pub(crate) fn by(
        (component, layer): (Component, Layer),
        (words, constraint): (impl Into<String>, impl Into<String>),
        (key, value): (&'static str, impl Into<String>),
    ) -> Self {
        Self {
            component,
            layer,
            words: words.into(),
            constraint: constraint.into(),
            variant: None,
            settings: vec![(key, value.into())],
        }
    }

    /// A line without a rate, and without the traces of these knobs.
    pub(crate) fn faster_line(traces: &[&'static str]) -> Self {
        let mut relief = Self::by(
            (Component::Rate, Layer::L3),
            ("a faster line", "rate"),
            ("rate", "unlimited"),
        );
        let traces = traces.iter().map(|key| (*key, "none".to_owned()));
        relief.settings.extend(traces);
        relief
    }

    /// The knobs that give a plan's lines traces.
    pub(crate) fn traced(plan: &Plan) -> Vec<&'static str> {
        let keys = ["trace", "uplink_trace"].into_iter();
        keys.filter(|key| plan.has(key) && plan.trace(key).is_some())
            .collect()
    }

    /// A path that loses nothing and holds nothing, of one with these troubles; nothing of one with none.
    pub(crate) fn clean_path(troubles: Troubles) -> Option<Self> {
        let Troubles {
            by_chance,
            by_script,
            by_outage,
            by_hold,
        } = troubles;
        let troubles = [
            (by_chance, "loss", "0"),
            (by_script, "drop", "none"),
            (by_outage, "down", "none"),
            (by_hold, "hold", "none"),
        ];
        let troubles = troubles.into_iter().filter(|(is_there, ..)| *is_there);
        let settings: Vec<_> = troubles
            .map(|(_, key, value)| (key, value.to_owned()))
            .collect();
        let (words, constraint) = if by_hold {
            (
                "a path that loses and holds nothing",
                "handovers, loss and its recovery",
            )
        } else {
            ("a path that loses nothing", "loss and its recovery")
        };
        (!settings.is_empty()).then(|| Self {
            component: Component::Loss,
            layer: Layer::L3,
            words: words.to_owned(),
            constraint: constraint.to_owned(),
            variant: None,
            settings,
        })
    }

    /// A relief by another variant of the case.
    pub(super) fn as_variant(
        (component, layer): (Component, Layer),
        (words, constraint): (&str, &str),
        variant: &'static str,
    ) -> Self {
        Self {
            component,
            layer,
            words: words.to_owned(),
            constraint: constraint.to_owned(),
            variant: Some(variant),
            settings: Vec::new(),
        }
    }

    /// Whether both can be done at once: nothing is changed in two ways.
    pub fn goes_with(&self, other: &Self) -> bool {
        let variants = (self.variant, other.variant);
        let settled = |(key, value): &(&str, String)| {
            let mut others = other.settings.iter();
            others.all(|(known, said)| known != key || said == value)
        };
        !matches!(variants, (Some(one), Some(another)) if one != another)
            && self.settings.iter().all(settled)
    }

    /// What readers are told of it.
    pub fn remedy(&self) -> Remedy {
        let settings = self.settings.iter();
        let settings = settings.map(|(key, value)| format!("{key}={value}"));
        let variant = self.variant.map(str::to_owned);
        Remedy {
            component: self.component,
            layer: self.layer,
            words: self.words.clone(),
            constraint: self.constraint.clone(),
            change: variant.into_iter().chain(settings).collect(),
        }
    }
}

impl Plan {
    /// The same run with these reliefs, which go with each other.
    ///
    /// # Errors
    /// [`CaseError::Contradiction`] if the case has no such run.
    pub fn relieved<'a>(
        &self,
        reliefs: impl Iterator<Item = &'a Relief>,
    ) -> Result<Self, CaseError> {
        let reliefs: Vec<_> = reliefs.collect();
        let variant = reliefs.iter().find_map(|relief| relief.variant);
        let settings = reliefs.iter().flat_map(|relief| &relief.settings);
        self.changed(variant, settings.map(|(key, value)| (*key, value.as_str())))
    }

    /// Whether the run depends on chance.
    pub fn is_random(&self) -> bool {
        self.case().is_random(self)
    }
}

/// The reliefs of a plan whose knobs are those of the path and of the stack. One that would change nothing is not
/// among them.
pub fn reliefs(plan: &Plan) -> Vec<Relief> {
    let mut reliefs = path(plan);
    reliefs.extend(stack(plan));
    reliefs
}

fn path(plan: &Plan) -> Vec<Relief> {
    let mut reliefs = Vec::new();
    if !plan.has("rtt") {
        return reliefs;
    }
    let near: Span = EDGE.parse().expect("it is a time");
    if plan.span("rtt") > near {
        reliefs.push(Relief::by(
            (Component::Distance, Layer::L3),
            (format!("an edge {EDGE} away"), "distance"),
            ("rtt", EDGE),
        ));
    }
    let traced = Relief::traced(plan);
    if plan.text("rate") != "unlimited" || !traced.is_empty() {
        reliefs.push(Relief::faster_line(&traced));
    }
    reliefs.extend(Relief::clean_path(Troubles {
        by_chance: plan.text("loss") != "0",
        by_script: plan.text("drop") != "none",
        by_outage: plan.text("down") != "none",
        by_hold: plan.text("hold") != "none",
    }));
    if plan.has("think") && !plan.span("think").is_zero() {
        reliefs.push(Relief::by(
            (Component::Think, Layer::L7),
            ("a server that answers at once", "the server's think time"),
            ("think", "0"),
        ));
    }
    reliefs
}

/// Component, what is done, what it is called as a constraint, key, value.
type Tuning = (
    Component,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// What can be tuned on hosts.
const TUNINGS: [Tuning; 6] = [
    (
        Component::InitialWindow,
        "a first congestion window without limit",
        "rounds of slow start from the first congestion window",
        "initcwnd",
        "100000",
    ),
    (
        Component::ReceiveWindow,
        "a large receive buffer",
        "the receive window",
        "rcvbuf",
        AMPLE,
    ),
    (
        Component::SendBuffer,
        "a large send buffer",
        "the send buffer",
        "sndbuf",
        AMPLE,
    ),
    (
        Component::MinRto,
        "a shortest timeout of 5ms",
        "the retransmission timeout",
        "min_rto",
        "5ms",
    ),
    (
        Component::Nagle,
        "Nagle off",
        "Nagle's algorithm",
        "nagle",
        "off",
    ),
    (
        Component::DelayedAck,
        "ACKs without delay",
        "delayed ACKs",
        "delayed_ack",
        "off",
    ),
];

/// The reliefs of what can be tuned on hosts.
pub(crate) fn stack(plan: &Plan) -> Vec<Relief> {
    let tunings = TUNINGS.iter().filter(|(.., key, value)| {
        // What is set by nobody is Linux's default, or what the application chose.
        plan.text(key) != *value
    });
    tunings
        .map(|(component, words, constraint, key, value)| {
            let of = (*component, Layer::L4);
            Relief::by(of, (*words, *constraint), (*key, *value))
        })
        .collect()
}
