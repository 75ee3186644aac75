//! The steps of a request as HAR 1.2 has them: without gaps and without overlaps, except that TLS is a part of connecting.

use std::collections::BTreeMap;

use super::Exchange;
use crate::event::Phase;
use crate::units::{SimTime, Span};

/// How long each step of a request took. A step that did not apply is `None`: with a connection that is used again, nobody
/// looks up a name or connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases {
    /// Waiting for a connection, or for the client.
    pub blocked: Option<Span>,
    /// Looking up the name.
    pub dns: Option<Span>,
    /// Opening the connection, TLS included.
    pub connect: Option<Span>,
    /// The part of it that is TLS; all of it with QUIC.
    pub ssl: Option<Span>,
    /// Giving the request to the socket.
    pub send: Span,
    /// From there to the first byte of the response.
    pub wait: Span,
    /// From there to the last.
    pub receive: Span,
    /// Moments at which a step begins or ends, in order.
    marks: [SimTime; 8],
}

/// From one moment to another.
type Stretch = (SimTime, SimTime);

impl Phases {
    /// The steps of a request; one that was never over ends at `end`. What was not reached is part of the step before it.
    pub fn of(exchange: &Exchange, end: SimTime) -> Self {
        let end = exchange.ended.unwrap_or(end).max(exchange.wanted);
        let sent = exchange.at(Phase::RequestStart);
        let ready = sent.unwrap_or(end).clamp(exchange.wanted, end);
        let begin = exchange.wanted;
        let dns = stretch(exchange, (Phase::DnsStart, Phase::DnsEnd), (begin, ready));
        let begin = dns.map_or(begin, |(_, until)| until);
        let connect = stretch(
            exchange,
            (Phase::ConnectStart, Phase::ConnectEnd),
            (begin, ready),
        );
        let tls = connect
            .and_then(|within| stretch(exchange, (Phase::TlsStart, Phase::ConnectEnd), within));
        let (given, first) = answered(exchange, ready, end);
        let span = |stretch: Option<Stretch>| stretch.map(|(from, until)| until - from);
        let known = span(dns).unwrap_or_default() + span(connect).unwrap_or_default();
        let blocked = (ready - exchange.wanted).saturating_sub(known);
        let (dns_from, dns_until) = dns.unwrap_or((exchange.wanted, exchange.wanted));
        let (from, until) = connect.unwrap_or((dns_until, dns_until));
        Self {
            blocked: (!blocked.is_zero()).then_some(blocked),
            dns: span(dns),
            connect: span(connect),
            ssl: span(tls),
            send: given - ready,
            wait: first - given,
            receive: end - first,
            marks: [
                dns_from,
                dns_until,
                from,
                tls.map_or(from, |(from, _)| from),
                until,
                ready,
                given,
                first,
            ],
        }
    }

    /// All of them together: from when the request was wanted to its end.
    pub fn total(&self) -> Span {
        let before = [self.blocked, self.dns, self.connect];
        let before: Span = before.into_iter().flatten().sum();
        before + self.send + self.wait + self.receive
    }

    /// The moments at which one step ends and another begins, in order.
    pub const fn marks(&self) -> &[SimTime] {
        &self.marks
    }

    /// The steps with HAR's names, those that do not apply left out.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let steps = [
            ("blocked", self.blocked),
            ("dns", self.dns),
            ("connect", self.connect),
            ("ssl", self.ssl),
            ("send", Some(self.send)),
            ("wait", Some(self.wait)),
            ("receive", Some(self.receive)),
        ];
        steps
            .into_iter()
            .filter_map(|(name, span)| Some((name, span?)))
    }

    /// The steps of several requests, each added up, in ms. Requests that run beside each other make more than the time
    /// that passes.
    pub fn sum(all: impl IntoIterator<Item = Self>) -> BTreeMap<String, f64> {
        let mut sums: BTreeMap<_, Span> = BTreeMap::new();
        for (name, span) in all
            .into_iter()
            .flat_map(|phases| phases.named().collect::<Vec<_>>())
        {
            *sums.entry(name).or_default() += span;
        }
        sums.into_iter()
            .map(|(name, span)| (name.to_owned(), span.as_millis_f64()))
            .collect()
    }
}

/// A step between two marks, as far as it lies within others. One that does not end lasts to their end.
fn stretch(exchange: &Exchange, (first, last): (Phase, Phase), within: Stretch) -> Option<Stretch> {
    let from = exchange
        .at(first)
        .filter(|from| *from <= within.1)?
        .max(within.0);
    let until = exchange.at(last).filter(|until| from <= *until);
    Some((
        from,
        until.unwrap_or(within.1).clamp(from, within.1.max(from)),
    ))
}

/// When the request was given to the socket, and when the response's first byte came, between `ready` and `end`. An
/// answer may come before the whole request has been sent.
fn answered(exchange: &Exchange, ready: SimTime, end: SimTime) -> Stretch {
    let Some(_) = exchange.at(Phase::RequestStart) else {
        return (end, end);
    };
    let first = exchange
        .at(Phase::ResponseStart)
        .unwrap_or(end)
        .clamp(ready, end);
    let given = exchange
        .at(Phase::RequestEnd)
        .unwrap_or(first)
        .clamp(ready, first);
    (given, first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AppEvent, Event, HostId, RequestId};
    use crate::record::{Entry, Recording};

    fn ms(ms: u64) -> SimTime {
        SimTime::ZERO + Span::from_millis(ms)
    }

    fn phases(steps: &[(u64, Phase)], ended: Option<u64>) -> Phases {
        let request = RequestId(0);
        let asked = AppEvent::Request {
            request,
            method: "GET".to_owned(),
            url: "http://server.test/".to_owned(),
        };
        let mut events = vec![(1, asked)];
        for (at, phase) in steps {
            events.push((
                *at,
                AppEvent::Phase {
                    request,
                    phase: *phase,
                    socket: None,
                },
            ));
        }
        if let Some(ended) = ended {
            let event = AppEvent::Response {
                request,
                status: 200,
                body: 0,
                error: None,
            };
            events.push((ended, event));
        }
        let entries = events.into_iter().map(|(at, event)| Entry {
            at: ms(at),
            event: Event::App(HostId(0), Box::new(event)),
        });
        let recording = Recording {
            entries: entries.collect(),
            ..Recording::default()
        };
        Phases::of(&Exchange::all(&recording)[0], ms(100))
    }

    fn millis(phases: &Phases) -> Vec<(&'static str, u64)> {
        phases
            .named()
            .map(|(name, span)| (name, span.as_nanos() / 1_000_000))
            .collect()
    }

    #[test]
    fn tls_is_a_part_of_connecting_and_the_rest_adds_up() {
        use Phase as P;
        let phases = phases(
            &[
                (2, P::Assigned),
                (3, P::DnsStart),
                (8, P::DnsEnd),
                (8, P::ConnectStart),
                (18, P::TlsStart),
                (38, P::ConnectEnd),
                (38, P::RequestStart),
                (39, P::RequestEnd),
                (60, P::ResponseStart),
                (70, P::ResponseEnd),
            ],
            Some(70),
        );
        assert_eq!(
            millis(&phases),
            [
                ("blocked", 2),
                ("dns", 5),
                ("connect", 30),
                ("ssl", 20),
                ("send", 1),
                ("wait", 21),
                ("receive", 10)
            ]
        );
        assert_eq!(phases.total(), Span::from_millis(69));
        assert!(phases.marks().is_sorted(), "{:?}", phases.marks());
    }

    #[test]
    fn early_data_leaves_before_the_connection_is_ready() {
        use Phase as P;
        let phases = phases(
            &[
                (1, P::ConnectStart),
                (1, P::TlsStart),
                (5, P::RequestStart),
                (5, P::RequestEnd),
                (21, P::ConnectEnd),
                (21, P::ResponseStart),
            ],
            Some(21),
        );
        assert_eq!(
            millis(&phases),
            [
                ("connect", 4),
                ("ssl", 4),
                ("send", 0),
                ("wait", 16),
                ("receive", 0)
            ]
        );
    }

    #[test]
    fn what_fails_early_ends_in_the_step_that_it_was_in() {
        let refused = phases(&[(4, Phase::ConnectStart)], Some(9));
        assert_eq!(
            millis(&refused),
            [
                ("blocked", 3),
                ("connect", 5),
                ("send", 0),
                ("wait", 0),
                ("receive", 0)
            ]
        );
        let unanswered = phases(&[(2, Phase::RequestStart), (3, Phase::RequestEnd)], None);
        assert_eq!(
            millis(&unanswered),
            [("blocked", 1), ("send", 1), ("wait", 97), ("receive", 0)]
        );
    }
}
