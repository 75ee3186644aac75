//! What one acknowledgment has turned out to mean.

/// The findings, named after those of Linux's `tcp_ack`.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent findings about one segment"
)]
pub(super) struct Flags {
    /// It came with data or FIN.
    pub(super) data: bool,
    /// It told a new window.
    pub(super) window_update: bool,
    /// It acknowledged something new.
    pub(super) una_advanced: bool,
    /// Segments were acknowledged to their end.
    pub(super) data_acked: bool,
    /// One of them had been sent again.
    pub(super) retransmission_acked: bool,
    /// A SACK block told something new.
    pub(super) data_sacked: bool,
    /// What was acknowledged, or told by SACK, had been sent once and before the present episode's end.
    pub(super) original_sacked: bool,
    /// It reported a duplicate (RFC 2883).
    pub(super) duplicate: bool,
    /// The duplicate is that of the loss probe.
    pub(super) probe_duplicate: bool,
    /// A retransmission was found lost.
    pub(super) lost_retransmission: bool,
    /// The head of the queue had been told by SACK, and is not acknowledged.
    pub(super) reneging: bool,
    /// The timer is to be set anew.
    pub(super) set_timer: bool,
    /// It may have been delayed at the receiver, so its RTT says little.
    pub(super) maybe_delayed: bool,
}

impl Flags {
    /// Whether it is no duplicate acknowledgment (RFC 5681 section 2).
    pub(super) const fn not_duplicate(&self) -> bool {
        self.data || self.window_update || self.data_acked
    }

    /// Whether it says that something is out of order.
    pub(super) const fn alert(&self) -> bool {
        self.data_sacked || self.duplicate
    }

    /// Whether anything was delivered.
    pub(super) const fn progress(&self) -> bool {
        self.data_acked || self.data_sacked
    }
}
