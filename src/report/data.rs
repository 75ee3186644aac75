//! What a page needs of one run.

use serde::Serialize;

use super::choice::choose;
use super::frames::{Frames, Numbers};
use super::sockets::Sockets;
use super::steps::Steps;
use super::strings::Strings;
use super::time::Time;
use crate::event::Event;
use crate::measure::account::{PageAccount, Window};
use crate::measure::{CaseResult, Exchange};
use crate::record::{Index, Recording};

/// The data of a variant, as its page's scripts read them.
#[derive(Debug, Serialize)]
pub(super) struct Data<'a> {
    /// How to make the run again.
    command: String,
    result: &'a CaseResult,
    window: Option<Window>,
    /// Names of hosts with their first addresses, in the order of their ids.
    hosts: Vec<(&'a str, String)>,
    /// Names of links with their configurations, in the order of their ids.
    links: Vec<(&'a str, &'a str)>,
    /// The end of the recording in ns.
    end: u64,
    /// Frames of the recording, and those that the recorder had left out before.
    frames_recorded: usize,
    frames_not_recorded: u64,
    time: Option<Time>,
    frames: Frames,
    sockets: Sockets,
    steps: Steps,
    strings: Strings,
}

impl<'a> Data<'a> {
    /// The data of a run with at most `most` frames.
    pub(super) fn of(recording: &'a Recording, result: &'a CaseResult, most: usize) -> Self {
        let index = Index::of(recording);
        let account = result
            .window
            .map(|window| PageAccount::of(recording, window));
        let exchanges = Exchange::all(recording);
        let chosen = choose(&index, account.as_ref(), &exchanges, most);
        let numbers = Numbers::of_all(&chosen);
        let mut strings = Strings::default();
        let mut sockets = Sockets::of(&index, &chosen);
        let frames = Frames::of(&index, &chosen, &sockets, &mut strings);
        let steps = Steps::of(&index, &numbers, &mut sockets, &mut strings, most);
        Self {
            command: recording.run.command(),
            result,
            window: result.window,
            hosts: hosts(recording),
            links: links(recording),
            end: recording.end().as_nanos(),
            frames_recorded: index.frames().len(),
            frames_not_recorded: not_recorded(recording),
            time: account.map(|account| Time::of(&account, &numbers)),
            frames,
            sockets,
            steps,
            strings,
        }
    }
}

fn hosts(recording: &Recording) -> Vec<(&str, String)> {
    let hosts = recording.hosts().map(|(_, info)| {
        let address = info.addresses.first().map(ToString::to_string);
        (info.name.as_str(), address.unwrap_or_default())
    });
    hosts.collect()
}

fn links(recording: &Recording) -> Vec<(&str, &str)> {
    let links = recording.links();
    links
        .map(|(_, info)| (info.name.as_str(), info.config.as_str()))
        .collect()
}

fn not_recorded(recording: &Recording) -> u64 {
    let left_out = recording.entries.iter().map(|entry| match entry.event {
        Event::LeftOut { frames, .. } => frames,
        _ => 0,
    });
    left_out.sum()
}
