//! What belongs here: stepping without a terminal, and what another fate of one frame leads to.

use wirelab::case::{Plan, Run, all};
use wirelab::event::{DropCause, Event};
use wirelab::link::Verdict;
use wirelab::stepper::fork::{Fate, Future, Injection, Rerun, Target, World};
use wirelab::stepper::{Filter, Search};

use crate::cli::{Scratch, wirelab};

/// A plan that can be run again.
struct Again(Plan);

impl Rerun for Again {
    fn rerun(&self, injections: &[Injection]) -> Result<Future, String> {
        let mut run = Run::start(&self.0);
        for one in injections {
            let verdict = match one.fate {
                Fate::Drop => Verdict::Drop,
                Fate::Twice => Verdict::Duplicate,
                Fate::Delay(span) => Verdict::Delay(span),
                Fate::Pass => Verdict::Deliver,
            };
            run.inject_into(one.frame, verdict);
        }
        let finished = run.finish().map_err(|error| error.to_string())?;
        Ok(Future {
            window: finished.result.window,
            total_ms: finished.result.total_ms,
            recording: finished.recording,
        })
    }
}

fn world(plan: &Plan) -> World {
    World::of(Again(plan.clone()).rerun(&[]).unwrap(), Vec::new()).unwrap()
}

/// Goes to the next event of which an expression holds, and says which frame can be given another fate.
fn target(world: &mut World, until: &str) -> Target {
    let filter: Filter = until.parse().unwrap();
    let found = Search::forward(&world.player, vec![filter]).finish(&world.player);
    world
        .player
        .to_position(found.unwrap().expect(until))
        .unwrap();
    Target::here(&world.player).unwrap()
}

#[test]
fn a_lost_syn_that_is_let_pass_is_a_handshake_without_loss() {
    let plan = Plan::new("handshake", "syn-lost", 1, []).unwrap();
    let mut lost = world(&plan);
    let syn = target(&mut lost, "wirelab.event == \"drop\"");
    let passed = lost.fork(syn, Fate::Pass, &Again(plan.clone())).unwrap();
    let open = world(&Plan::new("handshake", "open", 1, []).unwrap());
    assert_eq!(passed.total_ms, open.total_ms);
    // And the other way round: dropped again in the fork, everything is as it was.
    let again = passed.fork(syn, Fate::Drop, &Again(plan)).unwrap();
    assert_eq!(again.total_ms, lost.total_ms);
    assert_eq!(again.injections.len(), 1, "a frame has one fate");
}

#[test]
fn forks_can_be_forked() {
    let plan = Plan::new("handshake", "open", 1, []).unwrap();
    let mut before = world(&plan);
    let syn = target(&mut before, "tcp.flags.syn && !tcp.flags.ack");
    let mut once = before.fork(syn, Fate::Drop, &Again(plan.clone())).unwrap();
    let second = target(&mut once, "tcp.flags.syn && frame.time_relative > 0.5");
    assert_ne!(second.frame, syn.frame);
    let twice = once.fork(second, Fate::Drop, &Again(plan)).unwrap();
    // Linux's first SYN timeouts do not grow (`tcp_syn_linear_timeouts`): one second each time.
    let [before, once, twice] = [&before, &once, &twice].map(|world| world.total_ms.unwrap());
    assert_eq!((once - before, twice - once), (1_000.0, 1_000.0));
}

#[test]
fn a_frame_that_comes_later_or_twice_does_so() {
    let plan = Plan::new("handshake", "open", 1, []).unwrap();
    let mut before = world(&plan);
    let syn = target(&mut before, "tcp.flags.syn && !tcp.flags.ack");
    let later = Fate::Delay("40ms".parse().unwrap());
    let delayed = before.fork(syn, later, &Again(plan.clone())).unwrap();
    let later = delayed.total_ms.unwrap() - before.total_ms.unwrap();
    assert!((later - 40.0).abs() < 1e-6, "{later}");
    let twice = before.fork(syn, Fate::Twice, &Again(plan)).unwrap();
    let copies = twice.player.tape().recording().unwrap().entries.iter();
    let copies = copies.filter(
        |entry| matches!(entry.event, Event::FrameDuplicated { frame, .. } if frame == syn.frame),
    );
    assert_eq!(copies.count(), 1);
}

#[test]
fn what_cannot_be_repeated_is_refused() {
    let plan = Plan::new("handshake", "open", 1, []).unwrap();
    let other = Plan::new("handshake", "open", 1, [("rtt", "10ms")]).unwrap();
    let mut before = world(&plan);
    let ack = target(&mut before, "tcp.flags.ack && tcp.flags.syn");
    let refused = before.fork(ack, Fate::Drop, &Again(other)).unwrap_err();
    assert!(refused.contains("cannot be repeated"), "{refused}");
    let refused = before.fork(ack, Fate::Pass, &Again(plan)).unwrap_err();
    assert!(refused.contains("nothing to let pass"), "{refused}");
}

/// The first case of each kind, so that no judge of a case stumbles over a world that a fork has changed.
#[test]
fn a_frame_can_be_dropped_in_every_case() {
    for case in all() {
        let variant = case.variants()[0].name;
        if matches!(case.name(), "time-wait" | "image-page" | "messaging") {
            continue; // long: the program is the same
        }
        let plan = Plan::new(case.name(), variant, 1, []).unwrap();
        let mut before = world(&plan);
        let until = "(tcp.len > 0 || udp) && wirelab.event == \"sent\" && frame.len < 1000";
        let frame = target(&mut before, until);
        let after = before
            .fork(frame, Fate::Drop, &Again(plan))
            .unwrap_or_else(|reason| {
                panic!("{}/{variant}: {reason}", case.name());
            });
        let (_, cause) = after.player.contents().dropped(frame.frame).unwrap();
        assert_eq!(cause, DropCause::Injected);
    }
}

#[test]
fn printing_stops_where_an_expression_holds() {
    let scratch = Scratch::new("step-until");
    let line = [
        "step",
        "handshake/syn-lost",
        "--print",
        "--until",
        "wirelab.event == drop",
    ];
    let printed = wirelab(scratch.path(), &line);
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    let last = printed.stdout.lines().last().unwrap();
    assert!(
        last.contains("dropped by client->server: drop script"),
        "{last}"
    );
    let broken = [
        "step",
        "handshake/syn-lost",
        "--break",
        "wirelab.event == drop",
    ];
    assert_eq!(wirelab(scratch.path(), &broken).stdout, printed.stdout);
    let never = ["step", "handshake/open", "--print", "--until", "udp"];
    let never = wirelab(scratch.path(), &never);
    assert_eq!(never.status, 2);
    assert_eq!(never.stderr, "wirelab: nothing in this run matches `udp`\n");
    let wrong = [
        "step",
        "handshake/open",
        "--print",
        "--until",
        "tcp.flag.syn",
    ];
    let wrong = wirelab(scratch.path(), &wrong);
    assert_eq!(wrong.status, 2);
    assert!(
        wrong.stderr.contains("did you mean `tcp.flags.syn`?"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn a_saved_recording_is_stepped_through_and_forked_like_the_run() {
    let scratch = Scratch::new("step-saved");
    wirelab(scratch.path(), &["run", "handshake/open", "-q"]);
    let saved = "captures/handshake/open";
    let file = format!("{saved}/events.bin");
    let fork = ["--print", "--until", "tcp.flags.syn", "--fork", "drop"];
    let of = |name: &str, more: &[&str]| {
        let line: Vec<_> = ["step", name].iter().chain(more).copied().collect();
        let ended = wirelab(scratch.path(), &line);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
        ended.stdout
    };
    for more in [&["--print"][..], &fork] {
        let fresh = of("handshake/open", more);
        assert_eq!(of(saved, more), fresh);
        assert_eq!(of(&file, more), fresh);
    }
    let forked = of(saved, &fork);
    assert!(forked.contains("+1000.000 ms"), "{forked}");
    assert!(
        forked.contains("[dropped by client->server: injected verdict]"),
        "{forked}"
    );
}
