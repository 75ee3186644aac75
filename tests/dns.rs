//! What belongs here: stub, resolver and authority together, on the wire.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;

use wirelab::app::dns::{Authority, LookupError, Meaning, PORT, Resolver, Stub, Subnet, Zone};
use wirelab::event::{Event, Probe};
use wirelab::host::Profile;
use wirelab::link::LinkConfig;
use wirelab::record::{Entry, Recorder};
use wirelab::rt::Net;
use wirelab::sim::{PathConfig, World};
use wirelab::units::{SimTime, Span};
use wirelab::wire::packet::{Ipv4View, UdpView};

const NAME: &str = "www.example.test";

/// Two users, 5 ms from their resolver, which is 40 ms from the authority.
struct Lab {
    world: World,
    recorder: Rc<RefCell<Recorder>>,
    users: [Net; 2],
    resolver: Ipv4Addr,
    zone: Zone,
}

fn server(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(198, 18, number, 2)
}

fn rtt(ms: u64) -> PathConfig {
    PathConfig::symmetric(LinkConfig {
        delay: Span::from_millis(ms) / 2,
        ..LinkConfig::default()
    })
}

impl Lab {
    /// The first user's network is told apart from all others.
    fn new(client_subnet: bool) -> Self {
        let recorder = Rc::new(RefCell::new(Recorder::new()));
        let mut world = World::new(1, Probe::new(recorder.clone()));
        let mut host = |name| world.add_host(name, Profile::linux());
        let (users, resolver, authority) = ([host("a"), host("b")], host("resolver"), host("ns"));
        for user in users {
            world.join(user, resolver, rtt(5));
        }
        world.join(resolver, authority, rtt(40));
        let (dice, spawner) = (world.dice(), world.spawner());
        let users = users.map(|user| world.net(user));
        let places = vec![
            (Subnet::EVERYWHERE, vec![server(100)]),
            (Subnet::of(users[0].address(), 24), vec![server(101)]),
        ];
        let zone = Zone::new(60, dice.stream("zone"))
            .with(NAME, Meaning::Nearest(places))
            .with("both.test", Meaning::RoundRobin(vec![server(1), server(2)]));
        let (near, far) = (world.net(resolver), world.net(authority));
        let authority = Authority::new(far.clone(), zone.clone());
        let address = near.address();
        let mut resolver = Resolver::new(near, spawner.clone(), dice, far.address());
        if client_subnet {
            resolver = resolver.with_client_subnet();
        }
        drop(spawner.spawn("resolver", resolver.serve()));
        drop(spawner.spawn("authority", authority.serve()));
        Self {
            world,
            recorder,
            users,
            resolver: address,
            zone,
        }
    }

    fn stub(&self, user: usize) -> Stub {
        Stub::new(&self.users[user], self.world.dice(), self.resolver)
    }

    /// What a lookup by `stub` finds, and how long it takes.
    fn timed(&mut self, stub: &Stub, name: &'static str) -> (Result<Ipv4Addr, LookupError>, Span) {
        let (stub, clock) = (stub.clone(), self.world.clock().clone());
        let found = Rc::new(RefCell::new(None));
        let place = Rc::clone(&found);
        let lookup = async move {
            let begun = clock.now();
            let address = stub.resolve(name).await;
            *place.borrow_mut() = Some((address, clock.now() - begun));
        };
        drop(self.world.spawner().spawn("lookup", lookup));
        loop {
            self.world.step().expect("time passes");
            if let Some(found) = found.borrow_mut().take() {
                return found;
            }
        }
    }

    fn pass(&mut self, ms: u64) {
        let until = self.world.now() + Span::from_millis(ms);
        self.world.step_until(until).expect("time passes");
    }

    fn entries(&self) -> Vec<Entry> {
        self.recorder.borrow().entries().to_vec()
    }

    /// Ports and ids of the questions that left the hosts, in order.
    fn questions(&self) -> Vec<(u16, u16)> {
        let entries = self.entries();
        let sent = entries.iter().filter_map(|entry| match &entry.event {
            Event::FrameSent { frame, .. } => UdpView::in_packet(&Ipv4View::of(&frame.bytes)?)
                .filter(|udp| udp.destination.port() == PORT)
                .map(|udp| {
                    let id = u16::from_be_bytes([udp.payload[0], udp.payload[1]]);
                    (udp.source.port(), id)
                }),
            _ => None,
        });
        sent.collect()
    }
}

const MS_5: Span = Span::from_millis(5);
const MS_45: Span = Span::from_millis(45);

#[test]
fn a_cold_lookup_costs_both_round_trips_and_a_warm_one_the_first() {
    let mut lab = Lab::new(true);
    let stub = lab.stub(0);
    assert_eq!(lab.timed(&stub, NAME), (Ok(server(101)), MS_45));
    assert_eq!(lab.timed(&stub, NAME), (Ok(server(101)), MS_5));
    lab.pass(60_000);
    assert_eq!(lab.timed(&stub, NAME), (Ok(server(101)), MS_45));
}

#[test]
fn a_stub_with_a_cache_asks_nobody_until_the_ttl_ends() {
    let mut lab = Lab::new(true);
    let stub = lab.stub(0).with_cache();
    assert_eq!(lab.timed(&stub, NAME).1, MS_45);
    lab.pass(59_999);
    assert_eq!(lab.timed(&stub, NAME).1, Span::ZERO);
    lab.pass(1);
    assert_eq!(lab.timed(&stub, NAME).1, MS_45);
}

#[test]
fn a_name_that_is_wanted_six_times_at_once_is_asked_for_once() {
    let mut lab = Lab::new(true);
    let stub = lab.stub(0).with_cache();
    let spawner = lab.world.spawner();
    let found: Vec<_> = (0..6)
        .map(|_| {
            let (stub, clock) = (stub.clone(), lab.world.clock().clone());
            spawner.spawn("lookup", async move {
                let address = stub.resolve(NAME).await;
                (address, clock.now())
            })
        })
        .collect();
    lab.pass(1_000);
    for mut found in found {
        let when = SimTime::ZERO + MS_45;
        assert_eq!(found.try_take(), Some((Ok(server(101)), when)));
    }
    assert_eq!(lab.questions().len(), 2, "the stub's and the resolver's");
}

#[test]
fn the_client_subnet_decides_and_splits_the_cache() {
    let mut lab = Lab::new(true);
    let (one, other) = (lab.stub(0), lab.stub(1));
    assert_eq!(lab.timed(&one, NAME), (Ok(server(101)), MS_45));
    assert_eq!(lab.timed(&other, NAME), (Ok(server(100)), MS_45));
    assert_eq!(lab.timed(&one, NAME), (Ok(server(101)), MS_5));
}

#[test]
fn without_it_the_authority_sees_the_resolver_and_all_clients_share_the_answer() {
    let mut lab = Lab::new(false);
    let (one, other) = (lab.stub(0), lab.stub(1));
    assert_eq!(lab.timed(&one, NAME), (Ok(server(100)), MS_45));
    assert_eq!(lab.timed(&other, NAME), (Ok(server(100)), MS_5));
}

#[test]
fn answers_of_the_resolver_take_turns() {
    let mut lab = Lab::new(true);
    let stub = lab.stub(0);
    let found = [(); 4].map(|()| lab.timed(&stub, "both.test").0.expect("it exists"));
    assert_eq!((found[0], found[1]), (found[2], found[3]));
    assert_ne!(found[0], found[1]);
}

#[test]
fn an_answer_that_was_withdrawn_lives_on_in_caches_until_its_ttl_ends() {
    let mut lab = Lab::new(true);
    let stub = lab.stub(1);
    let zone = lab.zone.clone();
    let dead = server(100);
    assert_eq!(lab.timed(&stub, NAME).0, Ok(dead));
    zone.withdraw(dead);
    assert_eq!(lab.timed(&stub, NAME).0, Ok(dead), "from the cache");
    lab.pass(60_000);
    assert_eq!(lab.timed(&stub, NAME).0, Ok(dead), "it is the only one");
}

#[test]
fn a_name_that_does_not_exist_and_one_that_cannot() {
    let mut lab = Lab::new(true);
    let stub = lab.stub(0);
    let (none, took) = lab.timed(&stub, "no.test");
    assert_eq!(none, Err(LookupError::NoSuchName("no.test".to_owned())));
    assert_eq!(took, MS_45);
    let (bad, _) = lab.timed(&stub, "no..test");
    assert_eq!(bad, Err(LookupError::BadName("no..test".to_owned())));
}

#[test]
fn nobody_answers_after_two_questions_of_five_seconds() {
    let mut lab = Lab::new(true);
    let resolver = lab.world.host_ids().nth(2).expect("the resolver");
    lab.world.net(resolver).power_off();
    let stub = lab.stub(0);
    let (none, took) = lab.timed(&stub, NAME);
    assert!(matches!(
        none,
        Err(LookupError::NoAnswer { attempts: 2, .. })
    ));
    assert_eq!(took, Span::from_secs(10));
    let questions = lab.questions();
    assert_eq!(questions.len(), 2);
    assert_eq!(questions[0], questions[1], "the same id and port");
}

#[test]
fn a_resolver_whose_authority_is_silent_says_so() {
    let mut lab = Lab::new(true);
    let authority = lab.world.host_ids().nth(3).expect("the authority");
    lab.world.net(authority).power_off();
    let stub = lab.stub(0);
    let (none, took) = lab.timed(&stub, NAME);
    assert!(matches!(none, Err(LookupError::Refused(_))), "{none:?}");
    assert_eq!(took, MS_5 + Resolver::PATIENCE.wait * 3);
}

#[test]
fn ids_and_ports_come_from_the_seed() {
    let questions = || {
        let mut lab = Lab::new(true);
        let stub = lab.stub(0);
        lab.timed(&stub, NAME).0.expect("it exists");
        lab.timed(&stub, NAME).0.expect("it exists");
        assert!(lab.world.now() > SimTime::ZERO);
        lab.questions()
    };
    let (one, again) = (questions(), questions());
    assert_eq!(one, again);
    assert_eq!(one.len(), 3);
    assert_ne!(one[0], one[2], "each question has its own");
}
