//! `failover`: a region goes dark, and a user who holds its address is lost until the TTL ends.
//!
//! Here are the applications and the closed form; `outage` has what the recording must show.

use super::map::{City, Region, TO_AUTHORITY};
use super::setup::{SITE, Setup};
use super::world::Lab;
use crate::case::Plan;
use crate::units::{SimTime, Span};

/// The region that goes dark, and whose users are watched.
pub(super) const DARK: (Region, City) = (Region::Tokyo, City::Seoul);

/// How long before a visit begins, or after it has begun, nothing may go dark: a visit under way would end by its
/// transport's patience, which is another story.
pub(super) const CLEAR: Span = Span::from_secs(2);

/// When what happens, counted from the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// From the beginning of one visit to that of the next.
    pub(super) every: Span,
    /// When the region goes dark.
    pub(super) outage: Span,
    /// How long after that the authority names it no more.
    pub(super) detect: Span,
    /// How long a connection attempt may take.
    pub(super) connect_timeout: Span,
}

impl Timing {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            every: plan.span("every"),
            outage: plan.span("outage"),
            detect: plan.span("detect"),
            connect_timeout: plan.span("connect_timeout"),
        }
    }

    /// Whether the outage would meet a visit under way.
    pub(super) fn meets_a_visit(self) -> bool {
        let into = Span::from_nanos(self.outage.as_nanos() % self.every.as_nanos());
        !into.is_zero() && into < CLEAR
    }
}

/// Visits at regular times; one that fails is tried again at once. Ends with the first that succeeds after the outage.
pub(super) async fn play(lab: Lab, timing: Timing) {
    let server = lab.servers[&DARK.0].clone();
    let clock = server.clock().clone();
    let (zone, spawner) = (lab.zone.clone(), lab.spawner.clone());
    let dark = server.clone();
    drop(spawner.spawn("outage", async move {
        dark.clock().sleep(timing.outage).await;
        dark.note("the region goes dark: no FIN, no RST");
        dark.power_off();
        dark.clock().sleep(timing.detect).await;
        zone.withdraw(dark.address());
    }));
    let beginning = clock.now();
    let mut due = beginning;
    loop {
        clock.sleep_until(due).await;
        let begun = clock.now();
        let timeout = Some(timing.connect_timeout);
        let is_answered = lab.visit(0, SITE, true, timeout).await > 0;
        if is_answered && begun >= beginning + timing.outage {
            return;
        }
        if is_answered {
            due += timing.every;
        }
    }
}

/// What must happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Story {
    /// Visits before the outage.
    pub(super) good: u64,
    /// Attempts to connect to the region that is dark.
    pub(super) failed: u64,
    /// From the outage to the last byte of the first answer after it.
    pub(super) lost: Span,
    /// From the first frame to the last byte of the last visit.
    pub(super) total: Span,
    /// The region that answers at last.
    pub(super) region: Region,
}

impl Story {
    /// Walks through the visits: an answer is asked for again when its TTL has ended, and names the dark region as
    /// long as the authority does.
    pub(super) fn of(setup: Setup, timing: Timing) -> Self {
        let (dark, city) = DARK;
        let region = city.nearest(&setup.regions())[1];
        let (ttl, mut until) = (Span::from_secs(u64::from(setup.ttl)), SimTime::ZERO);
        let (outage, mut now) = (SimTime::ZERO + timing.outage, SimTime::ZERO);
        let (mut good, mut failed, mut named) = (0, 0, dark);
        loop {
            let lookup = if now < until {
                Span::ZERO
            } else {
                setup.to_resolver(city) + TO_AUTHORITY
            };
            if !lookup.is_zero() {
                until = now + lookup + ttl;
                let asked = now + lookup / 2;
                named = if asked < outage + timing.detect {
                    dark
                } else {
                    region
                };
            }
            if named == region {
                let cold = lookup + city.rtt(region) * 3;
                let further = city.rtt(region) * (setup.fetches - 1);
                return Self {
                    good,
                    failed,
                    lost: now + cold - outage,
                    total: now + cold + further - SimTime::ZERO,
                    region,
                };
            }
            if now < outage {
                good += 1;
                now += timing.every;
            } else {
                failed += 1;
                now += lookup + timing.connect_timeout;
            }
        }
    }

    /// The longest that a user can be lost: the answer was asked for just before the authority knew, its TTL ends just
    /// after an attempt has begun, and that one must fail first. Who visits more seldom does not notice.
    pub(super) fn bound(setup: Setup, timing: Timing) -> Span {
        let city = DARK.1;
        let region = city.nearest(&setup.regions())[1];
        let lookup = setup.to_resolver(city) + TO_AUTHORITY;
        let ttl = Span::from_secs(u64::from(setup.ttl));
        let kept = timing.detect + ttl + lookup / 2;
        let found = kept + lookup + timing.connect_timeout;
        found.max(timing.every) + lookup + city.rtt(region) * 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(settings: &[(&str, &str)]) -> (Story, Span) {
        let plan = Plan::new("geo-routing", "failover", 1, settings.iter().copied()).unwrap();
        let (setup, timing) = (Setup::of(&plan), Timing::of(&plan));
        (Story::of(setup, timing), Story::bound(setup, timing))
    }

    #[test]
    fn a_user_is_lost_until_the_ttl_ends_and_the_attempt_then_under_way_has_failed() {
        let (story, _) = story(&[]);
        // The answer of the first visit ends at 60.045 s; attempts begin at 30 s and every 4 s.
        assert_eq!((story.good, story.failed), (3, 8));
        let back = Span::from_secs(62) + Span::from_millis(45 + 3 * 240);
        assert_eq!(story.lost, back.saturating_sub(Span::from_secs(25)));
        assert_eq!(story.region, Region::Frankfurt);
    }

    #[test]
    fn no_choice_of_times_exceeds_the_bound() {
        for ttl in ["1", "7", "30", "300"] {
            for outage in ["0", "3s", "25s", "59.5s", "118s"] {
                for detect in ["0", "5s", "61s"] {
                    for connect_timeout in ["1s", "4s", "9s"] {
                        let (story, bound) = story(&[
                            ("ttl", ttl),
                            ("outage", outage),
                            ("detect", detect),
                            ("connect_timeout", connect_timeout),
                        ]);
                        assert!(
                            story.lost <= bound,
                            "{ttl} {outage} {detect} {connect_timeout}"
                        );
                    }
                }
            }
        }
    }
}
