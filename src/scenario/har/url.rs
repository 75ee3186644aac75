//! URLs of archives, as far as a replay needs them.

/// Letters of a path that a replay keeps.
pub(super) const LONGEST_PATH: usize = 200;

/// A URL with http or https.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Url {
    /// As the archive has it, without what follows `#`.
    pub(super) whole: String,
    pub(super) secure: bool,
    /// In lower case, an IPv6 address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The path, without query.
    pub(super) path: String,
}

impl Url {
    /// `None` for what is not fetched over a network: data, blob, ws and the like.
    pub(super) fn of(text: &str) -> Option<Self> {
        let whole = text.split('#').next().unwrap_or_default();
        let (scheme, rest) = whole.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = parted(authority);
        let path = path.split('?').next().unwrap_or_default();
        if host.is_empty() {
            return None;
        }
        Some(Self {
            secure,
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or(if secure { 443 } else { 80 }),
            path: if path.is_empty() {
                "/".to_owned()
            } else {
                path.to_owned()
            },
            whole: whole.to_owned(),
        })
    }

    /// Its host as a name of certificates and of files: what is no letter, digit or dot becomes a dash, and numbers get
    /// a word before them.
    pub(super) fn name(&self) -> String {
        let fine = |letter: char| {
            if letter.is_ascii_alphanumeric() || letter == '.' {
                letter
            } else {
                '-'
            }
        };
        let name: String = self.host.chars().map(fine).collect();
        let labels = name.split('.').map(|label| {
            let label = cut(label);
            if label.is_empty() {
                "x".to_owned()
            } else {
                label
            }
        });
        let mut labels: Vec<_> = labels.collect();
        labels.drain(..labels.len().saturating_sub(5));
        let is_number = labels
            .last()
            .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if is_number || self.host.contains(':') {
            return format!("ip-{}.test", cut(&labels.join("-")));
        }
        labels.join(".")
    }

    /// Its path in letters that a request line takes, and not longer than [`LONGEST_PATH`].
    pub(super) fn tidy_path(&self) -> String {
        let fine = |letter: char| {
            let taken = letter.is_ascii_graphic() && !"\"<>\\^`{|}#?".contains(letter);
            if taken { letter } else { '-' }
        };
        self.path.chars().map(fine).take(LONGEST_PATH).collect()
    }
}

/// Host and port of an authority; an IPv6 address has brackets.
fn parted(authority: &str) -> (&str, Option<u16>) {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').unwrap_or((rest, ""));
        return (
            host,
            port.strip_prefix(':').and_then(|port| port.parse().ok()),
        );
    }
    match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (authority, None),
    }
}

/// The beginning of a label, which neither begins nor ends with a dash (RFC 1123 section 2.1), wherever it is cut.
fn cut(label: &str) -> String {
    let label: String = label.trim_matches('-').chars().take(40).collect();
    label.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_every_kind_get_names() {
        let name = |url: &str| Url::of(url).map(|url| (url.name(), url.port, url.path));
        let is = |name: &str, port, path: &str| Some((name.to_owned(), port, path.to_owned()));
        assert_eq!(
            name("https://WWW.Shop.test/a?b#c"),
            is("www.shop.test", 443, "/a")
        );
        assert_eq!(
            name("http://10.0.0.1:8080"),
            is("ip-10-0-0-1.test", 8080, "/")
        );
        assert_eq!(
            name("http://[2001:db8::1]:81/x"),
            is("ip-2001-db8--1.test", 81, "/x")
        );
        assert_eq!(name("http://a_b.test?q"), is("a-b.test", 80, "/"));
        for none in [
            "data:text/plain,x",
            "ws://a.test/",
            "about:blank",
            "https:///x",
            "blob:https://a.test/1",
        ] {
            assert_eq!(name(none), None, "{none}");
        }
    }
}
