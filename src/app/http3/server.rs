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
        let service = Service::on(
            server.net.clone(),
            server.site.clone(),
            listener.socket(),
            Some(Carrier::Quic(name)),
        );
        let spawner = server.spawner.clone();
        drop(server.spawner.spawn("http3 server", async move {
            let quic = h3_quinn::Connection::new(connection);
            // The client's events say what became of its requests.
            let Ok(mut connection) = builder().send_grease(false).build::<_, Bytes>(quic).await
            else {
                return;
            };
            // Streams are accepted in the order of their ids, whichever comes first (RFC 9000 section 2.1).
            while let Ok(Some(request)) = connection.accept().await {
                let answer = answer(request, service.for_next());
                drop(spawner.spawn("http3 answer", answer));
            }
            service.closed();
        }));
    }
    Ok(())
}

/// Reads a request and answers it.
async fn answer(
    resolver: RequestResolver<h3_quinn::Connection, Bytes>,
    service: Service,
) -> Result<(), StreamError> {
    let (request, mut stream) = resolver.resolve_request().await?;
    while stream.recv_data().await?.is_some() {} // or the client would be told to stop sending
    let Ok(answer) = service.answer(&request).await;
    let (mut head, mut body) = answer.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    stream.send_response(Response::from_parts(head, ())).await?;
    while let Some(Ok(piece)) = body.frame().await {
        if let Ok(data) = piece.into_data() {
            stream.send_data(data).await?;
        }
    }
    stream.finish().await
}
