//! What belongs here: cases of a user's own, from TOML and from HTTP archives.
#![expect(
    clippy::float_cmp,
    clippy::too_many_lines,
    reason = "virtual times are exact, and tables are long"
)]

mod archives;
mod bad_archives;
mod bad_files;
mod connections;
mod excess;
mod files;
mod mutations;
mod pages;

use wirelab::case::{CaseError, Finished, Plan, Run};
use wirelab::scenario::{Loaded, read};

/// A world of two hosts and a page of two objects, to be varied.
pub(crate) const SMALL: &str = r#"
[hosts.client]
[hosts.shop]

[[link]]
from = "client"
to = "shop"
rtt = "100ms"

[[page.object]]
url = "http://shop/"
bytes = "10kB"

[[page.object]]
url = "http://shop/style.css"
bytes = "5kB"
after = ["/"]
"#;

/// A scenario that is one.
pub(crate) fn loaded(text: &str) -> Loaded {
    read(text, "small").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The plan of its first variant with these settings.
pub(crate) fn plan(loaded: &Loaded, settings: &[(&str, &str)]) -> Result<Plan, CaseError> {
    let own = loaded.settings.iter();
    let own = own.map(|(key, value)| (key.as_str(), value.as_str()));
    let seed = loaded.seed.unwrap_or(1);
    let settings = own.chain(settings.iter().copied());
    Plan::of(loaded.case.clone(), &loaded.variants[0], seed, settings)
}

/// Its first variant, run.
pub(crate) fn run(loaded: &Loaded, settings: &[(&str, &str)]) -> Finished {
    let plan = plan(loaded, settings).expect("the settings are taken");
    Run::start(&plan).finish().expect("it ends")
}
