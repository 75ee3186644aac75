//! What client and server do in each variant.

use std::io;

use http::Method;

use super::client_options;
use crate::app::exchange::{Ask, Client, Connection, serve};
use crate::case::{Main, Plan};
use crate::host::{ListenOptions, TcpOptions};
use crate::rt::{Net, Spawner};
use crate::units::Span;

/// Starts the server and returns the client's task.
pub(super) fn start(plan: &Plan, spawner: Spawner, net: Net, server: Net) -> Main {
    let remote = server.endpoint(80);
    let listen = ListenOptions {
        tcp: TcpOptions::without_nagle(),
        ..ListenOptions::default()
    };
    let idle = (plan.variant() == "idle-race").then(|| plan.span("server_timeout"));
    let serving = serve(server.clone(), spawner.clone(), 80, listen, idle);
    drop(spawner.spawn("server", serving));
    let client = Client::new(net.clone(), spawner, remote, client_options(plan));
    let (requests, rtt) = (plan.count("requests"), plan.span("rtt"));
    match plan.variant() {
        "per-request" => told(per_request(client, requests)),
        "persistent" => told(persistent(client, requests)),
        "idle-race" => {
            let method = plan.text("method").parse();
            // The second request leaves at the moment at which the server closes, half a round trip after
            // the first answer came less than the server's timeout; or at once, if that is past.
            let pause = plan.span("server_timeout").saturating_sub(rtt / 2);
            let method = method.expect("the knob takes methods only");
            told(race(client, net, method, pause))
        }
        "probe-dead-peer" => told(outlive(client, server)),
        _ => told(pause(client, net, plan.span("pause"))),
    }
}

/// A task whose requests have said themselves how they ended.
fn told(task: impl Future<Output = io::Result<()>> + 'static) -> Main {
    Box::pin(async move {
        let _ = task.await;
    })
}

async fn per_request(mut client: Client, requests: u64) -> io::Result<()> {
    for _ in 0..requests {
        let ask = client.want(Method::GET, true);
        let mut connection = connect(&client, &ask).await?;
        send(&mut connection, &ask).await?;
    }
    Ok(())
}

async fn persistent(mut client: Client, requests: u64) -> io::Result<()> {
    let mut ask = client.want(Method::GET, requests == 1);
    let mut connection = connect(&client, &ask).await?;
    send(&mut connection, &ask).await?;
    for left in (1..requests).rev() {
        ask = client.want(Method::GET, left == 1);
        send(&mut connection, &ask).await?;
    }
    Ok(())
}

/// Sends a second request into the server's close. If its method is safe (RFC 9110 section 9.2.1), it may be
/// sent again on a new connection (RFC 9112 section 9.3.1); otherwise nobody knows whether it was carried out,
/// and the application is told.
async fn race(mut client: Client, net: Net, method: Method, pause: Span) -> io::Result<()> {
    let first = client.want(Method::GET, false);
    let mut connection = connect(&client, &first).await?;
    send(&mut connection, &first).await?;
    net.clock().sleep(pause).await;
    let second = client.want(method.clone(), false);
    let Err(error) = connection.send(&second).await else {
        return Ok(());
    };
    if !method.is_safe() {
        second.failed(&error);
        return Err(io::Error::other(error));
    }
    net.note("the request met the server's FIN; its method is safe, so it is sent again");
    let mut connection = connect(&client, &second).await?;
    send(&mut connection, &second).await
}

/// One exchange, after which the server loses its power and the client waits.
async fn outlive(mut client: Client, server: Net) -> io::Result<()> {
    let ask = client.want(Method::GET, false);
    let mut connection = connect(&client, &ask).await?;
    send(&mut connection, &ask).await?;
    server.note("the server loses its power: no FIN, no RST");
    server.power_off();
    connection.ended().await.map_err(io::Error::other)
}

/// Two exchanges with silence between them.
async fn pause(mut client: Client, net: Net, pause: Span) -> io::Result<()> {
    let first = client.want(Method::GET, false);
    let mut connection = connect(&client, &first).await?;
    send(&mut connection, &first).await?;
    net.clock().sleep(pause).await;
    let second = client.want(Method::GET, true);
    send(&mut connection, &second).await
}

async fn connect(client: &Client, ask: &Ask) -> io::Result<Connection> {
    let outcome = client.connect(ask).await;
    outcome.inspect_err(|error| ask.failed(error))
}

async fn send(connection: &mut Connection, ask: &Ask) -> io::Result<()> {
    let outcome = connection.send(ask).await;
    outcome.map_err(|error| {
        ask.failed(&error);
        io::Error::other(error)
    })
}
