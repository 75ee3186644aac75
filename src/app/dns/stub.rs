//! The part of DNS that is in every host: it asks a resolver.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;

use futures::lock::Mutex;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::Name;

use super::ask::{Asker, LookupError, Patience};
use super::cache::{Answer, Cache};
use super::message::{addresses, name_of, query, text_of};
use super::subnet::Subnet;
use crate::event::AppEvent;
use crate::rng::Dice;
use crate::rt::Net;
use crate::units::Span;

/// Looks names up for the applications of one host, which needs one. Clones share the chance and the cache.
///
/// ```
/// use wirelab::app::dns::Stub;
/// # async fn lookup(net: &wirelab::rt::Net, dice: wirelab::rng::Dice) -> Result<(), wirelab::app::dns::LookupError> {
/// let resolver = std::net::Ipv4Addr::new(198, 18, 1, 2);
/// let stub = Stub::new(net, dice, resolver).with_cache();
/// let address = stub.resolve("www.example.test").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Stub {
    asker: Asker,
    memory: Option<Rc<Memory>>,
}

/// What a stub keeps.
#[derive(Debug, Default)]
struct Memory {
    cache: RefCell<Cache>,
    /// Names that were asked for. Whoever holds the lock asks; whoever wants the same name waits for the answer.
    asked: RefCell<BTreeMap<Name, Rc<Mutex<()>>>>,
}

impl Stub {
    /// `timeout` and `attempts` of resolv.conf(5).
    pub const PATIENCE: Patience = Patience {
        wait: Span::from_secs(5),
        attempts: 2,
    };

    /// A stub on `net` that asks `resolver` every time.
    pub fn new(net: &Net, dice: Dice, resolver: Ipv4Addr) -> Self {
        Self {
            asker: Asker::new(net.clone(), dice, resolver, Self::PATIENCE),
            memory: None,
        }
    }

    /// The same with a cache of its own, as browsers and some systems have. A name that is wanted by several at once is
    /// asked for once.
    #[must_use]
    pub fn with_cache(mut self) -> Self {
        self.memory = Some(Rc::default());
        self
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.asker = self.asker.with_patience(patience);
        self
    }

    /// The same, but what `name` means is known already, for as long as anybody may remember it.
    #[must_use]
    pub fn knowing(self, name: &str, address: Ipv4Addr) -> Self {
        let known = self.with_cache();
        if let (Some(memory), Some(name)) = (&known.memory, name_of(name)) {
            let answer = Answer {
                addresses: vec![address],
                ttl: u32::MAX,
            };
            let (now, mut cache) = (known.asker.net().clock().now(), memory.cache.borrow_mut());
            cache.put(now, name, Subnet::EVERYWHERE, &answer);
        }
        known
    }

    /// The address of `name` that should be tried first.
    ///
    /// # Errors
    /// [`LookupError`] that says why there is none.
    pub async fn resolve(&self, name: &str) -> Result<Ipv4Addr, LookupError> {
        let answer = self.lookup(name).await?;
        Ok(answer.addresses[0])
    }

    /// All addresses of `name`, from the cache where that has them.
    ///
    /// # Errors
    /// [`LookupError`] that says why there are none.
    pub async fn lookup(&self, name: &str) -> Result<Answer, LookupError> {
        let name = name_of(name).ok_or_else(|| LookupError::BadName(name.to_owned()))?;
        let turn = self.memory.as_ref().map(|memory| memory.turn(&name));
        let _turn = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let known = self.known(&name);
        let cached = known.is_some();
        let answer = match known {
            Some(answer) => answer,
            None => self.ask(&name).await?,
        };
        let net = self.asker.net();
        net.tell(|| told(&text_of(&name), &answer, cached));
        Ok(answer)
    }

    fn known(&self, name: &Name) -> Option<Answer> {
        let (memory, net) = (self.memory.as_ref()?, self.asker.net());
        let mut cache = memory.cache.borrow_mut();
        cache.get(net.clock().now(), name, net.address())
    }

    /// Asks the resolver, and keeps what it says.
    async fn ask(&self, name: &Name) -> Result<Answer, LookupError> {
        let message = self.asker.ask(query(name.clone(), true)).await?;
        match message.metadata.response_code {
            ResponseCode::NoError => {}
            ResponseCode::NXDomain => return Err(LookupError::NoSuchName(text_of(name))),
            code => return Err(LookupError::Refused(code)),
        }
        let (addresses, ttl) = addresses(&message);
        if addresses.is_empty() {
            return Err(LookupError::NoAddress(text_of(name)));
        }
        let answer = Answer { addresses, ttl };
        if let Some(memory) = &self.memory {
            let now = self.asker.net().clock().now();
            let mut cache = memory.cache.borrow_mut();
            cache.put(now, name.clone(), Subnet::EVERYWHERE, &answer);
        }
        Ok(answer)
    }
}

impl Memory {
    /// Whose turn it is to ask for `name`.
    fn turn(&self, name: &Name) -> Rc<Mutex<()>> {
        let mut asked = self.asked.borrow_mut();
        Rc::clone(asked.entry(name.clone()).or_default())
    }
}

/// What is said of a lookup that found something.
pub(super) fn told(name: &str, answer: &Answer, cached: bool) -> AppEvent {
    AppEvent::Dns {
        name: name.to_owned(),
        addresses: answer.addresses.clone(),
        ttl: Span::from_secs(u64::from(answer.ttl)),
        cached,
    }
}
