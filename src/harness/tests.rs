//! Claims about labs: what guards do and undo, what is asserted, and what a failure leaves.

use futures::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::event::{DropCause, Event, SocketError};
use crate::units::Span;

/// Two hosts 100 ms apart, and a server that sends back what it reads.
fn lab(seed: u64) -> (Lab, Host, Host, Path) {
    let mut lab = Lab::new(seed);
    let (client, server) = (lab.host("client"), lab.host("server"));
    let path = lab
        .join(&client, &server, "delay 50ms")
        .expect("words of a link");
    let listener = server.listen(80).expect("the port is free");
    let spawner = lab.spawner();
    lab.spawn("server", async move {
        loop {
            let mut stream = listener.accept().await;
            spawner.spawn("echo", async move {
                let mut bytes = [0; 100];
                while let Ok(count @ 1..) = stream.read(&mut bytes).await {
                    stream
                        .write_all(&bytes[..count])
                        .await
                        .expect("the client reads");
                }
            });
        }
    });
    (lab, client, server, path)
}

async fn echo(client: Host, server: Host) -> Result<(), SocketError> {
    let mut stream = client.connect(&server, 80).await?;
    stream.write_all(b"hello").await.expect("it is open");
    let mut answer = [0; 5];
    stream
        .read_exact(&mut answer)
        .await
        .expect("it is answered");
    assert_eq!(&answer, b"hello");
    Ok(())
}

fn drops(lab: &Lab) -> Vec<DropCause> {
    let recording = lab.recording();
    let causes = recording
        .entries
        .iter()
        .filter_map(|entry| match entry.event {
            Event::FrameDropped { cause, .. } => Some(cause),
            _ => None,
        });
    causes.collect()
}

#[test]
fn a_path_that_is_left_alone_takes_its_round_trips() {
    let (mut lab, client, server, _) = lab(1);
    lab.run(echo(client, server)).expect("it is open");
    assert_round_trips!(lab, == 2.0);
    assert_connections!(lab, == 1);
    assert_bytes!(lab, < 1_000);
    assert_eq!(drops(&lab), []);
}

#[test]
fn frames_that_are_held_go_on_in_their_order_when_the_guard_goes() {
    let (mut lab, client, server, path) = lab(1);
    let held = path.hold();
    let clock = client.clock().clone();
    let valve = path.there().clone();
    lab.spawn("network", async move {
        clock.sleep(Span::from_millis(500)).await;
        assert_eq!(valve.held(), 1, "the SYN");
        held.release();
    });
    lab.run(echo(client, server)).expect("it is open");
    assert_eq!(lab.elapsed(), Span::from_millis(700));
    assert_eq!(drops(&lab), []);
}

#[test]
fn a_partition_loses_both_directions_and_ends_with_its_guard() {
    let (mut lab, client, server, path) = lab(1);
    let cut = path.partition();
    let clock = client.clock().clone();
    lab.spawn("network", async move {
        clock.sleep(Span::from_millis(1_500)).await;
        cut.release();
    });
    lab.run(echo(client, server)).expect("it is open");
    // The SYN leaves at once, after one second, and after two.
    assert_eq!(drops(&lab), [DropCause::Outage; 2]);
    assert_eq!(lab.elapsed(), Span::from_millis(2_200));
}

#[test]
fn the_next_frames_are_lost_and_no_others() {
    let (mut lab, client, server, path) = lab(1);
    path.back().drop_next(1);
    lab.run(echo(client, server)).expect("it is open");
    assert_eq!(drops(&lab), [DropCause::Injected]);
    assert_eq!(lab.elapsed(), Span::from_millis(1_200));
}

#[test]
fn losses_by_chance_follow_from_the_seed_and_end_with_their_guard() {
    let run = |seed| {
        let (mut lab, client, server, path) = lab(seed);
        let lossy = path.lose("40%").expect("it is a chance");
        let result = lab.try_run(echo(client.clone(), server.clone()));
        lossy.release();
        let during = drops(&lab);
        lab.run(echo(client, server))
            .expect("nothing is lost any more");
        (
            result.is_ok(),
            during.clone(),
            drops(&lab).len() - during.len(),
            lab.elapsed(),
        )
    };
    let runs: Vec<_> = (1..9).map(run).collect();
    assert_eq!(runs, (1..9).map(run).collect::<Vec<_>>());
    assert!(runs.iter().any(|(_, during, ..)| !during.is_empty()));
    assert!(
        runs.iter()
            .all(|(_, _, after, elapsed)| *after == 0 && *elapsed == Span::from_millis(200))
    );
}

#[test]
fn the_last_chance_holds_and_none_is_left_when_all_guards_are_gone() {
    let (mut lab, client, server, path) = lab(1);
    let first = path.lose("100%").expect("it is a chance");
    let second = path.lose("0%").expect("it is a chance");
    drop(first);
    lab.run(echo(client.clone(), server.clone()))
        .expect("the last chance holds");
    let third = path.back().lose("100%").expect("it is a chance");
    drop(second);
    lab.run(echo(client.clone(), server.clone()))
        .expect_err("nothing comes back");
    third.release();
    let before = drops(&lab).len();
    lab.run(echo(client, server)).expect("no guard is left");
    assert_eq!(drops(&lab).len(), before);
}

#[test]
fn hosts_that_are_joined_again_have_the_new_path() {
    let (mut lab, client, server, _) = lab(1);
    let nearer = lab
        .join(&client, &server, "delay 5ms")
        .expect("words of a link");
    lab.run(echo(client.clone(), server.clone()))
        .expect("it is open");
    assert_eq!(lab.elapsed(), Span::from_millis(20));
    nearer.there().drop_next(1);
    lab.run(echo(client, server)).expect("it is open");
    assert_eq!(drops(&lab), [DropCause::Injected]);
}

#[test]
fn a_world_in_which_everybody_waits_is_an_error_that_names_them() {
    let (mut lab, ..) = lab(1);
    let error = lab
        .try_run(std::future::pending::<()>())
        .expect_err("nothing will happen");
    let text = error.to_string();
    assert!(text.contains("main") && text.contains("server"), "{text}");
}

#[test]
fn words_that_are_no_link_are_refused() {
    let mut lab = Lab::new(1);
    let (a, b) = (lab.host("a"), lab.host("b"));
    let error = lab
        .join(&a, &b, "dealy 5ms")
        .expect_err("no such word")
        .to_string();
    assert!(error.contains("dealy"), "{error}");
}

#[test]
fn an_assertion_says_what_was_expected_and_what_was_seen() {
    let told = std::panic::catch_unwind(|| {
        let (mut lab, client, server, _) = lab(1);
        lab.run(echo(client, server)).expect("it is open");
        // The lab is not dropped while this unwinds: its evidence is another test's.
        let lab = std::mem::ManuallyDrop::new(lab);
        assert_connections!(lab, == 2);
    });
    let told = told.expect_err("there is one");
    let told = told.downcast_ref::<String>().expect("a sentence");
    assert_eq!(told, "connections == 2 was expected, and 1 were seen");
}
