//! What was answered and may be said again: for how long, and to whom.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use hickory_proto::rr::Name;

use super::subnet::Subnet;
use crate::units::{SimTime, Span};

/// The addresses of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// In the order in which they should be tried; never empty.
    pub addresses: Vec<Ipv4Addr>,
    /// How many seconds the answer may be kept (RFC 1035 section 3.2.1).
    pub ttl: u32,
}

/// Answers by name, and by the network that each is for.
///
/// Whoever asks within its TTL gets the same addresses with what is left of the TTL, rounded down to whole seconds,
/// so that nobody keeps an answer for longer than the authority allowed.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: BTreeMap<Name, Vec<Entry>>,
    /// Whether each time another of several addresses comes first.
    rotates: bool,
}

#[derive(Debug)]
struct Entry {
    /// Whom it is for (RFC 7871 section 7.3.1).
    scope: Subnet,
    addresses: Vec<Ipv4Addr>,
    until: SimTime,
}

impl Cache {
    /// An empty cache that lets the addresses of an answer take turns, as resolvers do.
    pub(super) fn rotating() -> Self {
        Self {
            rotates: true,
            ..Self::default()
        }
    }

    /// Keeps an answer for clients in `scope`; one for the same clients is replaced.
    pub(super) fn put(&mut self, now: SimTime, name: Name, scope: Subnet, answer: &Answer) {
        let entries = self.entries.entry(name).or_default();
        entries.retain(|entry| entry.scope != scope && entry.until > now);
        let mut addresses = answer.addresses.clone();
        if self.rotates {
            addresses.rotate_left(1); // this answer itself is the first turn
        }
        entries.push(Entry {
            scope,
            addresses,
            until: now + Span::from_secs(u64::from(answer.ttl)),
        });
    }

    /// What is known for `client`; of several answers, the one whose network is the smallest.
    pub(super) fn get(&mut self, now: SimTime, name: &Name, client: Ipv4Addr) -> Option<Answer> {
        let entries = self.entries.get_mut(name)?.iter_mut();
        let known = entries.filter(|entry| now < entry.until && entry.scope.contains(client));
        let entry = known.max_by_key(|entry| entry.scope.prefix())?;
        let answer = Answer {
            addresses: entry.addresses.clone(),
            ttl: seconds(entry.until - now),
        };
        if self.rotates {
            entry.addresses.rotate_left(1);
        }
        Some(answer)
    }
}

fn seconds(span: Span) -> u32 {
    u32::try_from(span.as_nanos() / Span::from_secs(1).as_nanos()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dns::message::name_of;

    fn at(ms: u64) -> SimTime {
        SimTime::ZERO + Span::from_millis(ms)
    }

    fn server(number: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, number, 2)
    }

    fn answer(servers: &[u8], ttl: u32) -> Answer {
        Answer {
            addresses: servers.iter().copied().map(server).collect(),
            ttl,
        }
    }

    const CLIENT: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);
    const STRANGER: Ipv4Addr = Ipv4Addr::new(198, 18, 1, 2);

    #[test]
    fn an_answer_counts_down_and_is_gone_when_its_ttl_has_passed() {
        let (mut cache, name) = (Cache::default(), name_of("a.test").unwrap());
        cache.put(at(500), name.clone(), Subnet::EVERYWHERE, &answer(&[7], 60));
        let mut left = |ms| Some(cache.get(at(ms), &name, CLIENT)?.ttl);
        assert_eq!(left(500), Some(60));
        assert_eq!(left(501), Some(59));
        assert_eq!(left(60_499), Some(0));
        assert_eq!(left(60_500), None);
    }

    #[test]
    fn an_answer_with_a_ttl_of_zero_is_not_kept() {
        let (mut cache, name) = (Cache::default(), name_of("a.test").unwrap());
        cache.put(at(0), name.clone(), Subnet::EVERYWHERE, &answer(&[7], 0));
        assert_eq!(cache.get(at(0), &name, CLIENT), None);
    }

    #[test]
    fn an_answer_for_one_network_is_nothing_for_another() {
        let (mut cache, name) = (Cache::default(), name_of("a.test").unwrap());
        cache.put(
            at(0),
            name.clone(),
            Subnet::of(CLIENT, 24),
            &answer(&[7], 60),
        );
        assert_eq!(cache.get(at(1), &name, STRANGER), None);
        cache.put(at(1), name.clone(), Subnet::EVERYWHERE, &answer(&[8], 60));
        let mut first = |client| cache.get(at(2), &name, client).unwrap().addresses[0];
        assert_eq!(first(STRANGER), server(8));
        assert_eq!(first(CLIENT), server(7), "the smaller network counts");
    }

    #[test]
    fn addresses_take_turns_where_they_should() {
        let name = name_of("a.test").unwrap();
        let firsts = |mut cache: Cache| {
            cache.put(
                at(0),
                name.clone(),
                Subnet::EVERYWHERE,
                &answer(&[1, 2, 3], 60),
            );
            [(); 4].map(|()| cache.get(at(1), &name, CLIENT).unwrap().addresses[0])
        };
        assert_eq!(firsts(Cache::rotating()), [2, 3, 1, 2].map(server));
        assert_eq!(firsts(Cache::default()), [1; 4].map(server));
    }
}
