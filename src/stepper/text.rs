//! A recording line by line, and the sockets of a host as a table: what `wirelab step --print` shows.

use std::fmt::Write;

use super::view::View;
use super::words;
use crate::event::{Event, HostId, LinkId};
use crate::record::{Direction, Entry, Index, Recording, Remarks};
use crate::wire::{Frame, summary};

/// A recording as lines: time, hosts with an arrow, what happened, and remarks in brackets.
#[derive(Debug)]
pub struct Lines<'a> {
    index: Index<'a>,
    remarks: Remarks,
    /// Width of a host's name.
    width: usize,
}

/// Where a line's event took place.
enum Place<'n> {
    Host(&'n str),
    Leaves(&'n str),
    Arrives(&'n str),
    Between(&'n str, &'static str, &'n str),
}

impl<'a> Lines<'a> {
    /// The lines of `recording`.
    pub fn of(recording: &'a Recording) -> Self {
        let index = Index::of(recording);
        let width = index
            .hosts()
            .map(|(_, host)| host.name.chars().count())
            .max()
            .unwrap_or_default();
        Self {
            index,
            remarks: Remarks::of(recording),
            width,
        }
    }

    /// All lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        self.index
            .recording()
            .entries
            .iter()
            .map(|entry| self.line(entry))
    }

    /// The line of one entry of the recording.
    pub fn line(&self, entry: &Entry) -> String {
        let (place, text) = self.event(&entry.event);
        let width = self.width;
        let place = match place {
            Place::Host(host) => format!("{host:<width$}    {:<width$}", ""),
            Place::Leaves(host) => format!("{host:<width$} -> {:<width$}", ""),
            Place::Arrives(host) => format!("{:<width$} -> {host:<width$}", ""),
            Place::Between(from, arrow, to) => format!("{from:<width$} {arrow} {to:<width$}"),
        };
        format!("{}  {place}  {text}", entry.at)
            .trim_end()
            .to_owned()
    }

    /// The line of one entry without its time and place.
    pub fn text(&self, entry: &Entry) -> String {
        self.event(&entry.event).1
    }

    fn event(&self, event: &Event) -> (Place<'a>, String) {
        match event {
            Event::Host(host, info) => {
                let addresses: Vec<_> = info.addresses.iter().map(ToString::to_string).collect();
                (
                    Place::Host(self.name(*host)),
                    format!("host at {}, {} stack", addresses.join(", "), info.stack),
                )
            }
            Event::FrameSent { host, frame } => (
                Place::Leaves(self.name(*host)),
                self.frame(frame, Direction::Out),
            ),
            Event::FrameReceived { host, frame } => (
                Place::Arrives(self.name(*host)),
                self.frame(frame, Direction::In),
            ),
            Event::FrameDiscarded { host, frame, cause } => (
                Place::Host(self.name(*host)),
                format!("{frame} discarded: {cause}"),
            ),
            Event::Socket(socket, event) => (
                Place::Host(self.name(socket.host)),
                format!("{socket} {}", words::socket(event)),
            ),
            Event::App(host, event) => (Place::Host(self.name(*host)), words::app(event)),
            event => self.link_event(event),
        }
    }

    fn link_event(&self, event: &Event) -> (Place<'a>, String) {
        match event {
            Event::Link(link, info) => (
                self.on(*link, "=="),
                format!("link {}: {}", info.name, info.config),
            ),
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
            _ => (Place::Host(""), String::new()),
        }
    }

    fn frame(&self, frame: &Frame, direction: Direction) -> String {
        let isns = self
            .index
            .frame(frame.id)
            .map(|story| story.isns)
            .unwrap_or_default();
        let mut text = format!("{} {}", frame.id, summary::line(&frame.bytes, isns));
        let remarks = self.remarks.on(frame.id, direction);
        if !remarks.is_empty() {
            push(&mut text, format_args!("  [{}]", remarks.join("; ")));
        }
        text
    }

    fn on(&self, link: LinkId, arrow: &'static str) -> Place<'a> {
        match self.index.link(link) {
            Some(info) => Place::Between(self.name(info.from), arrow, self.name(info.to)),
            None => Place::Between("", arrow, ""),
        }
    }

    fn link(&self, link: LinkId) -> &'a str {
        self.index.link(link).map_or("a link", |info| &info.name)
    }

    fn name(&self, host: HostId) -> &'a str {
        self.index.host(host).map_or("?", |info| &info.name)
    }
}

/// The TCP sockets of a host as `ss -tano` prints them.
pub fn sockets(view: &View<'_>, host: HostId) -> String {
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
pub fn in_flight(view: &View<'_>) -> String {
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
