//! Plays a plan and judges what both ends saw.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::join_all;
use wirelab::event::SocketError;
use wirelab::host::ListenOptions;
use wirelab::rt::{Net, Spawner};

use super::plan::{Faults, Plan};
use crate::support::{Lab, Outcome};

/// What the servers saw, by the client's port.
type Served = Rc<RefCell<BTreeMap<u16, Outcome>>>;

/// Plays `plan` to its end and checks all that must hold.
///
/// # Panics
/// If anything does not hold.
pub(crate) fn check(plan: &Plan) {
    let mut lab = plan.pair().unrecorded().build();
    for (client, server) in converse(&mut lab, plan) {
        judge(plan, &client, server.as_ref());
    }
}

/// Plays all connections of `plan` until the world is at rest. What each client saw, and its server, if there
/// was one.
pub(crate) fn converse(lab: &mut Lab, plan: &Plan) -> Vec<(Outcome, Option<Outcome>)> {
    let (client, server) = lab.nets();
    let spawner = lab.world.spawner();
    let served = Served::default();
    let serving = serve(
        spawner.clone(),
        server.clone(),
        plan.clone(),
        Rc::clone(&served),
    );
    drop(spawner.spawn("accept", serving));
    let calls: Vec<_> = (0..plan.connections)
        .map(|_| {
            let remote = server.endpoint(80);
            spawner.spawn("client", call(client.clone(), remote, plan.clone()))
        })
        .collect();
    let clients = lab.drive(join_all(calls));
    lab.come_to_rest();
    let mut served = served.borrow_mut();
    let ends = clients.into_iter();
    ends.map(|(port, outcome)| (outcome, port.and_then(|port| served.remove(&port))))
        .collect()
}

/// Connects and plays the client's role; the port that it had, and what it saw.
async fn call(net: Net, remote: std::net::SocketAddrV4, plan: Plan) -> (Option<u16>, Outcome) {
    match net.connect(remote, &plan.options.0).await {
        Ok(stream) => {
            let port = stream.ends().map(|(local, _)| local.port());
            let (out, back) = tags(port.unwrap_or(0));
            let outcome = plan
                .client
                .play(net.clock().clone(), stream, out, back)
                .await;
            (port, outcome)
        }
        Err(error) => {
            let outcome = Outcome {
                error: Some(error),
                ..Outcome::default()
            };
            (None, outcome)
        }
    }
}

/// Accepts connections and plays the server's role on each.
async fn serve(spawner: Spawner, net: Net, plan: Plan, served: Served) {
    let options = ListenOptions {
        backlog: plan.backlog,
        tcp: plan.options.1,
    };
    let listener = net.listen(80, options).expect("nobody else listens");
    loop {
        let stream = listener.accept().await;
        let Some((_, remote)) = stream.ends() else {
            continue; // reset before it was accepted
        };
        let (out, back) = tags(remote.port());
        let play = plan
            .server
            .clone()
            .play(net.clock().clone(), stream, back, out);
        let served = Rc::clone(&served);
        drop(spawner.spawn("server", async move {
            let outcome = play.await;
            let before = served.borrow_mut().insert(remote.port(), outcome);
            assert_eq!(before, None, "one client, one connection");
        }));
    }
}

/// Tags of the two directions of the connection from a client's port: to the server, to the client.
fn tags(port: u16) -> (u64, u64) {
    (u64::from(port) * 2, u64::from(port) * 2 + 1)
}

/// Checks what both ends of one connection saw.
fn judge(plan: &Plan, client: &Outcome, server: Option<&Outcome>) {
    let nobody = Outcome::default();
    let server = server.unwrap_or(&nobody);
    let both = format!("client {client:?}, server {server:?}");
    for (reader, writer) in [(client, server), (server, client)] {
        assert!(
            reader.read <= writer.wrote,
            "more read than written: {both}"
        );
        assert!(
            !reader.eof || reader.read == writer.wrote,
            "FIN came before all was read: {both}"
        );
        assert!(
            is_plausible(plan, reader.error),
            "an error that Linux would not give: {both}"
        );
    }
    if plan.must_succeed() {
        assert!(client.eof && server.eof, "not completed: {both}");
        assert_eq!((client.error, server.error), (None, None));
        assert_eq!(
            (client.wrote, server.wrote),
            (plan.client.write, plan.server.write)
        );
    }
}

/// Whether an end may be told this: a path that loses nothing ends no connection by time-out, and only an end
/// that goes away early makes the other one write into a broken pipe.
fn is_plausible(plan: &Plan, error: Option<SocketError>) -> bool {
    let faults = matches!(plan.path.faults, Faults::Loss | Faults::Outage);
    let rude = plan.client.lifetime.is_some() || plan.server.lifetime.is_some();
    match error {
        None => true,
        Some(SocketError::TimedOut) => faults,
        Some(SocketError::Reset | SocketError::BrokenPipe) => faults || rude,
        Some(_) => false,
    }
}
