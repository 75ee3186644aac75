//! The account of a page and of its objects.

use super::{Account, Class, Slice};
use crate::event::{Phase, RequestId};
use crate::measure::Exchange;
use crate::record::Recording;
use crate::units::SimTime;

/// Where the time of a page went, and that of each of its objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageAccount {
    /// From the page's beginning to its end, along the critical path.
    pub page: Account,
    /// From the moment in which each was wanted to its end, in the order of their names.
    pub objects: Vec<ObjectAccount>,
}

/// Where the time of an object went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectAccount {
    /// Its request.
    pub request: RequestId,
    /// For example `/object/7`.
    pub name: String,
    /// From the moment in which it was wanted to its end.
    pub account: Account,
}

impl PageAccount {
    /// The account of what happened from `from` to `until`.
    pub fn of(recording: &Recording, from: SimTime, until: SimTime) -> Self {
        let exchanges = Exchange::all(recording);
        let objects = exchanges.iter().map(object).collect();
        let whole = Slice {
            from,
            until,
            class: Class::Propagation,
            frame: None,
            request: None,
            stream: None,
        };
        Self {
            page: Account::new([whole]),
            objects,
        }
    }
}

/// What the steps alone say of an object.
fn object(exchange: &Exchange) -> ObjectAccount {
    use Phase as P;
    const STEPS: [(Phase, Class); 9] = [
        (P::Assigned, Class::Pool),
        (P::DnsEnd, Class::Dns),
        (P::TlsStart, Class::Connect),
        (P::ConnectEnd, Class::Tls),
        (P::RequestStart, Class::Client),
        (P::RequestEnd, Class::Send),
        (P::ServerStart, Class::Propagation),
        (P::ServerEnd, Class::Think),
        (P::ResponseEnd, Class::Propagation),
    ];
    let mut slices = Vec::new();
    let mut from = exchange.wanted;
    for (step, class) in STEPS {
        let Some(until) = exchange.at(step).filter(|until| *until >= from) else {
            continue;
        };
        slices.push(Slice {
            from,
            until,
            class,
            frame: None,
            request: Some(exchange.request),
            stream: None,
        });
        from = until;
    }
    ObjectAccount {
        request: exchange.request,
        name: exchange.path().to_owned(),
        account: Account::new(slices),
    }
}
