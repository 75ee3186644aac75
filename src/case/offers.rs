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
    let scheme = if is_secure { "https" } else { "http" };
    let authority = authority(is_secure, name, port);
    format!("{scheme}://{authority}{path}")
}

/// Who a server is in URLs and in the field `Host`: a port that is not the scheme's own is a part of it (RFC 9110 sections
/// 4.2.1 and 7.2).
pub(crate) fn authority(is_secure: bool, name: &str, port: u16) -> String {
    let usual = if is_secure { 443 } else { 80 };
    if port == usual {
        name.to_owned()
    } else {
        format!("{name}:{port}")
    }
}
