//! The frames as arrows between hosts: an arrow begins where a frame leaves and ends where it arrives.

use ratatui::text::Line;

use crate::event::{Event, HostId, SocketEvent};
use crate::record::Entry;
use crate::record::events_file::EventsFileError;
use crate::stepper::Contents;
use crate::stepper::comparison::millis;
use crate::stepper::tui::app::App;
use crate::wire::{Frame, summary};

/// Hosts that are drawn, at most.
const HOSTS: usize = 5;
/// Width of the time.
const TIME: usize = 12;
/// Entries that are looked at before and after the place.
const REACH: usize = 600;

/// The columns of the hosts.
struct Columns {
    hosts: Vec<HostId>,
    step: usize,
    width: usize,
}

/// As many rows as there is room for, the place in the lower third.
pub(super) fn lines(
    app: &App,
    width: usize,
    height: usize,
) -> Result<Vec<Line<'static>>, EventsFileError> {
    let player = app.player();
    let here = player.position();
    let columns = Columns::of(player.contents(), width.saturating_sub(TIME + 1));
    let rows = height.saturating_sub(1);
    let before = rows * 2 / 3;
    let mut drawn = Vec::new();
    let mut position = here;
    while position > here.saturating_sub(REACH) && drawn.len() < before.max(1) {
        position -= 1;
        let Some(entry) = player.entry(position)? else {
            break;
        };
        if let Some(text) = columns.row(player.contents(), position, &entry) {
            let line = Line::raw(text);
            let latest = drawn.is_empty();
            drawn.push(if latest {
                line.style(app.palette.here())
            } else {
                line
            });
        }
    }
    drawn.reverse();
    for position in here..(here + REACH).min(player.len()) {
        if drawn.len() >= rows {
            break;
        }
        let Some(entry) = player.entry(position)? else {
            break;
        };
        if let Some(text) = columns.row(player.contents(), position, &entry) {
            drawn.push(Line::styled(text, app.palette.faint()));
        }
    }
    let mut lines = vec![Line::styled(
        columns.heads(player.contents()),
        app.palette.title(),
    )];
    lines.append(&mut drawn);
    Ok(lines)
}

impl Columns {
    fn of(contents: &Contents, width: usize) -> Self {
        let hosts: Vec<_> = contents.hosts.keys().copied().take(HOSTS).collect();
        let gaps = hosts.len().saturating_sub(1).max(1);
        Self {
            step: (width.saturating_sub(1) / gaps).max(2),
            hosts,
            width,
        }
    }

    fn column(&self, host: HostId) -> Option<usize> {
        let place = self.hosts.iter().position(|known| *known == host)?;
        Some(place * self.step)
    }

    fn heads(&self, contents: &Contents) -> String {
        let mut text = vec![' '; self.width];
        for host in &self.hosts {
            let name: Vec<char> = contents.host(*host).chars().collect();
            let at = self.column(*host).unwrap_or_default();
            let at = at.min(self.width.saturating_sub(name.len()));
            put(&mut text, at, &name);
        }
        format!("{:>TIME$} {}", "ms", text.iter().collect::<String>())
    }

    /// The row of an event; most have none.
    fn row(&self, contents: &Contents, position: usize, entry: &Entry) -> Option<String> {
        let mut text = vec![' '; self.width];
        for host in &self.hosts {
            let at = self.column(*host)?;
            put(&mut text, at, &['\u{2502}']);
        }
        match &entry.event {
            Event::FrameSent { host, frame } => {
                let other = contents.destination(&frame.bytes)?;
                let label = label(contents, position, frame);
                let lost = contents
                    .dropped(frame.id)
                    .map(|(_, cause)| cause.to_string());
                self.arrow(&mut text, (*host, other), &label, true, lost.as_deref())?;
            }
            Event::FrameReceived { host, frame } => {
                let other = contents.source(&frame.bytes)?;
                let label = label(contents, position, frame);
                self.arrow(&mut text, (other, *host), &label, false, None)?;
            }
            Event::Socket(socket, SocketEvent::State { to, .. }) => {
                self.note(&mut text, socket.host, &to.to_string())?;
            }
            Event::Socket(socket, SocketEvent::TimerFired { timer }) => {
                self.note(&mut text, socket.host, &format!("{timer} timer"))?;
            }
            _ => return None,
        }
        let text: String = text.iter().collect();
        Some(format!("{:>TIME$} {text}", millis(entry.at.as_nanos())))
    }

    /// The half of an arrow at the host where it leaves, or at that where it arrives; with `lost`, its end.
    fn arrow(
        &self,
        text: &mut [char],
        (from, to): (HostId, HostId),
        label: &str,
        leaves: bool,
        lost: Option<&str>,
    ) -> Option<()> {
        let (a, b) = (self.column(from)?, self.column(to)?);
        let (left, right) = (a.min(b) + 1, a.max(b));
        let inner = right.checked_sub(left).filter(|inner| *inner >= 6)?;
        let end = match lost {
            Some(cause) => format!(" \u{2717} {cause}"),
            None => String::new(),
        };
        let label: String = format!(" {label}{end} ")
            .chars()
            .take(inner.saturating_sub(3))
            .collect();
        let label: Vec<char> = label.chars().collect();
        let long = if leaves && lost.is_some() {
            label.len() + 2
        } else {
            (label.len() + 2).max(inner * 3 / 5)
        };
        let long = long.min(inner);
        // The half that is drawn lies at the sender, or at the receiver.
        let at_left = (a < b) == leaves;
        let start = if at_left { left } else { right - long };
        put(text, start, &vec!['\u{2500}'; long]);
        put(text, start + (long - label.len()) / 2, &label);
        if lost.is_none() {
            let (at, tip) = if a < b {
                (
                    start + long - 1,
                    if leaves { '\u{25b7}' } else { '\u{25b6}' },
                )
            } else {
                (start, if leaves { '\u{25c1}' } else { '\u{25c0}' })
            };
            put(text, at, &[tip]);
        }
        Some(())
    }

    /// A word beside a host.
    fn note(&self, text: &mut [char], host: HostId, word: &str) -> Option<()> {
        let at = self.column(host)?;
        let last = self.hosts.last() == Some(&host) && self.hosts.len() > 1;
        let word: Vec<char> = format!("({word})").chars().collect();
        let start = if last {
            at.saturating_sub(word.len() + 1)
        } else {
            at + 2
        };
        put(text, start, &word);
        Some(())
    }
}

fn label(contents: &Contents, position: usize, frame: &Frame) -> String {
    let isns = contents.isns(&frame.bytes, position);
    format!("{} {}", frame.id, summary::label(&frame.bytes, isns))
}

/// Writes letters from a place on, as far as there is room.
fn put(text: &mut [char], at: usize, letters: &[char]) {
    for (cell, letter) in text.iter_mut().skip(at).zip(letters) {
        *cell = *letter;
    }
}
