//! Where HTTP/2 put the objects in the server's TCP stream.

use crate::event::{Event, SocketEvent};
use crate::measure::{HostView, Http2Layout};
use crate::record::{Index, Recording};

/// Sequence number of the first byte of the server's TCP stream, once it has sent a SYN.
pub(super) fn origin(recording: &Recording) -> Option<u32> {
    HostView::named(recording, "server")
        .sent()
        .find(|seen| seen.tcp.header.syn())
        .map(|seen| seen.tcp.header.sequence_number().wrapping_add(1))
}

/// The frames of the server's only connection.
pub(super) fn of_server(recording: &Recording) -> Http2Layout {
    let server = HostView::named(recording, "server").id();
    let sender = recording
        .entries
        .iter()
        .find_map(|entry| match entry.event {
            Event::Socket(socket, SocketEvent::Segment { .. }) if socket.host == server => {
                Some(socket)
            }
            _ => None,
        });
    sender.map_or_else(Http2Layout::default, |sender| {
        Http2Layout::of(&Index::of(recording), sender)
    })
}
