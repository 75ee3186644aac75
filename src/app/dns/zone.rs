//! What the names of a zone mean, and to whom.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::rc::Rc;

use hickory_proto::rr::Name;
use rand::RngExt;

use super::message::name_of;
use super::subnet::Subnet;
use crate::rng::Stream;

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The same address for everybody.
    Fixed(Ipv4Addr),
    /// All of these for everybody; each answer begins with the next one. Blind: it looks neither at who asks nor at
    /// how the servers fare.
    RoundRobin(Vec<Ipv4Addr>),
    /// The first of the addresses of the smallest network that contains the client, as far as the authority knows
    /// where the client is.
    Nearest(Vec<(Subnet, Vec<Ipv4Addr>)>),
}

/// The names that an authority knows. Clones are the same zone.
#[derive(Clone, Debug)]
pub struct Zone(Rc<RefCell<Names>>);

#[derive(Debug)]
struct Names {
    ttl: u32,
    meanings: BTreeMap<Name, Meaning>,
    /// Addresses that are not given out.
    withdrawn: BTreeSet<Ipv4Addr>,
    /// How often addresses have taken turns; it begins anywhere.
    turn: usize,
}

/// What a zone says to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) addresses: Vec<Ipv4Addr>,
    pub(super) ttl: u32,
    /// Whom it may be said to as well.
    pub(super) scope: Subnet,
}

impl Zone {
    /// A zone without names, whose answers may be kept for `ttl` seconds. `chance` decides where turns begin.
    pub fn new(ttl: u32, mut chance: Stream) -> Self {
        Self(Rc::new(RefCell::new(Names {
            ttl,
            meanings: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            turn: usize::from(chance.random::<u16>()),
        })))
    }

    /// Adds a name.
    ///
    /// # Panics
    /// If `name` is no domain name.
    #[must_use]
    pub fn with(self, name: &str, meaning: Meaning) -> Self {
        let name = name_of(name).expect("the name is a domain name");
        self.0.borrow_mut().meanings.insert(name, meaning);
        self
    }

    /// Gives out `address` no more, as when a health check has failed. A name that has no other address left keeps
    /// it: a wrong answer is no worse than none.
    pub fn withdraw(&self, address: Ipv4Addr) {
        self.0.borrow_mut().withdrawn.insert(address);
    }

    /// What `name` means for a client that seems to be at `client`; `None` if there is no such name.
    pub(super) fn say(&self, name: &Name, client: Ipv4Addr) -> Option<Said> {
        self.0.borrow_mut().say(name, client)
    }
}

impl Names {
    fn say(&mut self, name: &Name, client: Ipv4Addr) -> Option<Said> {
        let (addresses, scope) = match self.meanings.get(name)? {
            Meaning::Fixed(address) => (vec![*address], Subnet::EVERYWHERE),
            Meaning::RoundRobin(all) => {
                let mut addresses = all.clone();
                addresses.rotate_left(self.turn % all.len().max(1));
                self.turn = self.turn.wrapping_add(1);
                (addresses, Subnet::EVERYWHERE)
            }
            Meaning::Nearest(places) => {
                let around = places.iter().filter(|(place, _)| place.contains(client));
                let nearest = around.max_by_key(|(place, _)| place.prefix());
                let (scope, near) = nearest
                    .map_or((Subnet::EVERYWHERE, &[][..]), |(place, near)| {
                        (*place, near.as_slice())
                    });
                let up = near
                    .iter()
                    .find(|address| !self.withdrawn.contains(address));
                (up.or(near.first()).copied().into_iter().collect(), scope)
            }
        };
        Some(Said {
            addresses,
            ttl: self.ttl,
            scope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Dice;

    const NAME: &str = "www.example.test";

    fn server(number: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, 200 + number, 2)
    }

    fn client(network: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, network, 2)
    }

    fn zone(seed: u64, meaning: Meaning) -> Zone {
        Zone::new(60, Dice::new(seed).stream("zone")).with(NAME, meaning)
    }

    fn first(zone: &Zone, client: Ipv4Addr) -> Ipv4Addr {
        let name = name_of(NAME).unwrap();
        zone.say(&name, client).unwrap().addresses[0]
    }

    #[test]
    fn round_robin_lets_each_server_come_first_in_turn_and_begins_by_chance() {
        let firsts = |seed| {
            let zone = zone(seed, Meaning::RoundRobin((0..3).map(server).collect()));
            [(); 4].map(|()| first(&zone, client(0)))
        };
        let one = firsts(1);
        assert_eq!(one[0], one[3]);
        assert_eq!(BTreeSet::from(one).len(), 3);
        assert!((2..20).any(|seed| firsts(seed) != one));
    }

    #[test]
    fn the_smallest_network_around_the_client_decides() {
        let places = vec![
            (Subnet::EVERYWHERE, vec![server(1)]),
            (Subnet::of(client(3), 24), vec![server(2), server(3)]),
        ];
        let zone = zone(1, Meaning::Nearest(places));
        assert_eq!(first(&zone, client(3)), server(2));
        assert_eq!(first(&zone, client(4)), server(1));
        let name = name_of(NAME).unwrap();
        let scope = zone.say(&name, client(3)).unwrap().scope;
        assert_eq!(scope, Subnet::of(client(3), 24));
    }

    #[test]
    fn a_server_that_is_withdrawn_makes_room_for_the_next_one() {
        let places = vec![(Subnet::EVERYWHERE, vec![server(1), server(2)])];
        let zone = zone(1, Meaning::Nearest(places));
        zone.withdraw(server(1));
        assert_eq!(first(&zone, client(0)), server(2));
        zone.withdraw(server(2));
        assert_eq!(first(&zone, client(0)), server(1));
    }

    #[test]
    fn a_name_that_was_not_added_does_not_exist() {
        let zone = zone(1, Meaning::Fixed(server(1)));
        assert_eq!(zone.say(&name_of("other.test").unwrap(), client(0)), None);
    }
}
