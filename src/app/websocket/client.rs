//! A client: the upgrade, and then messages both ways until it closes.

use std::pin::pin;

use async_tungstenite::tungstenite::Message as Frame;
use async_tungstenite::tungstenite::Utf8Bytes;
use async_tungstenite::{WebSocketStream, client_async_with_config};
use futures::StreamExt;
use futures::future::{Either, select};
use http::Request;
use http::header::COOKIE;
use rand::Rng;

use super::{Masked, Masks, base64, config};
use crate::app::messages::{Client, Failure, Message};
use crate::rng::{Dice, Stream};

/// A connection that was upgraded.
#[derive(Debug)]
pub struct Session {
    socket: WebSocketStream<Masked>,
    client: Client,
}

/// What comes next in a conversation.
enum Next<M> {
    Heard(Option<M>),
    Says(Option<Message>),
}

impl Session {
    /// Connects and upgrades (RFC 6455 section 4.1). The key and all masks come from the client's own stream of the
    /// world's dice.
    ///
    /// # Errors
    /// Those of the connection, and an answer that is no upgrade.
    pub async fn open(client: Client, dice: Dice) -> Result<Self, Failure> {
        let mut dice = dice.stream(&format!("websocket/client/{}", client.desk.client()));
        let stream = client.net.connect(client.remote, &client.tcp).await?;
        let request = upgrade(&client, &mut dice)?;
        let stream = Masked::new(stream, Masks::new(dice));
        let (socket, _) = client_async_with_config(request, stream, Some(config())).await?;
        Ok(Self { socket, client })
    }

    /// Hears the server out and says what the client's desk has, until the desk is closed; closes then, and waits
    /// until the server has closed the connection, which is its part (RFC 6455 section 7.1.1).
    ///
    /// # Errors
    /// Whatever ends the connection before its time.
    pub async fn converse(mut self) -> Result<(), Failure> {
        let desk = self.client.desk.clone();
        loop {
            let next = {
                let (heard, says) = (pin!(self.socket.next()), pin!(desk.next()));
                match select(heard, says).await {
                    Either::Left((heard, _)) => Next::Heard(heard.transpose()?),
                    Either::Right((says, _)) => Next::Says(says),
                }
            };
            match next {
                Next::Heard(Some(Frame::Text(text))) => {
                    let message = Message::read(text).ok_or("a frame is no message")?;
                    desk.delivered(&message);
                }
                Next::Heard(Some(_)) => {} // tungstenite answers pings and closes by itself
                Next::Heard(None) => return Err("the server has closed the connection".into()),
                Next::Says(Some(message)) => {
                    desk.written(&message);
                    self.socket.send(text(&message)?).await?;
                }
                Next::Says(None) => break,
            }
        }
        self.socket.close(None).await?;
        while let Some(heard) = self.socket.next().await {
            heard?;
        }
        Ok(())
    }
}

/// The frame of a message.
pub(super) fn text(message: &Message) -> Result<Frame, Failure> {
    Ok(Frame::Text(Utf8Bytes::try_from(message.text().clone())?))
}

/// The request of RFC 6455 section 4.1, with a key of 16 random bytes.
fn upgrade(client: &Client, dice: &mut Stream) -> Result<Request<()>, http::Error> {
    let mut key = [0; 16];
    dice.fill_bytes(&mut key);
    let mut request = Request::builder()
        .uri(format!("ws://server.test/socket/{}", client.desk.client()))
        .header("Host", "server.test")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", base64::encoded(&key));
    if let Some(cookie) = client.cookie() {
        request = request.header(COOKIE, cookie);
    }
    request.body(())
}
