//! What client and server say of a world, added up: from a recording, or while a world runs that nobody records.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{AppEvent, Event, LedgerStep, Observer, RequestId};
use crate::record::Recording;
use crate::units::SimTime;

/// The sums of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    /// Requests that were sent and what the server did, step by step: how long a schedule is.
    pub(super) steps: u32,
    /// Status of each attempt in the order in which they ended; 0 where there was no answer.
    pub(super) statuses: Vec<u16>,
    /// Attempts whose answer says that the charge is made.
    pub(super) confirmed: BTreeSet<RequestId>,
    /// Charges that were committed for each attempt.
    pub(super) committed: BTreeMap<RequestId, u32>,
    /// How often a request found the ledger locked.
    pub(super) busy: u32,
    /// How often the unique constraint refused a key.
    pub(super) refused: u32,
    /// How often the server's process was killed.
    pub(super) killed: u32,
    /// Answers that were stored before.
    pub(super) replayed: u32,
    /// What the ledger holds at the end: charges, their sum, keys.
    pub(super) books: Option<(u64, u64, u64)>,
}

impl Account {
    /// The sums of a recording.
    pub(super) fn of(recording: &Recording) -> Self {
        let mut account = Self::default();
        for entry in &recording.entries {
            if let Event::App(_, event) = &entry.event {
                account.hear(event);
            }
        }
        account
    }

    /// Charges in the ledger at the end.
    pub(super) fn charges(&self) -> u64 {
        self.books.map_or(0, |(charges, _, _)| charges)
    }

    /// Whether the customer was charged more than once.
    pub(super) fn has_doubled(&self) -> bool {
        self.charges() > 1
    }

    /// Whether the customer was told of a charge that there is not.
    pub(super) fn has_lost(&self) -> bool {
        !self.confirmed.is_empty() && self.charges() == 0
    }

    /// Whether an attempt was committed and no answer to it came in time.
    pub(super) fn has_unanswered(&self) -> bool {
        self.committed
            .keys()
            .any(|request| !self.confirmed.contains(request))
    }

    fn hear(&mut self, event: &AppEvent) {
        match event {
            AppEvent::Request { .. } => self.steps += 1,
            AppEvent::Response {
                request, status, ..
            } => {
                self.statuses.push(*status);
                if (200..300).contains(status) {
                    self.confirmed.insert(*request);
                }
            }
            AppEvent::Ledger { request, step } => {
                self.steps += 1;
                self.enter(*request, step);
            }
            _ => {}
        }
    }

    fn enter(&mut self, request: Option<RequestId>, step: &LedgerStep) {
        match *step {
            LedgerStep::Committed { charge: true, .. } => {
                if let Some(request) = request {
                    *self.committed.entry(request).or_default() += 1;
                }
            }
            LedgerStep::Busy => self.busy += 1,
            LedgerStep::Refused => self.refused += 1,
            LedgerStep::Killed => self.killed += 1,
            LedgerStep::Answered { stored: true, .. } => self.replayed += 1,
            LedgerStep::Books {
                charges,
                amount,
                keys,
            } => self.books = Some((charges, amount, keys)),
            _ => {}
        }
    }
}

impl Observer for Account {
    fn observe(&mut self, _at: SimTime, event: Event) {
        if let Event::App(_, event) = event {
            self.hear(&event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(events: &[AppEvent]) -> Account {
        let mut account = Account::default();
        for event in events {
            account.hear(event);
        }
        account
    }

    fn committed(request: u32) -> AppEvent {
        AppEvent::Ledger {
            request: Some(RequestId(request)),
            step: LedgerStep::Committed {
                charge: true,
                key: false,
            },
        }
    }

    fn response(request: u32, status: u16) -> AppEvent {
        AppEvent::Response {
            request: RequestId(request),
            status,
            body: 0,
            error: None,
        }
    }

    fn books(charges: u64) -> AppEvent {
        AppEvent::Ledger {
            request: None,
            step: LedgerStep::Books {
                charges,
                amount: charges * 50,
                keys: 0,
            },
        }
    }

    #[test]
    fn a_commit_without_an_answer_is_the_one_that_doubles() {
        let twice = account(&[
            committed(0),
            response(0, 0),
            committed(1),
            response(1, 201),
            books(2),
        ]);
        assert!(twice.has_doubled() && twice.has_unanswered() && !twice.has_lost());
        let once = account(&[committed(0), response(0, 201), books(1)]);
        assert!(!once.has_doubled() && !once.has_unanswered() && !once.has_lost());
        assert_eq!(once.steps, 2);
    }

    #[test]
    fn a_confirmed_charge_that_is_not_there_is_lost() {
        assert!(account(&[response(0, 201), books(0)]).has_lost());
        assert!(!account(&[response(0, 0), books(0)]).has_lost());
    }
}
