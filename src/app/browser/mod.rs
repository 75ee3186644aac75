//! A browser: it fetches the objects of a page from several origins, each as soon as what it depends on is there.
//!
//! An object waits for parts of the answers to others ([`Trigger`]), then for as long as the browser works on them,
//! and is then asked for. `pool` has the connections of one origin by HTTP/1.1, `shared` the one connection of an
//! origin by HTTP/2 or HTTP/3, `gate` holds back what can wait for the page's first layout. The browser neither parses
//! nor renders: how long that takes is said beforehand.

mod gate;
mod pool;
mod shared;

use std::rc::Rc;

use futures::future::{join, join_all};

use self::gate::Gate;
use self::pool::Pool;
use self::shared::Shared;
use super::http::{Client, Course, Exchange};
use crate::event::AppEvent;
use crate::rt::Net;
use crate::units::Span;

pub use super::http::Moment;

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/1.1 (RFC 9112).
    Http1,
    /// HTTP/2 (RFC 9113).
    Http2,
    /// HTTP/3 over QUIC (RFC 9114).
    Http3,
}

/// How the browser speaks with an origin.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Whom it asks.
    pub client: Client,
    /// How.
    pub version: Version,
    /// Connections that it opens at most by HTTP/1.1.
    pub connections: usize,
    /// Whether a connection carries more than one request by HTTP/1.1.
    pub keep_alive: bool,
    /// Whether a connection to it is opened before the page begins.
    pub warm: bool,
}

/// Something that an object waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Position of the object whose answer it is.
    pub of: usize,
    /// How much of it.
    pub at: Moment,
    /// How long the browser works until it asks.
    pub wait: Span,
}

/// An object that the page needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Position of its origin.
    pub origin: usize,
    /// For example `/style.css`.
    pub path: String,
    /// What it waits for, all of it; if nothing, it is asked for as soon as [`Fetch::wait`] is over.
    pub after: Vec<Trigger>,
    /// How long after the page's beginning it is asked for at the earliest.
    pub wait: Span,
    /// How long the browser works on the request itself, once it may go out.
    pub hold: Span,
    /// Requests of higher priority take the next free connection first.
    pub priority: u8,
    /// Those that have a turn take it before those that have none, the smallest first, whatever their priority.
    pub turn: Option<u32>,
    /// Bytes of the request besides what every request has, in its head.
    pub padding: usize,
    /// Whether the page is there without it.
    pub background: bool,
    /// Whether the page's first layout waits for it: meanwhile others of priority 0 are held back.
    pub blocking: bool,
}

/// The remark with which a page begins that has connections from before.
pub const BEGINS: &str = "the page begins";

/// The connections to one origin.
enum Connections {
    One(Box<Shared>),
    Many(Rc<Pool>),
}

/// Fetches all objects, and returns when each has been answered or has failed. Connections then close. When all that
/// the page needs is there, the browser works for `settle`.
pub async fn browse(net: Net, origins: Vec<Origin>, fetches: Vec<Fetch>, settle: Span) {
    let origins: Vec<_> = origins.into_iter().map(Connections::of).collect();
    let warm = origins.iter().filter(|origin| origin.is_warm());
    let warm: Vec<_> = warm.map(Connections::warm_up).collect();
    if !warm.is_empty() {
        join_all(warm).await;
        net.note(BEGINS);
    }
    let courses: Vec<_> = fetches.iter().map(|_| Course::default()).collect();
    let gate = Gate::default();
    let all = std::iter::zip(&fetches, &courses).map(|(fetch, course)| {
        let (net, courses, origins, gate) = (&net, &courses, &origins, &gate);
        async move {
            found(net, fetch, courses).await;
            let origin = &origins[fetch.origin];
            let exchange = origin.client().want(fetch.path.clone());
            let exchange = exchange.padded(fetch.padding).on_course(course);
            gate.enter(fetch).await;
            work(net, fetch.hold).await;
            origin.fetch(exchange, fetch).await;
            gate.leave(fetch);
        }
    });
    let needed = std::iter::zip(&fetches, &courses).filter(|(fetch, _)| !fetch.background);
    let needed = needed.map(|(_, course)| course.reached(Moment::End));
    let settling = async {
        join_all(needed).await;
        work(&net, settle).await;
    };
    join(join_all(all), settling).await;
}

/// Waits until the browser knows that it wants an object.
async fn found(net: &Net, fetch: &Fetch, courses: &[Course]) {
    let beginning = work(net, fetch.wait);
    let triggers = fetch.after.iter().map(|trigger| async {
        courses[trigger.of].reached(trigger.at).await;
        work(net, trigger.wait).await;
    });
    let triggers = join_all(triggers);
    join(beginning, triggers).await;
}

/// The browser works for a while.
async fn work(net: &Net, span: Span) {
    if span.is_zero() {
        return;
    }
    net.tell(|| AppEvent::Think {
        request: None,
        span,
    });
    net.clock().sleep(span).await;
}

impl Connections {
    fn of(origin: Origin) -> Self {
        match origin.version {
            Version::Http1 => Self::Many(Rc::new(Pool::new(origin))),
            _ => Self::One(Box::new(Shared::new(origin))),
        }
    }

    fn client(&self) -> &Client {
        match self {
            Self::One(shared) => shared.client(),
            Self::Many(pool) => pool.client(),
        }
    }

    fn is_warm(&self) -> bool {
        match self {
            Self::One(shared) => shared.is_warm(),
            Self::Many(pool) => pool.is_warm(),
        }
    }

    /// Opens a connection on behalf of nobody.
    async fn warm_up(&self) {
        let client = self.client();
        let nobody = Exchange::silent(client.net.clone(), client.requests.name());
        match self {
            Self::One(shared) => shared.warm_up(nobody).await,
            Self::Many(pool) => pool.warm_up(nobody).await,
        }
    }

    async fn fetch(&self, exchange: Exchange, fetch: &Fetch) {
        match self {
            Self::One(shared) => shared.fetch(exchange).await,
            Self::Many(pool) => pool.fetch(exchange, fetch).await,
        }
    }
}
