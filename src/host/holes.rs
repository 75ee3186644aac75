//! Segments behind more holes than smoltcp's assembler has room for.
//!
//! smoltcp remembers 32 runs of data that came out of order and drops what would be another one, without a
//! word. The host keeps such a segment, acknowledges what it has (RFC 5681 section 4.2), and lets smoltcp have
//! it once the beginning of the gap has been filled.

use bytes::Bytes;

use super::Host;
use super::connection::Connection;
use super::segment::{Bare, bare_segment};
use crate::units::SimTime;
use crate::wire::packet::{TcpView, seq_before};

/// Segments that a connection keeps at most.
const MOST: usize = 1_024;

impl Host {
    /// Lets smoltcp process a segment of a connection, and keeps it if there was no room for it.
    pub(super) fn feed_segment(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
        view: &TcpView<'_>,
        frame: &Bytes,
    ) {
        let before = connection.rcv_nxt();
        let ahead = connection.is_ahead(view);
        let answered = self.feed(now, connection, frame);
        // smoltcp answers every segment that it takes out of order, at once.
        if ahead && !answered && connection.held.len() < MOST {
            connection.held.push(frame.clone());
            self.acknowledge(now, connection);
        } else if !connection.held.is_empty() && connection.rcv_nxt() != before {
            self.feed_held(now, connection);
        }
    }

    /// Offers the kept segments again, as long as one of them makes a difference.
    fn feed_held(&mut self, now: SimTime, connection: &mut Connection) {
        let held = std::mem::take(&mut connection.held);
        for frame in held {
            let Some(view) = TcpView::of(&frame) else {
                continue;
            };
            if !seq_before(connection.rcv_nxt(), view.sequence_end()) {
                continue; // it came again meanwhile
            }
            let ahead = connection.is_ahead(&view);
            if !self.feed(now, connection, &frame) && ahead {
                connection.held.push(frame);
            }
        }
    }

    /// Repeats the last acknowledgment.
    fn acknowledge(&mut self, now: SimTime, connection: &mut Connection) {
        let header = Bare {
            seq: connection.transport.snd_max(),
            ack: connection.rcv_nxt(),
            window: connection.last_window,
            fin: false,
        };
        let frame = bare_segment(connection.tuple, header);
        self.send_segment(now, connection, frame);
    }
}

impl Connection {
    /// Whether a segment has data behind a gap.
    fn is_ahead(&self, view: &TcpView<'_>) -> bool {
        let seq = view.header.sequence_number();
        !view.payload.is_empty() && self.accepts(view) && seq_before(self.rcv_nxt(), seq)
    }
}
