//! Who works on one charge: takes the steps of the design, and goes back where the ledger refuses one.

use http::StatusCode;
use rand::Rng;

use super::answer::Answer;
use super::server::{CrashPoint, Office};
use crate::app::ledger::{Order, Refusal, Session, Step};
use crate::event::{AppEvent, LedgerStep, RequestId};
use crate::units::Span;

/// How long to wait for a lock before asking again. `SQLite`'s own busy handler would sleep in real time.
pub(super) const BUSY_WAIT: Span = Span::from_millis(5);

/// How often to ask.
const BUSY_LIMIT: u32 = 2_000;

/// The work for one charge.
#[derive(Debug)]
pub(super) struct Clerk<'a> {
    office: &'a Office,
    id: Option<RequestId>,
    order: Order,
    session: Session,
    /// What of this charge is written but not committed: the charge, the key.
    pending: (bool, bool),
    asked: u32,
}

impl<'a> Clerk<'a> {
    pub(super) fn new(
        (office, session): (&'a Office, Session),
        id: Option<RequestId>,
        key: String,
        request: Vec<u8>,
        amount: u32,
    ) -> Self {
        let charge = format!("ch_{:016x}", office.names.borrow_mut().next_u64());
        let answer = format!("{{\"id\":\"{charge}\",\"amount\":{amount},\"currency\":\"usd\"}}");
        let order = Order {
            key,
            request,
            amount,
            charge,
            status: StatusCode::CREATED.as_u16(),
            answer: answer.into_bytes(),
            expires: office.net.clock().now() + office.terms.lifetime,
        };
        Self {
            office,
            id,
            order,
            session,
            pending: (false, false),
            asked: 0,
        }
    }

    /// Does the work to its end.
    pub(super) async fn work(mut self) -> Answer {
        let terms = self.office.terms;
        let program = terms.design.program(terms.isolation);
        let mut at = 0;
        while let Some(step) = program.get(at) {
            match self.take(*step).await {
                Ok(None) => at += 1,
                Ok(Some(answer)) => {
                    self.session.roll_back(); // it has only read
                    return self.leave(answer);
                }
                Err(refusal) => {
                    at = self.back_from(refusal, &program, at);
                    if refusal == Refusal::Busy {
                        if self.asked > BUSY_LIMIT {
                            self.session.roll_back();
                            return self.leave(Answer::locked());
                        }
                        self.office.net.clock().sleep(BUSY_WAIT).await;
                    }
                }
            }
        }
        self.think(terms.finish).await;
        let answer = std::mem::take(&mut self.order.answer);
        self.leave(Answer::new(StatusCode::CREATED, answer))
    }

    /// Takes one step. There is an answer at once if the key has one.
    async fn take(&mut self, step: Step) -> Result<Option<Answer>, Refusal> {
        let now = self.office.net.clock().now();
        match step {
            Step::Begin { immediate } => self.session.begin(immediate)?,
            Step::Check => {
                let found = self.session.find(&self.order.key, now)?;
                let stored = found.is_some();
                self.tell(LedgerStep::Checked { stored });
                if let Some(found) = found {
                    return Ok(Some(if found.request == self.order.request {
                        Answer::replayed(found)
                    } else {
                        Answer::reused_key()
                    }));
                }
                self.office.reach(CrashPoint::Checked).await;
            }
            Step::Think => self.think(self.office.terms.think).await,
            Step::Charge => {
                self.session.charge(&self.order, now)?;
                self.pending.0 = true;
                let amount = u64::from(self.order.amount);
                self.tell(LedgerStep::Charged { amount });
                self.written(CrashPoint::Charged).await;
            }
            Step::Store => {
                self.session.store(&self.order, now)?;
                self.pending.1 = true;
                self.tell(LedgerStep::Stored);
                self.written(CrashPoint::Stored).await;
            }
            Step::Commit => {
                self.session.commit()?;
                self.committed().await;
            }
        }
        Ok(None)
    }

    /// Something was written; without a transaction it is in the file.
    async fn written(&mut self, point: CrashPoint) {
        let alone = !self.session.is_in_transaction();
        self.office.reach(point).await;
        if alone {
            self.committed().await;
        }
    }

    async fn committed(&mut self) {
        let (charge, key) = std::mem::take(&mut self.pending);
        let step = LedgerStep::Committed { charge, key };
        self.office.net.note(step.to_string());
        self.tell(step);
        self.office.reach(CrashPoint::Committed).await;
    }

    /// Where to go on after a refusal at step `at`. A transaction is undone and begun again, save for one that only
    /// waits for readers to go. Where the key is taken, its answer is there to be found.
    fn back_from(&mut self, refusal: Refusal, program: &[Step], at: usize) -> usize {
        match refusal {
            Refusal::Busy => {
                self.asked += 1;
                self.tell(LedgerStep::Busy);
                if program[at] == Step::Commit || !self.session.is_in_transaction() {
                    return at;
                }
            }
            Refusal::Taken => self.tell(LedgerStep::Refused),
        }
        self.session.roll_back();
        self.pending = (false, false);
        let begins = |step: &Step| matches!(step, Step::Begin { .. });
        match refusal {
            Refusal::Busy => program[..=at].iter().rposition(begins).unwrap_or(at),
            Refusal::Taken => 0,
        }
    }

    async fn think(&self, span: Span) {
        if span.is_zero() {
            return;
        }
        let request = self.id;
        self.office.net.tell(|| AppEvent::Think { request, span });
        self.office.net.clock().sleep(span).await;
    }

    fn leave(self, answer: Answer) -> Answer {
        self.office.idle.borrow_mut().push(self.session);
        answer
    }

    fn tell(&self, step: LedgerStep) {
        self.office.tell(self.id, step);
    }
}
