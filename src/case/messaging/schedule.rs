//! When there is a message, and for or from which client.

use rand::{Rng, RngExt};

use super::apps::server_costs;
use crate::app::messages::Costs;
use crate::case::Plan;
use crate::event::MessageId;
use crate::rng::{Dice, Stream};
use crate::units::{SimTime, Span};

/// One message that will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// When, counted from the beginning of its part of the run.
    pub(super) at: Span,
    /// The client that it is for, or comes from.
    pub(super) client: u32,
    /// Its name.
    pub(super) id: MessageId,
}

/// All messages of a run. Those of the server's come first, those of the clients when all is quiet again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    /// The server's.
    pub(super) down: Vec<Due>,
    /// The clients' own.
    pub(super) up: Vec<Due>,
}

/// When the first message is: every session is open by then, and all is acknowledged.
pub(super) fn beginning(plan: &Plan) -> SimTime {
    let Costs {
        request, handshake, ..
    } = server_costs(plan);
    SimTime::ZERO + settling(plan) + (request + handshake) * plan.count("clients")
}

/// How long it takes until all is quiet: a handful of round trips, and every delayed acknowledgment.
pub(super) fn settling(plan: &Plan) -> Span {
    plan.span("rtt") * 5 + plan.span("jitter") * 5 + Span::from_secs(1)
}

impl Schedule {
    /// The schedule of a plan. The first two messages are for the same client, the second `follow` after the first;
    /// the others follow when what that has caused is over.
    pub(super) fn of(plan: &Plan) -> Self {
        let lead = plan.span("rtt") * 5 + plan.span("follow");
        let pair = [Span::ZERO, plan.span("follow")].map(|at| (at, 0));
        let mut dice = Dice::new(plan.seed()).stream("messaging/arrivals");
        let mut arrivals = |count| arrivals(plan, count, &mut dice);
        let later = arrivals(plan.count("messages")).into_iter();
        let later = later.map(|(at, client)| (lead + at, client));
        let down: Vec<_> = pair.into_iter().chain(later).collect();
        let up = arrivals(plan.count("uploads"));
        let mut names = (0..).map(MessageId);
        let mut due = |moments: Vec<(Span, u32)>| {
            let one = |(at, client)| Due {
                at,
                client,
                id: names.next().expect("a run has fewer messages"),
            };
            moments.into_iter().map(one).collect()
        };
        Self {
            down: due(down),
            up: due(up),
        }
    }
}

/// So many messages at the plan's rate, in order. `poisson` are independent of each other, both when they come and
/// for whom: as a Poisson process with so many in its time, which is as many independent moments. `steady` ones
/// come in equal intervals, for one client after another.
fn arrivals(plan: &Plan, count: u64, dice: &mut Stream) -> Vec<(Span, u32)> {
    let (rate, clients) = (plan.count("message_rate"), plan.count("clients"));
    let client =
        |ordinal: u64| u32::try_from(ordinal % clients).expect("the knob's range is small");
    if plan.text("arrivals") == "steady" {
        return (0..count)
            .map(|ordinal| (interval(ordinal, rate), client(ordinal)))
            .collect();
    }
    let end = interval(count, rate).as_nanos().max(1);
    let mut moments: Vec<_> = (0..count)
        .map(|_| {
            (
                Span::from_nanos(dice.random_range(0..end)),
                client(dice.next_u64()),
            )
        })
        .collect();
    moments.sort_unstable();
    moments
}

/// The time in which so many come at a rate per second.
pub(super) fn interval(count: u64, rate: u64) -> Span {
    let nanos = u128::from(count) * 1_000_000_000 / u128::from(rate);
    Span::from_nanos(u64::try_from(nanos).expect("a run is shorter than 500 years"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(seed: u64, settings: &[(&str, &str)]) -> Schedule {
        let plan = Plan::new("messaging", "websocket", seed, settings.iter().copied());
        Schedule::of(&plan.unwrap())
    }

    #[test]
    fn chance_comes_from_the_seed() {
        assert_eq!(schedule(1, &[]), schedule(1, &[]));
        assert_ne!(schedule(1, &[]), schedule(2, &[]));
        let steady = [("arrivals", "steady")];
        assert_eq!(schedule(1, &steady), schedule(2, &steady));
    }

    #[test]
    fn the_second_message_follows_the_first_for_the_same_client() {
        let down = schedule(1, &[("follow", "3us")]).down;
        assert_eq!(down[1].at, down[0].at + Span::from_micros(3));
        assert_eq!((down[0].client, down[1].client), (0, 0));
    }

    #[test]
    fn steady_messages_take_turns() {
        let settings = [
            ("arrivals", "steady"),
            ("clients", "3"),
            ("message_rate", "100"),
        ];
        let down = schedule(1, &settings).down;
        let turns: Vec<_> = down[2..6].iter().map(|due| due.client).collect();
        assert_eq!(turns, [0, 1, 2, 0]);
        assert_eq!(down[3].at - down[2].at, Span::from_millis(10));
    }

    /// Of a Poisson process the intervals vary as much as they are long on average.
    #[test]
    fn poisson_messages_come_at_the_rate_and_as_irregularly_as_they_should() {
        let settings = [("messages", "20000"), ("message_rate", "1000")];
        let down = schedule(1, &settings).down;
        let gaps: Vec<f64> = down[2..]
            .windows(2)
            .map(|pair| (pair[1].at - pair[0].at).as_millis_f64())
            .collect();
        let mean = gaps.iter().sum::<f64>() / 19_999.0;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / 19_999.0;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        assert!((variance.sqrt() - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn every_message_has_its_own_name() {
        let Schedule { down, up } = schedule(1, &[]);
        let names: std::collections::BTreeSet<_> =
            down.iter().chain(&up).map(|due| due.id).collect();
        assert_eq!(names.len(), down.len() + up.len());
    }
}
