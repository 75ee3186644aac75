//! hyper as it comes, on the lab's streams, timer and executor.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{client, server};
use wirelab::host::{ListenOptions, TcpOptions};
use wirelab::rt::{HyperTimer, Net, Spawner};
use wirelab::units::Span;

use crate::support::{Lab, Pair};

/// Bytes of every answer.
const ANSWER: usize = 100_000;

/// Which version of HTTP both ends speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let asked = request
        .into_body()
        .collect()
        .await
        .expect("the client sends it all")
        .to_bytes();
    assert_eq!(asked, "a question");
    Ok(Response::new(Full::new(vec![42; ANSWER].into())))
}

/// Serves one connection.
async fn serve(net: Net, spawner: Spawner, version: Version) {
    let listener = net
        .listen(80, ListenOptions::default())
        .expect("nobody else listens");
    let stream = listener.accept().await;
    let timer = HyperTimer::new(net.clock().clone());
    let served = match version {
        Version::Http1 => {
            let mut builder = server::conn::http1::Builder::new();
            builder.timer(timer).auto_date_header(false);
            builder.serve_connection(stream, service_fn(answer)).await
        }
        Version::Http2 => {
            let mut builder = server::conn::http2::Builder::new(spawner);
            builder.timer(timer).auto_date_header(false);
            builder.serve_connection(stream, service_fn(answer)).await
        }
    };
    served.expect("the client closes as it should");
}

/// Asks twice on one connection; the lengths of the answers.
async fn ask(
    net: Net,
    spawner: Spawner,
    remote: std::net::SocketAddrV4,
    version: Version,
) -> Vec<usize> {
    let stream = net
        .connect(remote, &TcpOptions::without_nagle())
        .await
        .expect("the server listens");
    let question = || {
        Request::post("http://server.test/")
            .header("host", "server.test")
            .body(Full::new(Bytes::from("a question")))
            .expect("the request is well-formed")
    };
    let mut lengths = Vec::new();
    match version {
        Version::Http1 => {
            let (mut sender, connection) = client::conn::http1::handshake(stream)
                .await
                .expect("it needs no I/O");
            drop(spawner.spawn("connection", connection));
            for _ in 0..2 {
                let response = sender
                    .send_request(question())
                    .await
                    .expect("the server answers");
                lengths.push(
                    response
                        .collect()
                        .await
                        .expect("to the end")
                        .to_bytes()
                        .len(),
                );
            }
        }
        Version::Http2 => {
            let handshake = client::conn::http2::handshake(spawner.clone(), stream);
            let (mut sender, connection) = handshake.await.expect("the preface is sent");
            drop(spawner.spawn("connection", connection));
            for _ in 0..2 {
                let response = sender
                    .send_request(question())
                    .await
                    .expect("the server answers");
                lengths.push(
                    response
                        .collect()
                        .await
                        .expect("to the end")
                        .to_bytes()
                        .len(),
                );
            }
        }
    }
    lengths
}

/// Both ends of the conversation, until the world is at rest.
fn converse(mut lab: Lab, version: Version) {
    let (client, server) = lab.nets();
    let (remote, spawner) = (server.endpoint(80), lab.world.spawner());
    drop(spawner.spawn("server", serve(server, spawner.clone(), version)));
    let lengths = lab.drive(ask(client, spawner, remote, version));
    assert_eq!(lengths, [ANSWER; 2]);
    lab.come_to_rest();
    assert!(
        lab.world.now().as_nanos() > Span::from_secs(60).as_nanos(),
        "TIME-WAIT was kept"
    );
}

#[test]
fn http_1_1_runs_unmodified() {
    converse(Pair::new(1).delay(30).build(), Version::Http1);
}

#[test]
fn http_2_runs_unmodified() {
    converse(Pair::new(1).delay(30).build(), Version::Http2);
}
