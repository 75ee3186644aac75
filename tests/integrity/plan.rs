//! Random paths, hosts and conversations.

use std::fmt;
use std::num::NonZeroU32;

use proptest::prelude::*;
use proptest::sample::select;
use wirelab::host::{KeepAlive, Profile, TcpOptions};
use wirelab::link::{GilbertElliott, LinkConfig, Loss, Outage, QueueLimit, Reorder};
use wirelab::units::{BitRate, Percent, SimTime, Span};

use crate::support::{Order, Pair, Role};

/// A world to be tried.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) path: Path,
    pub(crate) profiles: (Profile, Profile),
    pub(crate) options: (TcpOptions, TcpOptions),
    pub(crate) client: Role,
    pub(crate) server: Role,
    pub(crate) connections: usize,
    pub(crate) backlog: usize,
}

/// A path and whether everything must come through on it.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) forward: LinkConfig,
    pub(crate) backward: LinkConfig,
    pub(crate) nat: Option<Span>,
    pub(crate) faults: Faults,
}

/// What a path does to frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Faults {
    /// It only takes time.
    None,
    /// It reorders, duplicates, jitters, queues and drops what does not fit a queue or its MTU.
    Disorder,
    /// It loses and corrupts frames as well.
    Loss,
    /// It is down at times, and forgets flows.
    Outage,
}

impl Plan {
    /// The pair of hosts.
    pub(crate) fn pair(&self) -> Pair {
        let pair = Pair::new(self.seed)
            .links(self.path.forward.clone(), self.path.backward.clone())
            .profiles(self.profiles.0.clone(), self.profiles.1.clone());
        match self.path.nat {
            Some(idle) => pair.nat(idle),
            None => pair,
        }
    }

    /// Whether both ends must succeed.
    pub(crate) fn must_succeed(&self) -> bool {
        let polite = |role: &Role| role.lifetime.is_none();
        matches!(self.path.faults, Faults::None | Faults::Disorder)
            && polite(&self.client)
            && polite(&self.server)
    }
}

/// As short as can be: a failure must be read by people.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Path {
            forward,
            backward,
            nat,
            faults,
        } = &self.path;
        writeln!(
            f,
            "seed {}, {faults:?}, {} connections",
            self.seed, self.connections
        )?;
        writeln!(
            f,
            "client->server {forward}, server->client {backward}, nat {nat:?}"
        )?;
        for (name, profile, options, role) in [
            ("client", &self.profiles.0, &self.options.0, &self.client),
            ("server", &self.profiles.1, &self.options.1, &self.server),
        ] {
            writeln!(
                f,
                "{name}: {profile}, buffers {:?} and {:?}, nodelay {}, timestamps {:?}, {role:?}",
                options.send_buffer, options.recv_buffer, options.nodelay, options.timestamps
            )?;
        }
        write!(f, "backlog {}", self.backlog)
    }
}

/// Up to so many percent, in tenths; nothing at all in half of the cases.
fn percent(up_to: u32) -> BoxedStrategy<Percent> {
    prop_oneof![
        Just(Percent::ZERO),
        (1..=up_to * 10).prop_map(|tenths| Percent::from_parts_per_billion(tenths * 1_000_000)),
    ]
    .boxed()
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Span> {
    range.prop_map(Span::from_millis)
}

fn timing() -> impl Strategy<Value = LinkConfig> {
    let rate = prop::option::of((100_000_u64..50_000_000).prop_map(BitRate::from_bits_per_second));
    (millis(0..150), rate).prop_map(|(delay, rate)| LinkConfig {
        delay,
        rate: rate.flatten(),
        ..LinkConfig::default()
    })
}

fn disorder() -> impl Strategy<Value = LinkConfig> {
    let jitter = prop_oneof![Just(Span::ZERO), millis(0..80)];
    let limit = prop::option::of((2_u32..40).prop_map(QueueLimit::Packets));
    let reorder = prop::option::of((percent(30), 1_u32..4).prop_map(|(chance, gap)| Reorder {
        chance,
        gap: NonZeroU32::new(gap).expect("the range begins at one"),
    }));
    let mtu = prop::option::weighted(0.2, 296_u16..1_500);
    let parts = (
        timing(),
        jitter,
        any::<bool>(),
        limit,
        percent(30),
        reorder,
        mtu,
    );
    parts.prop_map(
        |(timing, jitter, in_order, limit, duplicate, reorder, mtu)| LinkConfig {
            jitter,
            in_order,
            limit,
            duplicate,
            reorder,
            mtu,
            ..timing
        },
    )
}

fn lossy() -> impl Strategy<Value = LinkConfig> {
    let burst = (percent(5), 10_u32..60).prop_map(|(p, r)| {
        Loss::GilbertElliott(GilbertElliott::new(
            p,
            Percent::from_parts_per_billion(r * 10_000_000),
        ))
    });
    let loss = prop_oneof![
        Just(None),
        percent(30).prop_map(|chance| Some(Loss::Random(chance))),
        burst.prop_map(Some)
    ];
    (disorder(), loss, percent(30)).prop_map(|(disorder, loss, corrupt)| LinkConfig {
        loss,
        corrupt,
        ..disorder
    })
}

fn failing() -> impl Strategy<Value = LinkConfig> {
    let outage = (0_u64..4_000, 1_u64..60_000, prop::option::of(0_u64..60_000));
    let outages = outage.prop_map(|(from, lasting, pause)| {
        let from = SimTime::ZERO + Span::from_millis(from);
        let once = Outage::between(from, from + Span::from_millis(lasting));
        let once = once.expect("it lasts for a millisecond at least");
        let again = pause.and_then(|pause| once.repeated(Span::from_millis(lasting + pause)));
        vec![again.unwrap_or(once)]
    });
    (timing(), prop_oneof![Just(vec![]), outages])
        .prop_map(|(timing, outages)| LinkConfig { outages, ..timing })
}

/// Paths with such faults.
pub(crate) fn paths(faults: Faults) -> BoxedStrategy<Path> {
    let link = match faults {
        Faults::None => timing().boxed(),
        Faults::Disorder => disorder().boxed(),
        Faults::Loss => lossy().boxed(),
        Faults::Outage => failing().boxed(),
    };
    let nat = match faults {
        Faults::Outage => prop::option::of(millis(300..20_000)).boxed(),
        _ => Just(None).boxed(),
    };
    (link.clone(), link, nat)
        .prop_map(move |(forward, backward, nat)| Path {
            forward,
            backward,
            nat,
            faults,
        })
        .boxed()
}

fn profiles() -> impl Strategy<Value = (Profile, Profile)> {
    let profile = || select(vec![Profile::linux(), Profile::smoltcp()]);
    (profile(), profile())
}

/// Keep-alive is on, so that every end learns of the other's death sooner or later.
fn options() -> impl Strategy<Value = TcpOptions> {
    let buffer = || select(vec![2_048_usize, 4_096, 8_192, 32_768, 70_000, 200_000]);
    let parts = (buffer(), buffer(), any::<bool>(), any::<bool>());
    parts.prop_map(|(send, recv, nodelay, timestamps)| TcpOptions {
        nodelay,
        timestamps: Some(timestamps),
        send_buffer: Some(send),
        recv_buffer: Some(recv),
        keep_alive: Some(KeepAlive {
            idle: Span::from_secs(5),
            interval: Span::from_secs(2),
            count: 9,
        }),
        ..TcpOptions::default()
    })
}

/// One end, which writes at most so many bytes.
fn role(most: usize) -> impl Strategy<Value = Role> {
    let size = prop_oneof![Just(0), 1..most / 20 + 2, 1..=most];
    let pace = || prop_oneof![3 => Just(0_u64), 1 => 1_u64..400];
    (size, 1_usize..8_000, pace(), 1_usize..20_000, pace()).prop_map(
        |(write, write_chunk, write_pause, read_chunk, read_pause)| Role {
            // A pause is taken some forty times at most, so that no world lasts for days.
            write_chunk: if write_pause > 0 {
                write_chunk.max(write / 40 + 1)
            } else {
                write_chunk
            },
            write_pause: Span::from_millis(write_pause),
            read_chunk: if read_pause > 0 {
                read_chunk.max(1_500)
            } else {
                read_chunk
            },
            read_pause: Span::from_millis(read_pause),
            ..Role::writing(write)
        },
    )
}

fn plan(
    path: BoxedStrategy<Path>,
    roles: impl Strategy<Value = (Role, Role)>,
) -> impl Strategy<Value = Plan> {
    let hosts = (profiles(), options(), options());
    (any::<u64>(), path, hosts, roles).prop_map(|(seed, path, hosts, roles)| Plan {
        seed,
        path,
        profiles: hosts.0,
        options: (hosts.1, hosts.2),
        client: roles.0,
        server: roles.1,
        connections: 1,
        backlog: 16,
    })
}

/// Conversations in which both ends let the other finish: one way, both ways at once, request and response,
/// half-closed, with many small writes or a slow reader.
pub(crate) fn conversation(path: BoxedStrategy<Path>) -> impl Strategy<Value = Plan> {
    let orders = select(vec![
        (Order::Both, Order::Both),
        (Order::WriteFirst, Order::ReadFirst),
        (Order::ReadFirst, Order::WriteFirst),
        (Order::WriteFirst, Order::Both),
        (Order::Both, Order::WriteFirst),
    ]);
    let roles = (role(60_000), role(60_000), orders).prop_map(|(client, server, orders)| {
        (
            Role {
                order: orders.0,
                ..client
            },
            Role {
                order: orders.1,
                ..server
            },
        )
    });
    plan(path, roles)
}

/// Conversations that one end, or each of them, breaks off.
pub(crate) fn calls(path: BoxedStrategy<Path>) -> impl Strategy<Value = Plan> {
    let rude = || {
        let lifetime = prop::option::weighted(0.7, millis(0..6_000));
        (role(60_000), lifetime, any::<bool>()).prop_map(|(role, lifetime, abort)| Role {
            lifetime,
            abort: abort && lifetime.is_some(),
            ..role
        })
    };
    plan(path, (rude(), rude()))
}

/// Many short connections at once towards a listener with a short queue.
pub(crate) fn crowds(path: BoxedStrategy<Path>) -> impl Strategy<Value = Plan> {
    let crowd = (
        plan(path, (role(3_000), role(3_000))),
        2_usize..24,
        1_usize..16,
    );
    crowd.prop_map(|(plan, connections, backlog)| Plan {
        connections,
        backlog,
        ..plan
    })
}
