//! Sequence numbers of a connection: what has left, what is expected, and how far both windows reach.

use super::connection::Connection;
use super::transport::Segment;
use crate::event::TcpState;
use crate::wire::packet::{TcpView, seq_before};

impl Connection {
    /// Whether everything that the application wrote has left at least once.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sequence numbers are offsets modulo 2^32"
    )]
    pub(super) fn has_sent_all(&self) -> bool {
        let end = self.isn.wrapping_add(1).wrapping_add(self.written as u32);
        self.transport.snd_max() == end
    }

    /// Next sequence number that is expected of the peer.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sequence numbers are offsets modulo 2^32"
    )]
    pub(super) fn rcv_nxt(&self) -> u32 {
        let bytes = self.read + self.tcp_ref().recv_queue() as u64;
        let next = self.peer_isn.wrapping_add(1).wrapping_add(bytes as u32);
        // A FIN counts as soon as smoltcp has taken it.
        next.wrapping_add(u32::from(self.finished || self.tcp_state().is_after_fin()))
    }

    /// First sequence number beyond the window that the peer knows.
    pub(super) fn rcv_edge(&self) -> u32 {
        let window = u32::from(self.last_window) << self.own_shift;
        self.last_ack.wrapping_add(window)
    }

    /// Whether a FIN comes with data that the window cuts off. smoltcp would take such a FIN for the end of what
    /// it kept, and the rest would be lost.
    pub(super) fn has_fin_beyond_window(&self, view: &TcpView<'_>) -> bool {
        let data_end = view.sequence_end().wrapping_sub(1);
        view.header.fin() && seq_before(self.rcv_edge(), data_end)
    }

    /// Whether a segment is acceptable (RFC 9293 section 3.10.7.4), so that smoltcp takes note of what it says,
    /// its acknowledgment included. Like smoltcp, this looks at the data and not at a FIN behind it.
    pub(super) fn accepts(&self, view: &TcpView<'_>) -> bool {
        if self.state == TcpState::SynSent {
            return true;
        }
        let ack = view.header.acknowledgment_number();
        let (una, max) = (self.transport.snd_una(), self.transport.snd_max());
        if seq_before(ack, una) || seq_before(max, ack) {
            return false;
        }
        let (next, edge) = (self.rcv_nxt(), self.rcv_edge());
        let seq = view.header.sequence_number();
        let begins_inside = !seq_before(seq, next) && seq_before(seq, edge);
        if view.payload.is_empty() {
            return begins_inside || (next == edge && seq == next);
        }
        let data = view.sequence_len() - u32::from(view.header.fin());
        let end = seq.wrapping_add(data);
        next != edge && (begins_inside || (seq_before(next, end) && !seq_before(edge, end)))
    }

    /// Sequence number of an ACK or RST for which smoltcp chose `seq`: SND.NXT, as far as the peer's window
    /// reaches (RFC 9293 section 3.10.7.4, Linux's `tcp_acceptable_seq`). After a time-out smoltcp goes back to
    /// what it will send again; where the peer has received that, it would reject the segment and not learn
    /// what it acknowledges. In SYN-SENT the RST that answers an ACK of an earlier connection keeps the number
    /// which that ACK asks for (section 3.10.7.3): with one of our own it would end the connection that it is to
    /// protect.
    pub(super) fn acceptable_seq(&self, seq: u32) -> u32 {
        if self.state == TcpState::SynSent {
            return seq;
        }
        let (una, max) = (self.transport.snd_una(), self.transport.snd_max());
        let in_flight = max.wrapping_sub(una);
        let allowed = u32::try_from(self.peer_window).map_or(in_flight, |w| w.min(in_flight));
        let latest = una.wrapping_add(allowed);
        if seq_before(seq, latest) { latest } else { seq }
    }

    /// Stream offset of a sequence number of ours; the SYN is before offset 0.
    pub(super) fn offset(&self, seq: u32) -> u64 {
        let relative = seq.wrapping_sub(self.isn.wrapping_add(1));
        let base = self.written & !0xffff_ffff;
        let candidate = base | u64::from(relative);
        // The offset nearest below what was written: streams longer than 4 GiB wrap.
        if candidate > self.written.saturating_add(1 << 31) {
            candidate.saturating_sub(1 << 32)
        } else {
            candidate
        }
    }

    /// How many bytes of a segment's data the peer's window reaches (RFC 9293 section 3.8.6), where that is less
    /// than all of them, but one at least, which probes the window. smoltcp's fast retransmission does not ask.
    pub(super) fn reach(&self, segment: Segment) -> Option<u32> {
        let window = u32::try_from(self.peer_window).unwrap_or(u32::MAX);
        let edge = self.transport.snd_una().wrapping_add(window);
        let inside = if seq_before(edge, segment.seq) {
            0
        } else {
            edge.wrapping_sub(segment.seq)
        };
        (segment.data > 1 && inside < segment.data).then_some(inside.max(1))
    }
}
