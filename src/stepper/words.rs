//! Events of sockets and applications in words.

use crate::event::{AppEvent, SocketEvent};

/// What happened to a socket, without its name.
pub(super) fn socket(event: &SocketEvent) -> String {
    match event {
        SocketEvent::Opened(connection) => {
            let protocol = if connection.tcp { "TCP" } else { "UDP" };
            let way = if connection.active { "to" } else { "from" };
            format!(
                "opened: {protocol} {} {way} {}",
                connection.local, connection.remote
            )
        }
        SocketEvent::State { from, to } => format!("{from} becomes {to}"),
        SocketEvent::AppWrite { offset, len } => {
            format!("application writes {len} bytes at {offset}")
        }
        SocketEvent::AppRead { offset, len } => {
            format!("application reads {len} bytes at {offset}")
        }
        SocketEvent::Readable { end } => format!("readable up to {end}"),
        SocketEvent::AppShutdown => "application will write no more".to_owned(),
        SocketEvent::AppClose { reset: false } => "application closes".to_owned(),
        SocketEvent::AppClose { reset: true } => "application aborts".to_owned(),
        SocketEvent::Segment {
            frame,
            offset,
            len,
            again,
        } => {
            let again = again
                .map(|mechanism| format!(", again: {mechanism}"))
                .unwrap_or_default();
            format!("made {frame}: {len} bytes at {offset}{again}")
        }
        SocketEvent::TimerSet { timer, at } => format!("{timer} timer set for {at}"),
        SocketEvent::TimerFired { timer } => format!("{timer} timer fired"),
        SocketEvent::Windows(windows) => {
            let cwnd = windows
                .cwnd
                .map(|bytes| format!("cwnd {bytes}, "))
                .unwrap_or_default();
            format!(
                "{cwnd}{} in flight, peer's window {}",
                windows.in_flight, windows.peer_window
            )
        }
        SocketEvent::Waits(Some(limit)) => format!("data waits for {limit}"),
        SocketEvent::Waits(None) => "no data waits".to_owned(),
        SocketEvent::BufferFull => "the send buffer is full".to_owned(),
        SocketEvent::Closed { error: None } => "gone".to_owned(),
        SocketEvent::Closed { error: Some(error) } => format!("gone: {error}"),
    }
}

/// What an application said.
pub(super) fn app(event: &AppEvent) -> String {
    match event {
        AppEvent::Think {
            request: Some(request),
            span,
        } => format!("{request}: thinks for {span}"),
        AppEvent::Think {
            request: None,
            span,
        } => format!("thinks for {span}"),
        AppEvent::Dns {
            name,
            addresses,
            cached,
            ..
        } => {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            let source = if *cached { " (cached)" } else { "" };
            format!("{name} is {}{source}", addresses.join(", "))
        }
        AppEvent::TlsSecret { socket, line } => {
            // the secret itself belongs in the key log only
            let label = line.split_whitespace().next().unwrap_or_default();
            format!("TLS secret of {socket}: {label}")
        }
        AppEvent::Note { text } => text.clone(),
        AppEvent::QuicPacket(packet) => {
            let way = if packet.sent { "sends" } else { "gets" };
            format!("{} {way} {packet}", packet.socket)
        }
        AppEvent::QuicRecovery { socket, line, .. } => format!("{socket}: {line}"),
        AppEvent::Message {
            message,
            client,
            step,
            bytes,
        } => format!("{message} of client {client}: {step}, {bytes} bytes"),
        AppEvent::Ledger {
            request: Some(request),
            step,
        } => format!("{request}: {step}"),
        AppEvent::Ledger {
            request: None,
            step,
        } => step.to_string(),
        event => exchange(event),
    }
}

/// A step of a request and its response.
fn exchange(event: &AppEvent) -> String {
    match event {
        AppEvent::Request {
            request,
            method,
            url,
        } => format!("{request}: {method} {url}"),
        AppEvent::Phase {
            request,
            phase,
            socket: Some(socket),
        } => format!("{request}: {phase:?} on {socket}"),
        AppEvent::Phase {
            request,
            phase,
            socket: None,
        } => format!("{request}: {phase:?}"),
        AppEvent::Bytes {
            request,
            socket,
            layer,
            response,
            range,
        } => {
            let part = if *response { "response" } else { "request" };
            let (start, end) = (range.start, range.end);
            format!("{request}: its {part} is bytes {start}..{end} of {socket} ({layer:?})")
        }
        AppEvent::Response {
            request,
            error: Some(error),
            ..
        } => format!("{request}: failed: {error}"),
        AppEvent::Response {
            request,
            status,
            body,
            error: None,
        } => {
            format!("{request}: status {status}, {body} bytes")
        }
        _ => String::new(),
    }
}
