//! The server: its process, its connections, and which request is what.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;

use super::answer::Answer;
use super::clerk::{BUSY_WAIT, Clerk};
use super::key::{IDEMPOTENCY_KEY, unquoted};
use super::process::Process;
use crate::app::http::{Ends, Requests};
use crate::app::ledger::{Design, Isolation, Session, Store};
use crate::event::{AppEvent, LedgerStep, Phase, RequestId, SocketError};
use crate::rng::{Dice, Stream};
use crate::rt::{HyperTimer, ListenOptions, Net, Spawner, TcpOptions, TcpStream};
use crate::units::Span;

/// From handing over an answer to the kill after it: the answer has left by then, and its ACK is not back.
const AFTER_ANSWER: Span = Span::from_micros(1);

/// How a server deals with charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How it keeps a charge from being made twice.
    pub design: Design,
    /// How it keeps requests apart in the ledger.
    pub isolation: Isolation,
    /// Whether it answers `409 Conflict` while a request with the same key is under way in its process.
    pub guard: bool,
    /// What it takes to ask whoever holds the money, before the charge is entered.
    pub think: Span,
    /// What it does after the commit, before it answers.
    pub finish: Span,
    /// How long a key means anything.
    pub lifetime: Span,
    /// Where its process is killed, once.
    pub crash: Option<CrashPoint>,
    /// From the kill to the next process.
    pub restart: Span,
}

/// Where in its work for a charge the process is killed: the first request to come there meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrashPoint {
    /// It has read the request.
    Received,
    /// It has looked for the key and found none.
    Checked,
    /// It has entered the charge.
    Charged,
    /// It has stored the key.
    Stored,
    /// It has committed something.
    Committed,
    /// It has handed over the answer.
    Answered,
}

impl CrashPoint {
    /// All of them, in the order of the work.
    pub const ALL: [Self; 6] = [
        Self::Received,
        Self::Checked,
        Self::Charged,
        Self::Stored,
        Self::Committed,
        Self::Answered,
    ];

    /// Its name among a knob's values.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Checked => "checked",
            Self::Charged => "charged",
            Self::Stored => "stored",
            Self::Committed => "committed",
            Self::Answered => "answered",
        }
    }

    /// The point of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|point| point.name() == name)
    }
}

/// A payment server. Its clients have the same [`Requests`].
#[derive(Clone, Debug)]
pub struct Server {
    net: Net,
    spawner: Spawner,
    port: u16,
    store: Rc<Store>,
    requests: Requests,
    terms: Terms,
    names: Rc<RefCell<Stream>>,
    crash: Rc<Cell<Option<CrashPoint>>>,
}

/// What lives and dies with one process of the server.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) net: Net,
    pub(super) terms: Terms,
    pub(super) store: Rc<Store>,
    /// Where the names of charges come from.
    pub(super) names: Rc<RefCell<Stream>>,
    /// Connections to the ledger that nobody uses.
    pub(super) idle: RefCell<Vec<Session>>,
    /// Keys of the requests under way, with their bodies.
    running: RefCell<BTreeMap<String, Vec<u8>>>,
    process: Process,
    spawner: Spawner,
    crash: Rc<Cell<Option<CrashPoint>>>,
}

impl Server {
    /// A server with the ledger `store`, which need not be empty.
    pub fn new(
        (net, spawner, port): (Net, Spawner, u16),
        store: Rc<Store>,
        requests: Requests,
        terms: Terms,
        dice: Dice,
    ) -> Self {
        Self {
            net,
            spawner,
            port,
            store,
            requests,
            terms,
            names: Rc::new(RefCell::new(dice.stream("payment/charges"))),
            crash: Rc::new(Cell::new(terms.crash)),
        }
    }

    /// Serves for ever; a process that is killed is followed by another.
    ///
    /// # Errors
    /// `EADDRINUSE` if somebody listens on the port.
    pub async fn run(self) -> Result<(), SocketError> {
        loop {
            let office = Rc::new(self.office());
            let process = office.process.clone();
            let life = process.spawn("payment server", self.clone().accept(office));
            if let Ok(ended) = life.await {
                return ended;
            }
            self.net.clock().sleep(self.terms.restart).await;
            let step = LedgerStep::Restarted;
            self.net.note("a new process opens the ledger");
            self.net.tell(|| AppEvent::Ledger {
                request: None,
                step,
            });
        }
    }

    fn office(&self) -> Office {
        Office {
            net: self.net.clone(),
            terms: self.terms,
            store: Rc::clone(&self.store),
            names: Rc::clone(&self.names),
            idle: RefCell::default(),
            running: RefCell::default(),
            process: Process::new(self.spawner.clone()),
            spawner: self.spawner.clone(),
            crash: Rc::clone(&self.crash),
        }
    }

    async fn accept(self, office: Rc<Office>) -> Result<(), SocketError> {
        let options = ListenOptions {
            tcp: TcpOptions::without_nagle(),
            ..ListenOptions::default()
        };
        let listener = self.net.listen(self.port, options)?;
        loop {
            let stream = listener.accept().await;
            let ends = stream.ends().map(|(own, peer)| (peer, own));
            let serving = serve(stream, ends, self.requests.clone(), Rc::clone(&office));
            drop(office.process.spawn("payment connection", serving));
        }
    }
}

/// Serves one connection. A client that has closed its half, as it does when it has waited long enough, still gets
/// its answer: a server that works on a request does not look whether anybody waits.
async fn serve(stream: TcpStream, ends: Option<Ends>, requests: Requests, office: Rc<Office>) {
    let names = requests.clone();
    let timer = HyperTimer::new(office.net.clock().clone());
    let service = service_fn(move |request| {
        let id = ends.and_then(|ends| names.arrived(ends));
        respond(Rc::clone(&office), id, request)
    });
    let connection = Builder::new()
        .auto_date_header(false) // it would show the time of the real world, and answers would differ
        .header_read_timeout(None)
        .half_close(true)
        .timer(timer)
        .serve_connection(stream, service);
    let _ = connection.await; // the client's events say what became of its requests
    if let Some(ends) = ends {
        requests.closed(ends);
    }
}

/// The work for a request is a task of its own: it goes on when the connection is gone.
async fn respond(
    office: Rc<Office>,
    id: Option<RequestId>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let process = office.process.clone();
    match process
        .spawn("payment request", office.handle(id, request))
        .await
    {
        Ok(answer) => Ok(answer.response()),
        Err(_killed) => std::future::pending().await, // this task ends as well
    }
}

impl Office {
    async fn handle(self: Rc<Self>, id: Option<RequestId>, request: Request<Incoming>) -> Answer {
        self.phase(id, Phase::ServerStart);
        let answer = match (request.method(), request.uri().path()) {
            (&Method::POST, "/charges") => self.post(id, request).await,
            (&Method::GET, "/charges") => self.read().await,
            (_, "/charges") => Answer::unknown(StatusCode::METHOD_NOT_ALLOWED),
            _ => Answer::unknown(StatusCode::NOT_FOUND),
        };
        self.phase(id, Phase::ServerEnd);
        self.tell(
            id,
            LedgerStep::Answered {
                status: answer.status.as_u16(),
                stored: answer.stored,
            },
        );
        if self.crash.get() == Some(CrashPoint::Answered) && answer.status == StatusCode::CREATED {
            self.crash.set(None);
            self.kill_soon();
        }
        answer
    }

    /// A charge, as far as it does not concern the ledger.
    async fn post(&self, id: Option<RequestId>, request: Request<Incoming>) -> Answer {
        let key = match request.headers().get(IDEMPOTENCY_KEY).map(unquoted) {
            _ if !self.terms.design.has_keys() => String::new(),
            Some(Some(key)) => key,
            Some(None) | None => return Answer::missing_key(),
        };
        let Ok(body) = request.into_body().collect().await else {
            return Answer::malformed(); // nobody will hear it
        };
        let body = body.to_bytes().to_vec();
        let Some(amount) = amount(&body) else {
            return Answer::malformed();
        };
        self.reach(CrashPoint::Received).await;
        if !self.terms.guard || !self.terms.design.has_keys() {
            return self.charge(id, key, body, amount).await;
        }
        match self.running.borrow().get(&key) {
            Some(same) if *same == body => return Answer::in_progress(),
            Some(_) => return Answer::reused_key(),
            None => {}
        }
        self.running.borrow_mut().insert(key.clone(), body.clone());
        let answer = self.charge(id, key.clone(), body, amount).await;
        self.running.borrow_mut().remove(&key);
        answer
    }

    async fn charge(
        &self,
        id: Option<RequestId>,
        key: String,
        body: Vec<u8>,
        amount: u32,
    ) -> Answer {
        let session = self.session().await;
        let clerk = Clerk::new((self, session), id, key, body, amount);
        clerk.work().await
    }

    /// What was charged so far. It changes nothing, so it may be asked as often as anybody likes.
    async fn read(&self) -> Answer {
        let mut session = self.session().await;
        loop {
            if let Ok((charges, amount)) = session.sum() {
                self.idle.borrow_mut().push(session);
                let body = format!("{{\"charges\":{charges},\"amount\":{amount}}}");
                return Answer::new(StatusCode::OK, body.into_bytes());
            }
            self.net.clock().sleep(BUSY_WAIT).await;
        }
    }

    /// A connection to the ledger for one request.
    async fn session(&self) -> Session {
        let idle = self.idle.borrow_mut().pop();
        if let Some(session) = idle {
            return session;
        }
        loop {
            match self.store.open() {
                Ok(session) => return session,
                Err(_busy) => self.net.clock().sleep(BUSY_WAIT).await,
            }
        }
    }

    /// The work has come to `point`: here the process may be killed, and then it goes no further.
    pub(super) async fn reach(&self, point: CrashPoint) {
        if self.crash.get() != Some(point) {
            return;
        }
        self.crash.set(None);
        self.kill();
        std::future::pending::<()>().await;
    }

    fn kill(&self) {
        kill(&self.net, &self.process);
    }

    fn kill_soon(&self) {
        let (net, process) = (self.net.clone(), self.process.clone());
        drop(self.spawner.spawn("kill", async move {
            net.clock().sleep(AFTER_ANSWER).await;
            kill(&net, &process);
        }));
    }

    pub(super) fn tell(&self, request: Option<RequestId>, step: LedgerStep) {
        self.net.tell(|| AppEvent::Ledger { request, step });
    }

    fn phase(&self, id: Option<RequestId>, phase: Phase) {
        if let Some(request) = id {
            self.net.tell(|| AppEvent::Phase {
                request,
                phase,
                socket: None,
            });
        }
    }
}

fn kill(net: &Net, process: &Process) {
    if process.is_killed() {
        return;
    }
    net.note("the server's process is killed; the kernel closes its sockets");
    net.tell(|| AppEvent::Ledger {
        request: None,
        step: LedgerStep::Killed,
    });
    process.kill();
}

/// The amount in a form such as `amount=50&currency=usd`.
fn amount(body: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(body).ok()?;
    let mut fields = text.split('&');
    let amount = fields.find_map(|field| field.strip_prefix("amount="))?;
    amount.parse().ok().filter(|amount| *amount > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_field_of_a_form() {
        assert_eq!(amount(b"amount=50&currency=usd"), Some(50));
        assert_eq!(amount(b"currency=usd&amount=7"), Some(7));
        for wrong in [&b""[..], b"amount=", b"amount=0", b"amount=-1", b"\xff"] {
            assert_eq!(amount(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn names_of_points_lead_back() {
        for point in CrashPoint::ALL {
            assert_eq!(CrashPoint::named(point.name()), Some(point));
        }
    }
}
