//! What cannot be known of a conversation from one vantage point, in sentences.

use super::time::Spent;
use super::words::counted;
use super::{ClientBy, Conversation, Flag, Vantage};
use crate::wire::foreign::TcpFlags;

impl Conversation {
    /// What the analysis does not know or had to assume.
    pub fn limits(&self) -> Vec<String> {
        let account = self.account();
        let mut limits = Vec::new();
        let mut say = |holds: bool, text: &str| {
            if holds {
                limits.push(text.to_owned());
            }
        };
        say(
            !self.has_beginning(),
            "it begins mid-flow: the handshake, what came before, and the scale of its windows are not known",
        );
        say(
            self.client_by == ClientBy::Port,
            "which end is the client is a guess: the one with the larger port",
        );
        say(
            !self.has_end(),
            "its end was not captured: there may be more of it",
        );
        say(
            self.segments(0) == 0 || self.segments(1) == 0,
            "only one direction was captured: acknowledgments, windows and round trips are not known",
        );
        say(
            self.clock_was_set_back(),
            "the clock of the capture was set back meanwhile, which counts as standing still",
        );
        say(
            self.relay().is_some(),
            "what happens between the relay and the server was not captured: the quicker of handshake and answer stands \
             for the way",
        );
        limits.extend(self.missing());
        let turns = !account.of(Spent::Server).is_zero() || !account.of(Spent::Client).is_zero();
        if turns {
            limits.push(self.turns());
        }
        let elsewhere = !matches!(self.vantage(), Vantage::At(end, _) if end == self.sender());
        if elsewhere && !account.of(Spent::Pause).is_zero() {
            limits.push(
                "data that was lost before the tap and repaired was never seen: it looks as if nobody had sent it"
                    .to_owned(),
            );
        }
        if !account.of(Spent::Transfer).is_zero() {
            limits.push(
                "congestion windows are not on the wire: whether data waits for one, for the line or for its \
                 application cannot be told apart"
                    .to_owned(),
            );
        }
        limits
    }

    /// Whether a FIN of each end or a RST was captured.
    fn has_end(&self) -> bool {
        let reset = self
            .seen
            .iter()
            .any(|seen| seen.segment.flags.any(TcpFlags::RST));
        let finished = |end: usize| {
            let mut own = self.seen.iter().filter(|seen| seen.from == end);
            own.any(|seen| seen.segment.flags.any(TcpFlags::FIN))
        };
        reset || (finished(0) && finished(1))
    }

    fn clock_was_set_back(&self) -> bool {
        self.seen.windows(2).any(|pair| pair[1].at < pair[0].at)
    }

    /// What was not captured.
    fn missing(&self) -> Option<String> {
        let lost = self.count(Flag::LostSegment) as u64;
        let missed = self.count(Flag::AckLostSegment) as u64;
        match (lost, missed) {
            (0, 0) => None,
            (lost, 0) => Some(format!(
                "{} in the captured data: lost before the tap, or by it",
                counted(lost, "gap")
            )),
            (lost, missed) => Some(format!(
                "{} in the captured data, and {} of what was not captured: the tap missed segments that arrived",
                counted(lost, "gap"),
                counted(missed, "acknowledgment")
            )),
        }
    }

    fn turns(&self) -> String {
        let beyond = match self.vantage() {
            Vantage::At(0, _) => "the server's turn",
            Vantage::At(_, _) => "the client's turn",
            Vantage::Both | Vantage::Between | Vantage::Unknown => "a turn",
        };
        let no_trip = self.trips().to.iter().any(Option::is_none);
        let network = if no_trip {
            "; no round trip to one end was seen, so the way is in its turn"
        } else {
            ""
        };
        format!(
            "what {beyond} holds beyond the shortest round trip, work or queues on the way, cannot be told apart{network}"
        )
    }
}
