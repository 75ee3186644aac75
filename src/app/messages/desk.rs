//! What one end has for the other: messages that wait, and a count of those that came.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::Message;
use crate::event::{AppEvent, MessageStep};
use crate::rt::Net;

/// One end of the conversation with one client. Clones are the same desk.
#[derive(Clone, Debug)]
pub struct Desk(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    net: Net,
    client: u32,
    outgoing: RefCell<Outgoing>,
    came: Tally,
}

/// Messages that no carrier has taken yet.
#[derive(Debug, Default)]
struct Outgoing {
    waiting: VecDeque<Message>,
    closed: bool,
    carrier: Option<Waker>,
}

/// Counts what has come so far; clones count together. One task at a time can wait for a count.
#[derive(Clone, Debug, Default)]
pub struct Tally(Rc<Count>);

#[derive(Debug, Default)]
struct Count {
    came: Cell<u64>,
    hopeless: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Desk {
    /// A desk on the host of `net` for the conversation with a client. `came` counts what is delivered to it.
    pub fn new(net: Net, client: u32, came: Tally) -> Self {
        Self(Rc::new(Inner {
            net,
            client,
            outgoing: RefCell::default(),
            came,
        }))
    }

    /// The ordinal of the client.
    pub fn client(&self) -> u32 {
        self.0.client
    }

    /// The application has a message for the other end.
    pub fn accept(&self, message: Message) {
        self.tell(&message, MessageStep::Accepted);
        let mut outgoing = self.0.outgoing.borrow_mut();
        outgoing.waiting.push_back(message);
        outgoing.wake();
    }

    /// There will be no more messages, and the conversation may end.
    pub fn close(&self) {
        let mut outgoing = self.0.outgoing.borrow_mut();
        outgoing.closed = true;
        outgoing.wake();
    }

    /// The next message for the other end; `None` once the desk is closed and empty.
    pub(in crate::app) async fn next(&self) -> Option<Message> {
        self.wait(VecDeque::pop_front).await
    }

    /// All messages that wait, once there is one; none once the desk is closed and empty.
    pub(in crate::app) async fn all(&self) -> VecDeque<Message> {
        let all = self.wait(|waiting| (!waiting.is_empty()).then(|| std::mem::take(waiting)));
        all.await.unwrap_or_default()
    }

    async fn wait<T>(&self, take: impl Fn(&mut VecDeque<Message>) -> Option<T>) -> Option<T> {
        poll_fn(|context| {
            let mut outgoing = self.0.outgoing.borrow_mut();
            if let Some(taken) = take(&mut outgoing.waiting) {
                return Poll::Ready(Some(taken));
            }
            if outgoing.closed {
                return Poll::Ready(None);
            }
            outgoing.carrier = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// A carrier has given a message to its socket.
    pub(in crate::app) fn written(&self, message: &Message) {
        self.tell(message, MessageStep::Written);
    }

    /// A message of the other end's has come.
    pub(in crate::app) fn delivered(&self, message: &Message) {
        self.tell(message, MessageStep::Delivered);
        self.0.came.add();
    }

    fn tell(&self, message: &Message, step: MessageStep) {
        self.0.net.tell(|| AppEvent::Message {
            message: message.id(),
            client: self.0.client,
            step,
            bytes: message.text().len() as u64,
        });
    }
}

impl Outgoing {
    fn wake(&mut self) {
        if let Some(carrier) = self.carrier.take() {
            carrier.wake();
        }
    }
}

impl Tally {
    /// One more.
    pub fn add(&self) {
        self.0.came.set(self.0.came.get() + 1);
        self.wake();
    }

    /// Not all will come: nobody is to wait for them.
    pub fn give_up(&self) {
        self.0.hopeless.set(true);
        self.wake();
    }

    /// Waits until so many have come, or until not all will.
    pub async fn reaches(&self, count: u64) {
        poll_fn(|context| {
            if self.0.came.get() >= count || self.0.hopeless.get() {
                return Poll::Ready(());
            }
            *self.0.waiting.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn wake(&self) {
        if let Some(waiting) = self.0.waiting.borrow_mut().take() {
            waiting.wake();
        }
    }
}
