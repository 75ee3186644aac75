//! Parts of scenario files: the effects of a link, faults, expectations.

use super::text::{Text, quoted, zero};
use crate::link::{LinkConfig, Trouble, Windows};
use crate::scenario::model::{Expectation, Fault, Figure};
use crate::units::{Bytes, SimTime, Span};

/// What a link does that another does not, delay left out; values as they are written.
pub(super) fn effects(link: &LinkConfig, base: &LinkConfig) -> Vec<(&'static str, String)> {
    let text =
        |is_new: bool, key: &'static str, value: String| is_new.then(|| (key, quoted(&value)));
    let all = [
        text(link.jitter != base.jitter, "jitter", zero(link.jitter)),
        text(
            link.distribution != base.distribution,
            "distribution",
            link.distribution.to_string(),
        ),
        (link.in_order != base.in_order).then(|| ("in_order", link.in_order.to_string())),
        link.rate
            .filter(|_| link.rate != base.rate)
            .map(|rate| ("rate", quoted(&rate.to_string()))),
        link.trace
            .as_ref()
            .filter(|_| link.trace != base.trace)
            .map(|trace| ("trace", quoted(trace.name()))),
        link.limit
            .filter(|_| link.limit != base.limit)
            .map(|limit| ("limit", quoted(&limit.to_string()))),
        text(
            link.loss != base.loss,
            "loss",
            link.loss
                .map_or_else(|| "0%".to_owned(), |loss| loss.to_string()),
        ),
        text(
            link.duplicate != base.duplicate,
            "duplicate",
            link.duplicate.to_string(),
        ),
        text(
            link.corrupt != base.corrupt,
            "corrupt",
            link.corrupt.to_string(),
        ),
        link.reorder
            .filter(|_| link.reorder != base.reorder)
            .map(|reorder| ("reorder", quoted(&reorder.to_string()))),
        link.mtu
            .filter(|_| link.mtu != base.mtu)
            .map(|mtu| ("mtu", mtu.to_string())),
        text(
            link.outages != base.outages,
            "down",
            Windows(link.outages.clone()).to_string(),
        ),
        text(
            link.holds != base.holds,
            "hold",
            Windows(link.holds.clone()).to_string(),
        ),
    ];
    all.into_iter().flatten().collect()
}

pub(super) fn put_fault(text: &mut Text, fault: &Fault) {
    text.table("[[fault]]");
    let between = fault.between.each_ref().map(|name| quoted(name));
    text.bare("between", format!("[{}]", between.join(", ")));
    if fault.one_way {
        text.bare("one_way", true);
    }
    text.time("at", fault.from - SimTime::ZERO);
    if fault.until != SimTime::MAX {
        text.put("for", fault.until - fault.from);
    }
    match &fault.what {
        Trouble::Down => text.bare("down", true),
        Trouble::Hold => text.bare("hold", true),
        Trouble::Loss(chance) => text.put("loss", chance),
        Trouble::Delay(longer) => text.put("delay", zero(*longer)),
        Trouble::Drop(scripts) => text.put("drop", scripts),
    }
}

pub(super) fn put_expectation(text: &mut Text, expectation: &Expectation) {
    text.table("[[expect]]");
    if let Some(variant) = &expectation.variant {
        text.put("variant", variant);
    }
    let most = expectation.most;
    match &expectation.what {
        Figure::Page => text.put("page_under", zero(Span::from_nanos(most))),
        Figure::RoundTrips => {
            text.bare(
                "round_trips_at_most",
                format!("{}.{:03}", most / 1000, most % 1000),
            );
        }
        Figure::Object(name) => {
            text.put("object", name);
            text.put("object_under", zero(Span::from_nanos(most)));
        }
        Figure::Timeouts => text.bare("rto_at_most", most),
        Figure::Retransmissions => text.bare("retransmissions_at_most", most),
        Figure::Connections => text.bare("connections_at_most", most),
        Figure::Bytes => text.put("bytes_at_most", Bytes(most)),
    }
}
