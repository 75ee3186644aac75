//! The sockets of all hosts: state, sequence numbers, windows, timers.

use ratatui::text::Line;

use crate::event::{Congestion, Event, SocketId};
use crate::stepper::SocketView;
use crate::stepper::tui::app::App;
use crate::units::{SimTime, Span};

/// Sockets that are shown of a host, at most.
const SHOWN: usize = 50;

/// Host by host, the socket of the last event marked.
pub(super) fn lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let player = app.player();
    let view = player.view();
    let current = player
        .current()
        .ok()
        .flatten()
        .and_then(|entry| match entry.event {
            Event::Socket(id, _) => Some(id),
            Event::FrameSent { host, frame } | Event::FrameReceived { host, frame } => {
                view.socket_of(host, &frame.bytes).map(|socket| socket.id)
            }
            _ => None,
        });
    let mut lines = Vec::new();
    for (host, info) in view.hosts() {
        let mut sockets: Vec<_> = view.sockets(host).collect();
        sockets.sort_by_key(|socket| Some(socket.id) != current);
        let title = format!(
            "{}  {} stack, {} sockets",
            info.name,
            info.stack,
            sockets.len()
        );
        lines.push(Line::styled(title, app.palette.title()));
        for socket in sockets.iter().take(SHOWN) {
            let own = describe(socket, view.now(), current, width);
            let mut own = own.into_iter().map(Line::raw);
            let head = own.next().unwrap_or_default();
            let marked = Some(socket.id) == current;
            lines.push(if marked {
                head.style(app.palette.here())
            } else {
                head
            });
            lines.extend(own);
        }
        if sockets.len() > SHOWN {
            lines.push(Line::raw(format!(
                "  ... and {} more",
                sockets.len() - SHOWN
            )));
        }
    }
    lines
}

/// A socket in up to four lines.
fn describe(
    socket: &SocketView,
    now: SimTime,
    current: Option<SocketId>,
    width: usize,
) -> Vec<String> {
    let connection = &socket.connection;
    if !connection.tcp {
        return vec![format!("{} UDP {}", socket.id, connection.local)];
    }
    let sign = if Some(socket.id) == current { ">" } else { " " };
    let mut lines = vec![format!(
        "{sign}{} {} {} > {}",
        socket.id, socket.state, connection.local, connection.remote
    )];
    let [written, acknowledged, readable, read] = socket.streams();
    let mut facts = vec![
        format!("snd.una {}", acknowledged + 1),
        format!("written {written}"),
        format!("rcv.nxt {}", readable + 1),
        format!("unread {}", readable.saturating_sub(read)),
        format!("isn {}", connection.isn),
    ];
    if let Some(known) = &socket.congestion {
        facts.extend(windows(known));
    }
    for (timer, at) in socket.timers(now) {
        facts.push(format!("{timer} in {}", at.since(now)));
    }
    let mut line = String::from(" ");
    for fact in facts {
        if line.chars().count() + fact.chars().count() + 2 > width && line.len() > 1 {
            lines.push(std::mem::replace(&mut line, String::from(" ")));
        }
        line.push_str("  ");
        line.push_str(&fact);
    }
    lines.push(line);
    lines
}

/// What a sender knows of the path.
fn windows(known: &Congestion) -> Vec<String> {
    let count =
        |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let span =
        |value: Option<Span>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    vec![
        format!("cwnd {}", count(known.cwnd)),
        format!("ssthresh {}", count(known.ssthresh)),
        format!("in flight {}", known.in_flight),
        format!("peer window {}", known.peer_window),
        format!("srtt {}", span(known.srtt)),
        format!("rto {}", span(known.rto)),
    ]
}
