//! A recording line by line, and the sockets of a host as a table: what `wirelab step --print` shows.

use std::fmt::Write;

use super::contents::Contents;
use super::view::View;
use super::words;
use crate::event::{Event, HostId, LinkId};
use crate::record::{Direction, Entry, Recording};
use crate::wire::{Frame, summary};

/// A recording as lines: time, hosts with an arrow, what happened, and remarks in brackets.
#[derive(Debug)]
pub struct Lines<'a> {
    recording: &'a Recording,
    contents: Contents,
}

/// Where a line's event took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At<'n> {
    /// At a host.
    Host(&'n str),
    /// A frame leaves a host.
    Leaves(&'n str),
    /// A frame arrives at a host.
    Arrives(&'n str),
    /// On a link between two hosts, with an arrow that says what happened there.
    Between(&'n str, &'static str, &'n str),
}

impl<'a> Lines<'a> {
    /// The lines of `recording`.
    pub fn of(recording: &'a Recording) -> Self {
        let mut contents = Contents::default();
        for entry in &recording.entries {
            contents.note(entry);
        }
        contents.finish();
        Self {
            recording,
            contents,
        }
    }

    /// All lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        let entries = self.recording.entries.iter().enumerate();
        entries.map(|(position, entry)| self.contents.line(position, entry))
    }

    /// What an entry says, without its time and place.
    pub fn text(&self, position: usize) -> String {
        let event = &self.recording.entries[position].event;
        self.contents.told(position, event).1
    }
}

impl Contents {
    /// The line of an entry, which is at a position of the recording.
    pub fn line(&self, position: usize, entry: &Entry) -> String {
        let (place, text) = self.told(position, &entry.event);
        let names = self.hosts.values();
        let width = names
            .map(|host| host.name.chars().count())
            .max()
            .unwrap_or_default();
        let place = match place {
            At::Host(host) => format!("{host:<width$}    {:<width$}", ""),
            At::Leaves(host) => format!("{host:<width$} -> {:<width$}", ""),
            At::Arrives(host) => format!("{:<width$} -> {host:<width$}", ""),
            At::Between(from, arrow, to) => format!("{from:<width$} {arrow} {to:<width$}"),
        };
        format!("{}  {place}  {text}", entry.at)
            .trim_end()
            .to_owned()
    }

    /// Where an event took place, and what happened.
    pub fn told(&self, position: usize, event: &Event) -> (At<'_>, String) {
        match event {
            Event::Host(host, info) => {
                let addresses: Vec<_> = info.addresses.iter().map(ToString::to_string).collect();
                (
                    At::Host(self.host(*host)),
                    format!("host at {}, {} stack", addresses.join(", "), info.stack),
                )
            }
            Event::FrameSent { host, frame } => (
                At::Leaves(self.host(*host)),
                self.passing(position, frame, Direction::Out),
            ),
            Event::FrameReceived { host, frame } => (
                At::Arrives(self.host(*host)),
                self.passing(position, frame, Direction::In),
            ),
            Event::FrameDiscarded { host, frame, cause } => (
                At::Host(self.host(*host)),
                format!("{frame} discarded: {cause}"),
            ),
            Event::Socket(socket, event) => (
                At::Host(self.host(socket.host)),
                format!("{socket} {}", words::socket(event)),
            ),
            Event::App(host, event) => (At::Host(self.host(*host)), words::app(event)),
            event => self.link_event(event),
        }
    }

    fn link_event(&self, event: &Event) -> (At<'_>, String) {
        match event {
            Event::Link(link, info) => (
                self.on(*link, "=="),
                format!("link {}: {}", info.name, info.config),
            ),
            Event::Schedule(link, schedule) => {
                let (bytes, count) = (schedule.bytes, schedule.moments.len());
                let period = schedule.moments.last().copied().unwrap_or_default();
                let text = format!(
                    "link {}: delivers {bytes} bytes at each of {count} moments in {period} ms, again and again",
                    self.link(*link)
                );
                (self.on(*link, "=="), text)
            }
            Event::FrameQueued {
                link,
                frame,
                packets,
                starts,
                departs,
                arrives,
            } => {
                let text = format!(
                    "{frame} on {}: {packets} in the queue, starts {starts}, departs {departs}, arrives {arrives}",
                    self.link(*link)
                );
                (self.on(*link, ".."), text)
            }
            Event::FrameDropped { link, frame, cause } => (
                self.on(*link, "-x"),
                format!("{frame} dropped by {}: {cause}", self.link(*link)),
            ),
            Event::FrameDuplicated { link, frame, copy } => (
                self.on(*link, "=>"),
                format!("{frame} duplicated by {} as {copy}", self.link(*link)),
            ),
            Event::FrameCorrupted { link, frame, bit } => (
                self.on(*link, "-!"),
                format!("{frame} corrupted by {}: bit {bit}", self.link(*link)),
            ),
            _ => (At::Host(""), String::new()),
        }
    }

    fn passing(&self, position: usize, frame: &Frame, direction: Direction) -> String {
        let isns = self.isns(&frame.bytes, position);
        let mut text = format!("{} {}", frame.id, summary::line(&frame.bytes, isns));
        let remarks = self.remarks.on(frame.id, direction);
        if !remarks.is_empty() {
            push(&mut text, format_args!("  [{}]", remarks.join("; ")));
        }
        text
    }

    fn on(&self, link: LinkId, arrow: &'static str) -> At<'_> {
        let (from, to) = self.ends(link).unwrap_or_default();
        At::Between(from, arrow, to)
    }
}

/// The TCP sockets of a host as `ss -tano` prints them.
pub fn sockets(view: &View, host: HostId) -> String {
    let mut text = format!(
        "{:<11} {:>6} {:>6} {:<21} {:<21} Timer\n",
        "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port"
    );
    for socket in view.sockets(host).filter(|socket| socket.connection.tcp) {
        let (local, remote) = (
            socket.connection.local.to_string(),
            socket.connection.remote.to_string(),
        );
        let timer = socket
            .timer(view.now())
            .map(|timer| format!("timer:({},{},{})", timer.name, timer.left, timer.expiries));
        let (recv_q, send_q) = (socket.recv_q(), socket.send_q());
        let line = format!(
            "{:<11} {recv_q:>6} {send_q:>6} {local:<21} {remote:<21} {}",
            socket.state,
            timer.unwrap_or_default()
        );
        push(&mut text, format_args!("{}\n", line.trim_end()));
    }
    text
}

/// The frames in flight, one line each.
pub fn in_flight(view: &View) -> String {
    let mut text = String::new();
    for (id, flight) in view.in_flight() {
        let label = summary::label(&flight.frame.bytes, view.isns(&flight.frame.bytes));
        let link = flight
            .link
            .and_then(|link| view.link(link))
            .map_or("the tap", |info| &info.name);
        let arrives = flight
            .arrives
            .map(|at| format!(", arrives {at}"))
            .unwrap_or_default();
        push(
            &mut text,
            format_args!("{id} {label} on {link}, sent {}{arrives}\n", flight.sent),
        );
    }
    text
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments)
        .expect("writing to a String does not fail");
}
