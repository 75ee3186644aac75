//! Faults on a timeline: what a scenario's file says of them, brought to the links of a world.

use super::model::Fault;
use crate::case::Stage;
use crate::event::HostId;
use crate::link::{Direction, Episode, Trouble};

/// Lets the faults befall the links of a world that has been built.
pub(super) fn put(faults: &[Fault], stage: &mut Stage<'_>) {
    for fault in faults {
        let [one, other] = fault.between.each_ref().map(|name| host(stage, name));
        let (Some(one), Some(other)) = (one, other) else {
            continue; // the names were checked against a world of the same case, but not all its variants have all hosts
        };
        let client = one.min(other);
        befall(stage, fault, (one, other), client);
        if !fault.one_way {
            befall(stage, fault, (other, one), client);
        }
    }
}

/// Whether any of the faults depends on chance.
pub(super) fn is_by_chance(faults: &[Fault]) -> bool {
    let is = |fault: &Fault| matches!(fault.what, Trouble::Loss(_));
    faults.iter().any(is)
}

fn host(stage: &Stage<'_>, name: &str) -> Option<HostId> {
    let world = &stage.world;
    world
        .host_ids()
        .find(|id| world.host(*id).borrow().info().name == name)
}

fn befall(stage: &mut Stage<'_>, fault: &Fault, (from, to): (HostId, HostId), client: HostId) {
    let direction = if from == client {
        Direction::ClientToServer
    } else {
        Direction::ServerToClient
    };
    let what = match &fault.what {
        Trouble::Drop(scripts) => Trouble::Drop(scripts.toward(direction)),
        other => other.clone(),
    };
    let episode = Episode {
        from: fault.from,
        until: fault.until,
        what,
    };
    stage.world.afflict(from, to, &episode);
}
