//! What the hosts of a world have to offer to programs outside.

use crate::event::HostId;

/// What programs outside of a world need to know to use it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// Names besides those of the hosts, and whose they are.
    pub names: Vec<(String, HostId)>,
    /// The host that answers questions for names, if names are to be asked for.
    pub resolver: Option<HostId>,
    /// What can be fetched, to be shown to people.
    pub urls: Vec<String>,
    /// The certificate of the authority that signed those of the servers, as PEM (RFC 7468).
    pub authority: Option<String>,
}

impl Offers {
    /// A host has another name.
    pub(crate) fn name(&mut self, name: &str, host: HostId) {
        self.names.push((name.to_owned(), host));
    }

    /// A host answers questions for these names, which are known nowhere else then.
    pub(crate) fn resolve(&mut self, resolver: HostId, names: &[&str]) {
        self.resolver = Some(resolver);
        self.names
            .retain(|(name, _)| !names.contains(&name.as_str()));
    }
}

/// The URL of a path on a server; `path` begins with `/`.
pub(crate) fn url(is_secure: bool, name: &str, port: u16, path: &str) -> String {
    let (scheme, usual) = if is_secure {
        ("https", 443)
    } else {
        ("http", 80)
    };
    let port = if port == usual {
        String::new()
    } else {
        format!(":{port}")
    };
    format!("{scheme}://{name}{port}{path}")
}
