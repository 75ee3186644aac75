//! What was asked for, checked: a case, a variant, a seed, and a value for every knob.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use super::error::nearest_of;
use super::knob::{Kind, Knob, stack_knobs};
use super::line;
use super::{Case, CaseError, CaseRef, find};
use crate::host::{Forced, Profile};
use crate::link::Trace;
use crate::record::RunInfo;
use crate::units::{Bytes, Percent, Span};

/// A run that can be started.
#[derive(Clone)]
pub struct Plan {
    case: CaseRef,
    variant: String,
    seed: u64,
    knobs: Vec<Knob>,
    values: BTreeMap<&'static str, String>,
    /// What settings can name.
    traces: Arc<[Trace]>,
}

impl Plan {
    /// A plan for `case/variant` with the defaults changed by `settings`, in their order. `stack` sets both
    /// `client_stack` and `server_stack`.
    ///
    /// # Errors
    /// [`CaseError`] that names what is unknown, wrong or contradictory, and what would do.
    pub fn new<'a>(
        case: &str,
        variant: &str,
        seed: u64,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, CaseError> {
        Self::of(find(case)?, variant, seed, settings)
    }

    /// The same for a case that need not be in the catalog.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn of<'a>(
        case: impl Into<CaseRef>,
        variant: &str,
        seed: u64,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, CaseError> {
        Self::with_traces(case, variant, seed, settings, &[])
    }

    /// The same with traces that settings can name.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with_traces<'a>(
        case: impl Into<CaseRef>,
        variant: &str,
        seed: u64,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
        traces: &[Trace],
    ) -> Result<Self, CaseError> {
        let case = case.into();
        let variant = variant_of(&*case, variant)?;
        let mut knobs = case.knobs();
        knobs.extend(stack_knobs());
        let values = knobs
            .iter()
            .map(|knob| (knob.key, knob.default.clone()))
            .collect();
        let mut plan = Self {
            case,
            variant,
            seed,
            knobs,
            values,
            traces: traces.into(),
        };
        for (key, value) in settings {
            plan.set(key, value)?;
        }
        plan.check()?;
        Ok(plan)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), CaseError> {
        if key == "stack" {
            self.set("client_stack", value)?;
            return self.set("server_stack", value);
        }
        let knob = self
            .knobs
            .iter()
            .find(|knob| knob.key == key)
            .ok_or_else(|| self.unknown(key))?;
        let canonical = match knob.trace_file(value) {
            Some(_) => line::spelled(&self.traces, value),
            None => knob.canonical(value),
        };
        let canonical = canonical.map_err(|reason| CaseError::BadValue {
            case: self.case.name().to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
            reason,
            example: knob.example(),
        })?;
        self.values.insert(knob.key, canonical);
        Ok(())
    }

    /// Whether the values fit together.
    fn check(&self) -> Result<(), CaseError> {
        self.check_line()?;
        self.case.check(self)
    }

    fn unknown(&self, key: &str) -> CaseError {
        let known: Vec<_> = self
            .knobs
            .iter()
            .map(|knob| knob.key)
            .chain(["stack"])
            .collect();
        CaseError::UnknownKey {
            case: self.case.name().to_owned(),
            key: key.to_owned(),
            near: nearest_of(key, known.iter().copied()),
            known: known.join(", "),
        }
    }

    /// The case.
    pub const fn case(&self) -> &CaseRef {
        &self.case
    }

    /// The variant.
    pub fn variant(&self) -> &str {
        &self.variant
    }

    /// The seed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Every knob with its value.
    pub fn knobs(&self) -> impl Iterator<Item = (&Knob, &str)> {
        let knobs = self.knobs.iter();
        knobs.map(|knob| (knob, self.values[knob.key].as_str()))
    }

    /// Every knob with its value, those left out that are told only where they differ from their defaults.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let told = |knob: &&Knob| !knob.quiet || self.values[knob.key] != knob.default;
        let told = self.knobs.iter().filter(told);
        told.map(|knob| (knob.key, self.values[knob.key].as_str()))
    }

    /// The same run with another variant, and other values for some knobs.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn changed<'a>(
        &self,
        variant: Option<&str>,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, CaseError> {
        let mut plan = self.clone();
        if let Some(variant) = variant {
            plan.variant = variant_of(&*self.case, variant)?;
        }
        for (key, value) in settings {
            plan.set(key, value)?;
        }
        plan.check()?;
        Ok(plan)
    }

    /// The same run, whose settings can name further traces when they are [changed](Plan::changed).
    #[must_use]
    pub fn knowing(&self, traces: &[Trace]) -> Self {
        Self {
            traces: self.traces.iter().chain(traces).cloned().collect(),
            ..self.clone()
        }
    }

    /// The traces that settings can name.
    pub fn traces(&self) -> &[Trace] {
        &self.traces
    }

    /// The same run with another seed.
    #[must_use]
    pub fn seeded(&self, seed: u64) -> Self {
        Self {
            seed,
            ..self.clone()
        }
    }

    /// Whether the case has such a knob.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// What a recording says of its run: the knobs that differ from the defaults.
    pub fn run_info(&self) -> RunInfo {
        let changed = self
            .knobs
            .iter()
            .filter(|knob| self.values[knob.key] != knob.default);
        RunInfo {
            case: self.case.name().to_owned(),
            variant: self.variant.clone(),
            seed: self.seed,
            params: changed
                .map(|knob| (knob.key.to_owned(), self.values[knob.key].clone()))
                .collect(),
            file: self.case.file().map(ToOwned::to_owned),
            outside: Vec::new(),
        }
    }

    /// The two profiles as one word: `linux`, or `linux+smoltcp` for client and server.
    pub fn stack(&self) -> String {
        let (client, server) = (self.text("client_stack"), self.text("server_stack"));
        if client == server {
            client.to_owned()
        } else {
            format!("{client}+{server}")
        }
    }

    /// The profile of the clients.
    pub fn client(&self) -> Profile {
        self.tuned(&self.parsed("client_stack"))
    }

    /// The profile of the servers.
    pub fn server(&self) -> Profile {
        self.tuned(&self.parsed("server_stack"))
    }

    /// A profile as the tuning knobs have it.
    fn tuned(&self, profile: &Profile) -> Profile {
        let buffer = |key| Some(self.optional::<Bytes>(key, "auto")?.as_usize());
        let quick_ack = !self.is_on("delayed_ack");
        Profile {
            initial_window: self.parsed("initcwnd"),
            min_rto: self.span("min_rto"),
            ack_delay: if quick_ack {
                Span::ZERO
            } else {
                profile.ack_delay
            },
            forced: Forced {
                nagle: (self.text("nagle") != "auto").then(|| self.is_on("nagle")),
                quick_ack,
                send_buffer: buffer("sndbuf"),
                recv_buffer: buffer("rcvbuf"),
            },
            ..*profile
        }
    }

    /// A knob's value as it is written.
    ///
    /// # Panics
    /// If the case has no such knob, which is a mistake in the case.
    pub fn text(&self, key: &str) -> &str {
        self.values
            .get(key)
            .unwrap_or_else(|| panic!("`{key}` is no knob of {}", self.case.name()))
    }

    /// A time.
    pub fn span(&self, key: &str) -> Span {
        self.parsed(key)
    }

    /// A size in bytes.
    pub fn bytes(&self, key: &str) -> u64 {
        self.parsed::<Bytes>(key).0
    }

    /// Sizes one by one, if they are given.
    pub fn sizes(&self, key: &str) -> Option<Vec<u64>> {
        // Values are checked when they are set, so only the word `none` is no list.
        let sizes = self.text(key).split(',');
        sizes
            .map(|size| Some(size.parse::<Bytes>().ok()?.0))
            .collect()
    }

    /// A whole number.
    pub fn count(&self, key: &str) -> u64 {
        self.parsed(key)
    }

    /// A chance.
    pub fn chance(&self, key: &str) -> Percent {
        self.parsed(key)
    }

    /// Whether a switch is on.
    pub fn is_on(&self, key: &str) -> bool {
        self.text(key) == "on"
    }

    /// Whether the knob has its default value.
    pub fn is_default(&self, key: &str) -> bool {
        self.knobs
            .iter()
            .any(|knob| knob.key == key && knob.default == self.values[key])
    }

    /// A value, or `None` if it is `word`.
    pub fn optional<T: FromStr<Err: std::fmt::Debug>>(&self, key: &str, word: &str) -> Option<T> {
        (self.text(key) != word).then(|| self.parsed(key))
    }

    fn parsed<T: FromStr<Err: std::fmt::Debug>>(&self, key: &str) -> T {
        self.text(key)
            .parse()
            .expect("values are checked when they are set")
    }
}

/// The variant of that name.
fn variant_of(case: &dyn Case, name: &str) -> Result<String, CaseError> {
    let variants = case.variants();
    variants
        .iter()
        .find(|variant| variant.name == name)
        .map(|variant| variant.name.to_owned())
        .ok_or_else(|| {
            let known: Vec<_> = variants.iter().map(|variant| variant.name).collect();
            CaseError::UnknownVariant {
                case: case.name().to_owned(),
                name: name.to_owned(),
                near: nearest_of(name, known.iter().copied()),
                known: known.join(", "),
            }
        })
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("run", &self.run_info())
            .finish_non_exhaustive()
    }
}

impl Knob {
    /// What it does and what it takes, for help texts.
    pub fn help(&self) -> String {
        format!("{} ({})", self.about, self.kind.placeholder())
    }
}

impl Kind {
    /// What the knob takes, in a word or two, for help texts.
    pub fn placeholder(&self) -> String {
        let word = match self {
            Self::Time => "TIME",
            Self::Size | Self::SizeWithin(_) => "SIZE",
            Self::Buffer => "SIZE|auto",
            Self::Sizes => "SIZE,...|FILE",
            Self::Rate => "RATE",
            Self::Queue => "PACKETSp|BYTES",
            Self::Loss => "CHANCE|gemodel ...",
            Self::Chance => "CHANCE",
            Self::Drops => "SCRIPT,...",
            Self::Trace => "FILE",
            Self::Windows => "FROM..TO[/PERIOD],...",
            Self::Count(_) => "N",
            Self::Switch => "on|off",
            Self::Choice(words) => return words.join("|"),
            Self::Factor => "xFACTOR",
            Self::Turn => "TIME|xFACTOR",
            Self::Or(word, kind) => return format!("{word}|{}", kind.placeholder()),
        };
        word.to_owned()
    }
}
