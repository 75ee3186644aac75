//! Nothing is lost, altered or forgotten, whatever the path does: thousands of random worlds.

mod converse;
mod plan;

use self::converse::check;
pub(crate) use self::converse::converse;
use self::plan::calls;
pub(crate) use self::plan::{Faults, Plan, conversation, crowds, paths};
use crate::support::sweep;

#[test]
fn on_a_faultless_path_every_conversation_completes() {
    sweep(
        "faultless",
        1_600,
        || conversation(paths(Faults::None)),
        check,
    );
}

#[test]
fn delay_and_disorder_alone_end_no_conversation() {
    sweep(
        "disorder",
        2_400,
        || conversation(paths(Faults::Disorder)),
        check,
    );
}

#[test]
fn loss_and_corruption_alter_no_byte() {
    sweep("loss", 3_200, || conversation(paths(Faults::Loss)), check);
}

#[test]
fn outages_and_forgotten_flows_are_noticed_by_both_ends() {
    sweep(
        "outage",
        1_600,
        || conversation(paths(Faults::Outage)),
        check,
    );
}

#[test]
fn early_closes_and_aborts_are_noticed_by_the_other_end() {
    sweep("calls", 1_600, || calls(paths(Faults::Loss)), check);
}

#[test]
fn crowds_of_connections_do_not_mix() {
    sweep("crowds", 400, || crowds(paths(Faults::Loss)), check);
}
