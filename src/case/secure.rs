//! TLS for the clients and servers of a case.

use super::knob::{Kind, Knob};
use super::{Plan, Stage};
use crate::app::tls::{
    Authority, ClientTls, LARGEST_CHAIN, SMALLEST_CHAIN, ServerTls, Terms, Version,
};
use crate::rt::Net;

/// The size of the certificate chains.
pub(crate) fn certificates_knob() -> Knob {
    Knob::new(
        "certificates",
        "2.5kB",
        Kind::SizeWithin(SMALLEST_CHAIN..=LARGEST_CHAIN),
        "size of a server's certificate chain, leaf and intermediate",
    )
}

/// Both sides of TLS between two hosts.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The client's side.
    pub(crate) client: ClientTls,
    /// The server's side.
    pub(crate) server: ServerTls,
}

/// Who may speak TLS with whom in a world.
#[derive(Debug)]
pub(crate) struct Security {
    authority: Authority,
    dice: crate::rng::Dice,
    certificates: u64,
}

impl Security {
    /// An authority for the world of `stage`; the plan has the knob of [`certificates_knob`].
    pub(crate) fn of(plan: &Plan, stage: &mut Stage<'_>) -> Self {
        let dice = stage.world.dice();
        let authority = if stage.is_attached {
            Authority::for_browsers()
        } else {
            Authority::new(dice)
        };
        stage.offers.authority = Some(authority.pem());
        Self {
            authority,
            dice,
            certificates: plan.bytes("certificates"),
        }
    }

    /// A server on `net` with certificates for `name`.
    pub(crate) fn server(&self, net: &Net, name: &str, terms: Terms) -> ServerTls {
        self.server_of(net, &[name], terms)
    }

    /// The same for several names.
    pub(crate) fn server_of(&self, net: &Net, names: &[&str], terms: Terms) -> ServerTls {
        let identity = self.authority.issue(names, self.certificates);
        ServerTls::new(net, self.dice, &identity, terms)
    }

    /// A client on `net` of the origin called `name`.
    pub(crate) fn client(&self, net: &Net, name: &str, terms: Terms) -> ClientTls {
        ClientTls::new(net, self.dice, &self.authority, name, terms)
    }

    /// Both sides of an origin.
    pub(crate) fn pair(&self, client: &Net, server: &Net, name: &str, terms: Terms) -> Pair {
        Pair {
            client: self.client(client, name, terms),
            server: self.server(server, name, terms),
        }
    }
}

/// TLS 1.3 without early data, for one protocol on top.
pub(crate) const fn modern(alpn: &'static [&'static str]) -> Terms {
    Terms {
        version: Version::Tls13,
        early_data: false,
        alpn,
    }
}
