//! A variant in one sentence: its closed form, and its constraint.

use super::setup::{Scheme, Setup};

/// The closed form in words.
pub(super) const fn formula(setup: Setup) -> &'static str {
    match setup.scheme {
        Scheme::SingleRegion => {
            "each user: DNS (5 + 40 ms) + 3 RTT to us-east + 1 RTT per further request"
        }
        Scheme::RoundRobin => {
            "each visit: DNS (5 ms, the first + 40) + 3 RTT to whose turn it is + 1 RTT per further request"
        }
        Scheme::GeoDns => {
            "each user: DNS (5 + 40 ms) + 3 RTT to the nearest + 1 RTT per further request"
        }
        Scheme::FarResolver => {
            "each user: DNS (1 RTT to us-east, + 40 ms for what is new) + 3 RTT + 1 RTT per further request"
        }
        Scheme::EdgeCompute => {
            "each user: DNS (5 + 40 ms) + 3 edge RTT + 1 edge RTT per further request"
        }
        Scheme::EdgeProxy => {
            "each user: DNS + 3 edge RTT + 1 edge-origin RTT, then 1 + 1 RTT per further request"
        }
        Scheme::OneRegionUsers => {
            "each user and name: DNS (5 ms, + 40 for what is new) + 3 RTT + 1 RTT per further request"
        }
        Scheme::TtlExpiry => {
            "TTL + each visit: DNS (45, 5 or 0 ms) + 3 RTT + 1 RTT per further request"
        }
        Scheme::Failover => {
            "attempts until the TTL ends + DNS (5 + 40 ms) + 3 RTT to Frankfurt + 1 RTT per further request"
        }
    }
}

/// The constraint in one sentence.
pub(super) const fn constraint(setup: Setup) -> &'static str {
    match setup.scheme {
        Scheme::SingleRegion => {
            "the constraint is distance: only a server nearer to the users makes round trips shorter"
        }
        Scheme::RoundRobin => {
            "the constraint is missing information: servers are near, but who gives them out does not know who asks"
        }
        Scheme::GeoDns => {
            "the constraint is the number of round trips: each is as short as it can be, and a cold visit still makes \
             three after its lookup"
        }
        Scheme::FarResolver if setup.tells_subnet => {
            "the constraint is the way to the resolver: the answer is right, but every lookup goes to us-east first"
        }
        Scheme::FarResolver => {
            "the constraint is wrong information: the authority sees where the resolver is and not where the user is; \
             telling the subnet (ecs=on) relieves it"
        }
        Scheme::EdgeCompute => {
            "the constraint is the number of round trips: nothing beyond the edge takes part in an answer"
        }
        Scheme::EdgeProxy => {
            "the constraint is the distance to the origin: the edge saves it two of three round trips, but every answer \
             still makes that way once"
        }
        Scheme::OneRegionUsers => {
            "the constraint is distance, and that is short already: with all users in one region there is nothing to choose"
        }
        Scheme::TtlExpiry => {
            "the constraint is the TTL: how long it lasts decides how often a visit pays for the authority"
        }
        Scheme::Failover => {
            "the constraint is the TTL: until it ends users keep the dead address, whatever the authority knows by then"
        }
    }
}
