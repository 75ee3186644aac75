//! A client as browsers are: some connections, and one queue for all of them.

use std::rc::Rc;

use bytes::Bytes;
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::{join, join_all};
use futures::lock::Mutex;
use http::Request;
use http_body_util::Empty;
use hyper::client::conn::http1::{Builder, SendRequest};

use crate::app::http::{Client, Ends, Exchange, Position, Want, discover};
use crate::event::{Phase, SocketId};
use crate::rt::JoinHandle;

/// The requests that wait for a connection, first wanted, first sent. Whoever holds the lock has the next.
type Queue = Rc<Mutex<UnboundedReceiver<Exchange>>>;

/// A connection that can take one request at a time.
pub(in crate::app) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    task: JoinHandle<()>,
    socket: SocketId,
    ends: Ends,
    position: Position,
}

/// Fetches `wants` over at most `connections` connections. As many connections as are of use are opened, each for
/// the request that is then next in the queue; a connection that has its answer takes the next request. Returns
/// when all have been answered or have failed, and the connections are closed.
pub async fn fetch(
    client: Client,
    wants: impl IntoIterator<Item = impl Into<Want>>,
    connections: usize,
) {
    let wants: Vec<Want> = wants.into_iter().map(Into::into).collect();
    let useful = connections.min(wants.len());
    let (discovery, exchanges) = discover(client.clone(), wants);
    let queue = Rc::new(Mutex::new(exchanges));
    let workers = join_all((0..useful).map(|_| work(client.clone(), Rc::clone(&queue))));
    join(discovery, workers).await;
}

/// Takes requests from the queue until it ends. A connection that has ended is replaced.
async fn work(client: Client, queue: Queue) {
    let mut open: Option<Connection> = None;
    loop {
        let next = queue.lock().await.next().await;
        let Some(mut exchange) = next else {
            break;
        };
        let connection = match open
            .take()
            .filter(|connection| !connection.sender.is_closed())
        {
            Some(connection) => {
                exchange.assigned(Some(connection.socket));
                Ok(connection)
            }
            None => connect(&client, &mut exchange).await,
        };
        match connection {
            Ok(mut connection) => {
                if let Err(error) = connection.fetch(&client, &exchange).await {
                    exchange.failed(&error);
                }
                open = Some(connection);
            }
            Err(error) => exchange.failed(&*error),
        }
    }
    if let Some(Connection { sender, task, .. }) = open {
        drop(sender); // the connection closes when nobody can send on it
        task.await;
    }
}

/// Opens a connection on behalf of `exchange`.
pub(in crate::app) async fn connect(
    client: &Client,
    exchange: &mut Exchange,
) -> Result<Connection, Box<dyn std::error::Error>> {
    let (channel, ends) = client.connect(exchange).await?;
    let (socket, position) = (channel.socket(), channel.position());
    let (sender, connection) = Builder::new().handshake(channel).await?;
    let task = client.spawner.spawn("http1 client", async move {
        let _ = connection.await; // whoever waits for an answer has the error
    });
    Ok(Connection {
        sender,
        task,
        socket,
        ends,
        position,
    })
}

impl Connection {
    /// Its name in events.
    pub(in crate::app) const fn socket(&self) -> SocketId {
        self.socket
    }

    /// Whether it takes no more requests.
    pub(in crate::app) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends a request and reads the answer to its end.
    pub(in crate::app) async fn fetch(
        &mut self,
        client: &Client,
        exchange: &Exchange,
    ) -> hyper::Result<()> {
        self.sender.ready().await?;
        let mut request =
            Request::get(exchange.path()).header(http::header::HOST, &client.authority);
        if let Some(cookie) = exchange.cookie() {
            request = request.header(http::header::COOKIE, cookie);
        }
        let request = request
            .body(Empty::new())
            .expect("a path of a site is a valid target");
        let (sent, read) = (self.position.written(), self.position.read());
        client.requests.sent(self.ends, exchange.id());
        exchange.phase(Phase::RequestStart);
        let answer = self.sender.send_request(request);
        // A request without a body is written in the instant in which it is handed over.
        exchange.phase(Phase::RequestEnd);
        let response = answer.await?;
        exchange.spanned(false, sent, self.position.written());
        exchange.began();
        let status = response.status().as_u16();
        let body = exchange.read(response.into_body()).await?;
        // Without pipelining whatever came since the request is the answer.
        exchange.spanned(true, read, self.position.read());
        exchange.answered(status, body);
        Ok(())
    }
}
