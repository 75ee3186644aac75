//! The pages of a recording: the hosts that ask others, each with its requests and their accounts.

use std::collections::{BTreeMap, BTreeSet};

use super::Exchange;
use super::account::{ObjectAccount, PageAccount, Window};
use crate::event::{Event, HostId, RequestId, SocketEvent, SocketId};
use crate::record::Recording;
use crate::units::SimTime;

/// What one host asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The host's name.
    pub name: String,
    /// The host, from the page's beginning to its end: what the run's result is of, or else from the host's first frame
    /// or request to the end of its last request.
    pub window: Window,
    /// Its requests, in the order of their names.
    pub exchanges: Vec<Exchange>,
    /// What carried each of them, in the same order.
    pub carriers: Vec<Carrier>,
    /// Where the time went.
    pub account: PageAccount,
}

/// What carried a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// The version of HTTP: `HTTP/1.1`, `h2`, `h3`, or `unknown` where no connection came about.
    pub version: &'static str,
    /// The connection: its ordinal among the host's, in the order of their first requests.
    pub connection: Option<usize>,
}

impl Page {
    /// The pages of a recording, in the order of the hosts. A host that answers requests itself, as a proxy does, asks on
    /// behalf of others and has none. `measured` is the window of the run's result, if there is one.
    pub fn all(recording: &Recording, measured: Option<Window>) -> Vec<Self> {
        let exchanges = Exchange::all(recording);
        let servers: BTreeSet<HostId> = exchanges
            .iter()
            .filter_map(|exchange| exchange.server)
            .collect();
        let hosts = recording
            .hosts()
            .filter(|(host, _)| !servers.contains(host));
        let mut pages: Vec<Self> = hosts
            .map(|(host, info)| {
                let own = exchanges.iter().filter(|exchange| exchange.client == host);
                Self::of(recording, host, &info.name, own.cloned().collect())
            })
            .filter(|page| !page.exchanges.is_empty())
            .collect();
        // Of several pages none is what the result is of.
        if let ([page], Some(measured)) = (pages.as_mut_slice(), measured) {
            page.take(measured);
        }
        let kinds = Kinds::of(recording, &exchanges);
        for page in &mut pages {
            page.carriers = kinds.carriers(&page.exchanges);
        }
        let windows: Vec<_> = pages.iter().map(|page| page.window).collect();
        for (page, account) in pages.iter_mut().zip(PageAccount::all(recording, &windows)) {
            page.account = account;
        }
        pages
    }

    fn of(recording: &Recording, host: HostId, name: &str, exchanges: Vec<Exchange>) -> Self {
        let asked = exchanges.iter().map(|exchange| exchange.wanted).min();
        let sent = super::timeline::first_sent(recording, host);
        let from = asked.into_iter().chain(sent).min().unwrap_or(SimTime::ZERO);
        let ends = exchanges
            .iter()
            .map(|exchange| exchange.ended.unwrap_or(recording.end()));
        Self {
            name: name.to_owned(),
            window: Window {
                host,
                from,
                until: ends.max().unwrap_or(from).max(from),
            },
            exchanges,
            carriers: Vec::new(),
            account: PageAccount::default(),
        }
    }

    /// Takes a window that was measured: only that knows when the page began, for what was not waited, and how long the
    /// browser worked at last. One that begins after some of the requests is of a part of the page.
    fn take(&mut self, measured: Window) {
        let mut wanted = self.exchanges.iter().map(|exchange| exchange.wanted);
        if measured.host == self.window.host && wanted.all(|at| measured.from <= at) {
            self.window = measured;
        }
    }

    /// The account of a request.
    pub fn account_of(&self, request: RequestId) -> Option<&ObjectAccount> {
        let objects = &self.account.objects;
        let position = objects.binary_search_by_key(&request, |object| object.request);
        position.ok().map(|position| &objects[position])
    }

    /// The requests on which the page's end depended.
    pub fn critical(&self) -> BTreeSet<RequestId> {
        let slices = self.account.page.slices();
        slices.iter().filter_map(|slice| slice.request).collect()
    }
}

/// What sockets are.
struct Kinds {
    /// Whether a socket is TCP's.
    tcp: BTreeMap<SocketId, bool>,
    /// Those whose requests have streams.
    multiplexed: BTreeSet<SocketId>,
}

impl Kinds {
    fn of(recording: &Recording, exchanges: &[Exchange]) -> Self {
        let opened = recording
            .entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::Socket(socket, SocketEvent::Opened(opened)) => Some((*socket, opened.tcp)),
                _ => None,
            });
        let streams = exchanges
            .iter()
            .filter(|exchange| exchange.stream().is_some());
        Self {
            tcp: opened.collect(),
            multiplexed: streams.filter_map(|exchange| exchange.socket).collect(),
        }
    }

    fn carriers(&self, exchanges: &[Exchange]) -> Vec<Carrier> {
        let mut ordinals = BTreeMap::new();
        let mut carrier = |exchange: &Exchange| {
            let next = ordinals.len() + 1;
            let connection = exchange
                .socket
                .map(|socket| *ordinals.entry(socket).or_insert(next));
            Carrier {
                version: exchange
                    .socket
                    .map_or("unknown", |socket| self.version(socket)),
                connection,
            }
        };
        exchanges.iter().map(&mut carrier).collect()
    }

    fn version(&self, socket: SocketId) -> &'static str {
        match self.tcp.get(&socket) {
            Some(false) => "h3",
            Some(true) if self.multiplexed.contains(&socket) => "h2",
            Some(true) => "HTTP/1.1",
            None => "unknown",
        }
    }
}
