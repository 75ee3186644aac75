//! The state of the interactive stepper.

use super::palette::Palette;
use super::prompt::Prompt;
use crate::record::events_file::EventsFileError;
use crate::stepper::comparison::Comparison;
use crate::stepper::fork::World;
use crate::stepper::{Filter, Player, Progress, Search};

/// Events that a search looks at between two looks at the keyboard.
const PIECE: usize = 8_192;

/// What can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Panel {
    /// The frames as a list.
    Frames,
    /// The events as lines.
    Events,
    /// The frames as arrows between hosts.
    Ladder,
    /// The last frame, byte by byte.
    Bytes,
    /// The sockets of all hosts.
    Sockets,
    /// Where the time went so far.
    Account,
    /// Both futures of a fork.
    Fork,
}

/// What lies over the panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overlay {
    Help,
    Breakpoints,
}

/// An expression at which `c` stops.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakpoint {
    /// The expression.
    pub filter: Filter,
    /// Whether it counts.
    pub on: bool,
}

/// The state of the interactive stepper.
#[derive(Debug)]
pub struct App {
    /// The world that is looked at is the last; before it are those that it was forked from.
    pub(super) worlds: Vec<World>,
    /// For each world but the first, both futures.
    pub(super) comparisons: Vec<Comparison>,
    /// Why nothing can be forked, if so.
    pub(super) unrepeatable: Option<String>,
    pub(super) palette: Palette,
    pub(super) focus: Panel,
    pub(super) overlay: Option<Overlay>,
    pub(super) prompt: Option<Prompt>,
    pub(super) message: String,
    pub(super) breakpoints: Vec<Breakpoint>,
    /// The breakpoint that is chosen in their list.
    pub(super) chosen: usize,
    /// The last expression of `until`.
    pub(super) wanted: Option<Filter>,
    pub(super) search: Option<Search>,
    /// Where the search is, for people.
    pub(super) searched: usize,
    /// The chosen field of the last frame.
    pub(super) field: usize,
    /// Lines by which each panel is scrolled.
    pub(super) scrolls: [usize; 7],
    /// Rows of the list of frames as it was drawn last: a page.
    pub(super) page: usize,
    pub(super) fingerprint: bool,
}

impl Panel {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Frames,
        Self::Events,
        Self::Ladder,
        Self::Bytes,
        Self::Sockets,
        Self::Account,
        Self::Fork,
    ];

    /// As its title says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frames => "Frames",
            Self::Events => "Events",
            Self::Ladder => "Ladder",
            Self::Bytes => "Bytes",
            Self::Sockets => "Sockets",
            Self::Account => "Account",
            Self::Fork => "Fork",
        }
    }

    /// Its place in [`Panel::ALL`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl App {
    /// A stepper at the beginning of a world. `unrepeatable` says why nothing can be forked, if so.
    pub fn new(world: World, unrepeatable: Option<String>, palette: Palette) -> Self {
        Self {
            worlds: vec![world],
            comparisons: Vec::new(),
            unrepeatable,
            palette,
            focus: Panel::Frames,
            overlay: None,
            prompt: None,
            message: "press ? for help".to_owned(),
            breakpoints: Vec::new(),
            chosen: 0,
            wanted: None,
            search: None,
            searched: 0,
            field: 0,
            scrolls: [0; 7],
            page: 10,
            fingerprint: false,
        }
    }

    /// Adds a breakpoint.
    pub fn add_breakpoint(&mut self, filter: Filter) {
        self.breakpoints.push(Breakpoint { filter, on: true });
    }

    /// Begins to look for the next event of which an expression holds.
    pub fn until(&mut self, filter: Filter) {
        self.wanted = Some(filter.clone());
        self.seek(vec![filter], true);
    }

    /// The world that is looked at.
    ///
    /// # Panics
    /// Never: there is always one.
    pub fn world(&self) -> &World {
        self.worlds.last().expect("there is always a world")
    }

    pub(super) fn player(&self) -> &Player {
        &self.world().player
    }

    pub(super) fn player_mut(&mut self) -> &mut Player {
        let world = self.worlds.last_mut();
        &mut world.expect("there is always a world").player
    }

    /// What the line at the bottom says.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The breakpoints.
    pub fn breakpoints(&self) -> &[Breakpoint] {
        &self.breakpoints
    }

    /// Whether there is something to do without waiting for a key.
    pub const fn is_busy(&self) -> bool {
        self.search.is_some()
    }

    /// Goes on with a search for a bounded while.
    pub fn tick(&mut self) {
        let Some(mut search) = self.search.take() else {
            return;
        };
        match search.run(self.player(), PIECE) {
            Ok(Progress::Going(at)) => {
                self.searched = at;
                self.search = Some(search);
            }
            Ok(Progress::Found(position)) => {
                let gone = self.player_mut().to_position(position);
                self.message.clear();
                self.told(gone);
                self.arrived();
            }
            Ok(Progress::Ended) => "not found: nothing more matches".clone_into(&mut self.message),
            Err(error) => self.message = error.to_string(),
        }
    }

    pub(super) fn seek(&mut self, filters: Vec<Filter>, forward: bool) {
        self.searched = self.player().position();
        self.search = Some(if forward {
            Search::forward(self.player(), filters)
        } else {
            Search::back(self.player(), filters)
        });
    }

    /// A fork was run, or could not be.
    pub fn forked(&mut self, outcome: Result<World, String>) {
        let outcome = outcome.and_then(|world| {
            let from = world.player.position().saturating_sub(1);
            let comparison = Comparison::of(self.world(), &world, from);
            Ok((world, comparison.map_err(|error| error.to_string())?))
        });
        match outcome {
            Ok((world, comparison)) => {
                let fate = world
                    .injections
                    .last()
                    .map(|last| format!("{} {}", last.frame, last.fate));
                self.message = format!("forked: {}; F goes back", fate.unwrap_or_default());
                self.worlds.push(world);
                self.comparisons.push(comparison);
                self.focus = Panel::Fork;
                self.scrolls[Panel::Fork.index()] = 0;
                self.arrived();
            }
            Err(reason) => self.message = reason,
        }
    }

    /// Shows an error, if there was one.
    pub(super) fn told(&mut self, outcome: Result<(), EventsFileError>) {
        if let Err(error) = outcome {
            self.message = error.to_string();
        }
    }

    /// We are elsewhere: what was scrolled belongs to where we were.
    pub(super) fn arrived(&mut self) {
        self.field = 0;
        for panel in [Panel::Bytes, Panel::Account] {
            self.scrolls[panel.index()] = 0;
        }
    }
}
