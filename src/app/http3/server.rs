//! The server.

use std::io;

use bytes::Bytes;
use h3::error::StreamError;
use h3::server::{RequestResolver, builder};
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response};
use http_body_util::BodyExt;
use hyper::body::Body;

use crate::app::http::{Carrier, Server, Service};
use crate::app::quic::QuicServer;
use crate::event::SocketId;

/// Serves for ever.
///
/// # Errors
/// `EADDRINUSE` if somebody has bound the port.
///
/// # Panics
/// If the server was given no TLS: there is no QUIC without.
pub async fn serve(server: Server) -> io::Result<()> {
    let tls = server.tls.as_ref().expect("QUIC is never without TLS");
    let listener = QuicServer::bind(&server.net, &server.spawner, server.port, tls)?;
    while let Some((connection, name)) = listener.accept().await {
        let (spawner, socket) = (&server.spawner, listener.socket());
        let serving = serve_connection(server.clone(), socket, connection, name);
        drop(spawner.spawn("http3 server", serving));
    }
    Ok(())
}

/// Answers whatever comes on a connection. The client's events say what became of its requests.
async fn serve_connection(
    server: Server,
    socket: SocketId,
    quic: quinn::Connection,
    connection: u64,
) {
    let quic = h3_quinn::Connection::new(quic);
    let Ok(mut requests) = builder().send_grease(false).build(quic).await else {
        return;
    };
    while let Ok(Some(request)) = requests.accept().await {
        let (net, site) = (server.net.clone(), server.site.clone());
        let service = move |stream| {
            let carrier = Carrier::Quic { connection, stream };
            Service::on(net, site, socket, Some(carrier))
        };
        let answer = answer(request, service);
        drop(server.spawner.spawn("http3 answer", answer));
    }
}

/// Reads a request and answers it with the service of its stream.
async fn answer(
    request: RequestResolver<h3_quinn::Connection, Bytes>,
    service: impl FnOnce(u64) -> Service,
) -> Result<(), StreamError> {
    let (request, mut stream) = request.resolve_request().await?;
    let service = service(stream.id().into_inner());
    while stream.recv_data().await?.is_some() {} // or the client would be told to stop sending
    let Ok(answer) = service.answer(&request).await;
    service.closed(); // no other request will come on this stream
    let (mut head, mut body) = answer.into_parts();
    if let Some(length) = body.size_hint().exact() {
        let length = HeaderValue::from(length);
        head.headers.insert(CONTENT_LENGTH, length);
    }
    stream.send_response(Response::from_parts(head, ())).await?;
    while let Some(Ok(piece)) = body.frame().await {
        if let Ok(data) = piece.into_data() {
            stream.send_data(data).await?;
        }
    }
    stream.finish().await
}
