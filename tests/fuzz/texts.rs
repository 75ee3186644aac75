//! Texts and files that people or programs write: what cannot be read is an error.

use wirelab::link::{DropScripts, LinkConfig, Trace};
use wirelab::record::events_file;
use wirelab::stepper::Filter;
use wirelab::sweep::{Axis, Journal, Shard, cells, merge};
use wirelab::units::{BitRate, Bytes, Percent, Span};

/// Nobody panics; what is read as a link's configuration or a trace prints as what is read the same again.
pub(super) fn run(data: &[u8]) {
    let _ = events_file::read(data);
    if let Ok(journal) = Journal::read(data) {
        let _ = merge(vec![journal]).map(|(header, rows)| cells(&header, &rows));
    }
    if let Ok(trace) = Trace::parse("fuzz", data) {
        let lines: Vec<_> = trace.moments().iter().map(u32::to_string).collect();
        assert_eq!(Trace::parse("fuzz", lines.join("\n")), Ok(trace));
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = (text.parse::<Span>(), text.parse::<Bytes>());
    let _ = (text.parse::<BitRate>(), text.parse::<Percent>());
    let _ = (text.parse::<DropScripts>(), text.parse::<Filter>());
    let _ = (text.parse::<Axis>(), text.parse::<Shard>());
    if let Ok(config) = text.parse::<LinkConfig>() {
        assert_eq!(config.to_string().parse(), Ok(config));
    }
}
