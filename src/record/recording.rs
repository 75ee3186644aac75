//! The recording.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{Event, HostId, HostInfo, LinkId, LinkInfo, Schedule};
use crate::units::SimTime;

/// What was run: enough to run it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The case.
    pub case: String,
    /// Its variant.
    pub variant: String,
    /// The seed of every chance.
    pub seed: u64,
    /// The knobs that differ from the case's defaults.
    pub params: BTreeMap<String, String>,
    /// The name of the file that the case was read from, if it is none of the catalog.
    pub file: Option<String>,
    /// The hosts that programs outside played; with any, no command makes the same bytes again.
    pub outside: Vec<String>,
}

/// One event and its moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: SimTime,
    /// What.
    pub event: Event,
}

/// Which way a frame passes a host's tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the host to the wire.
    Out,
    /// From the wire to the host.
    In,
}

/// All events of a run, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What was run.
    pub run: RunInfo,
    /// The events; times never decrease.
    pub entries: Vec<Entry>,
}

impl RunInfo {
    /// The command that makes the same bytes again, whatever was typed; in the directory of the file, if the case comes
    /// from one.
    pub fn command(&self) -> String {
        let verb = if self.outside.is_empty() {
            "run"
        } else {
            "attach"
        };
        let case = self.file.as_ref().unwrap_or(&self.case);
        let mut command = format!(
            "wirelab {verb} {case}/{} --seed {}",
            self.variant, self.seed
        );
        for (key, value) in &self.params {
            command.extend([" --set ", key, "=", value]);
        }
        for host in &self.outside {
            command.extend([" --as ", host]);
        }
        command
    }
}

impl Recording {
    /// The hosts, in order of their ids.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &HostInfo)> {
        self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Host(id, info) => Some((*id, &**info)),
            _ => None,
        })
    }

    /// The links, in order of their ids.
    pub fn links(&self) -> impl Iterator<Item = (LinkId, &LinkInfo)> {
        self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Link(id, info) => Some((*id, &**info)),
            _ => None,
        })
    }

    /// The links that follow a trace, in order of their ids.
    pub fn schedules(&self) -> impl Iterator<Item = (LinkId, &Schedule)> {
        self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Schedule(id, schedule) => Some((*id, &**schedule)),
            _ => None,
        })
    }

    /// Position of the first entry at or after `at`; the number of entries if there is none.
    pub fn position(&self, at: SimTime) -> usize {
        self.entries.partition_point(|entry| entry.at < at)
    }

    /// The moment of the last event.
    pub fn end(&self) -> SimTime {
        self.entries.last().map_or(SimTime::ZERO, |entry| entry.at)
    }
}
