//! The client that opens and closes, or keeps a pool, and its server.

use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;

use futures::{AsyncReadExt, AsyncWriteExt};

use super::super::apps::{ANSWER, REQUESTS};
use super::{Relief, Schedule};
use crate::case::{Main, Plan};
use crate::event::{AppEvent, RequestId, SocketError};
use crate::host::{ListenOptions, TcpOptions};
use crate::rt::{Net, Spawner, TcpStream};
use crate::units::SimTime;

/// Socket buffers in bytes: there are tens of thousands of sockets, and none carries more than a segment.
const BUFFER: usize = 4_096;

/// Starts the server and returns the client's task.
pub(in crate::case::time_wait) fn start(
    plan: &Plan,
    relief: Relief,
    spawner: Spawner,
    client: Net,
    server: Net,
) -> Main {
    let schedule = Schedule::of(plan, relief);
    let remote = server.endpoint(80);
    let options = TcpOptions {
        send_buffer: Some(BUFFER),
        recv_buffer: Some(BUFFER),
        timestamps: Some(relief == Relief::TwReuse),
        ..TcpOptions::without_nagle()
    };
    let listen = ListenOptions {
        tcp: options.clone(),
        ..ListenOptions::default()
    };
    drop(spawner.spawn("server", serve(server, spawner.clone(), listen)));
    let addresses = client.host_ref().borrow().info().addresses.clone();
    let load = Load {
        net: client,
        remote,
        options,
        addresses,
        idle: (relief == Relief::Pool).then(Rc::default),
    };
    Box::pin(load.run(schedule, spawner))
}

async fn serve(net: Net, spawner: Spawner, listen: ListenOptions) -> Result<(), SocketError> {
    let listener = net.listen(80, listen)?;
    loop {
        let stream = listener.accept().await;
        drop(spawner.spawn("connection", answer(stream)));
    }
}

/// Answers requests until the client closes, and closes then.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; REQUESTS[0].len()];
    loop {
        stream.read_exact(&mut request).await?;
        stream.write_all(ANSWER).await?;
    }
}

/// The client.
#[derive(Clone)]
struct Load {
    net: Net,
    remote: SocketAddrV4,
    options: TcpOptions,
    /// Source addresses, used in turn.
    addresses: Vec<Ipv4Addr>,
    /// Connections of the pool that wait for a request, if there is a pool.
    idle: Option<Rc<RefCell<Vec<TcpStream>>>>,
}

impl Load {
    async fn run(self, schedule: Schedule, spawner: Spawner) {
        let mut attempts = Vec::new();
        for attempt in 0..schedule.attempts() {
            let due = SimTime::ZERO + schedule.at(attempt);
            self.net.clock().sleep_until(due).await;
            attempts.push(spawner.spawn("attempt", self.clone().attempt(attempt)));
        }
        for attempt in attempts {
            attempt.await;
        }
    }

    /// One use of a connection. A refusal is told, with the ordinal of the attempt as its request.
    async fn attempt(self, attempt: u64) {
        let outcome = match &self.idle {
            Some(idle) => self.exchange(idle).await,
            // Opened, and closed as soon as it is open.
            None => self.open(attempt).await.map(drop).map_err(Into::into),
        };
        let Err(error) = outcome else { return };
        let request = RequestId(u32::try_from(attempt).expect("a run has fewer attempts"));
        self.net.tell(|| AppEvent::Request {
            request,
            method: "GET".to_owned(),
            url: "http://server.test/".to_owned(),
        });
        self.net.tell(|| AppEvent::Response {
            request,
            status: 0,
            body: 0,
            error: Some(error.to_string()),
        });
    }

    async fn open(&self, attempt: u64) -> Result<TcpStream, SocketError> {
        let turn =
            usize::try_from(attempt).expect("a run has fewer attempts") % self.addresses.len();
        let options = TcpOptions {
            source: Some(self.addresses[turn]),
            ..self.options.clone()
        };
        self.net.connect(self.remote, &options).await
    }

    /// An exchange on an idle connection of the pool, or on a new one that then belongs to it.
    async fn exchange(&self, idle: &RefCell<Vec<TcpStream>>) -> io::Result<()> {
        let kept = idle.borrow_mut().pop();
        let mut stream = match kept {
            Some(stream) => stream,
            None => self.open(0).await?,
        };
        stream.write_all(REQUESTS[0]).await?;
        let mut answer = [0; ANSWER.len()];
        stream.read_exact(&mut answer).await?;
        idle.borrow_mut().push(stream);
        Ok(())
    }
}
