//! The server and its clients, and the script that they follow.

use std::net::Ipv4Addr;
use std::rc::Rc;

use super::schedule::{Due, Schedule, beginning, settling};
use super::variants::Carrier;
use crate::app::http::Requests;
use crate::app::messages::{Client, Costs, Cpu, Desk, Failure, Message, Server, Tally};
use crate::app::websocket::Session;
use crate::app::{long_poll, sse, websocket};
use crate::case::{Main, Plan, Stage};
use crate::host::{ListenOptions, TcpOptions};
use crate::rng::Dice;
use crate::rt::{JoinHandle, Net, Spawner};
use crate::sim::Access;
use crate::units::SimTime;

/// The port of the server.
pub(super) const PORT: u16 = 80;

/// All that take part.
pub(super) struct Cast {
    pub(super) carrier: Carrier,
    pub(super) dice: Dice,
    pub(super) spawner: Spawner,
    /// The networks of the clients' host and of the server.
    pub(super) net: Net,
    pub(super) server: Net,
    /// The server's desk for each client.
    pub(super) desks: Rc<[Desk]>,
    pub(super) clients: Vec<Client>,
    /// What has come to the clients, and to the server.
    pub(super) down: Tally,
    pub(super) up: Tally,
}

/// How many take part, and with what.
pub(super) struct Casting {
    pub(super) clients: u64,
    /// Source addresses of the clients' host, which take turns.
    pub(super) addresses: u64,
    /// Socket buffers, if not the profile's.
    pub(super) buffer: Option<usize>,
    pub(super) costs: Costs,
}

impl Casting {
    /// The clients of the plan.
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            clients: plan.count("clients"),
            addresses: 1,
            buffer: None,
            costs: server_costs(plan),
        }
    }
}

/// What the server's work costs in the run: nothing, unless it is to be kept busy.
pub(super) fn server_costs(plan: &Plan) -> Costs {
    if plan.is_on("cpu") || plan.variant() == "saturation" {
        costs(plan)
    } else {
        Costs::default()
    }
}

/// What the server's work costs by the plan's knobs.
pub(super) fn costs(plan: &Plan) -> Costs {
    Costs {
        message: plan.span("cpu_message"),
        request: plan.span("cpu_request"),
        handshake: plan.span("cpu_handshake"),
    }
}

impl Cast {
    /// Builds the hosts and starts the server.
    pub(super) fn new(plan: &Plan, stage: &mut Stage<'_>, casting: &Casting) -> Self {
        let addresses = u8::try_from(casting.addresses).expect("the knob's range is small");
        let client =
            stage
                .world
                .add_host_with("client", plan.client(), addresses, Access::default());
        let server = stage.world.add_host("server", plan.server());
        stage.join(plan, client, server, None);
        let (net, server) = (stage.world.net(client), stage.world.net(server));
        let (down, up) = (Tally::default(), Tally::default());
        let ordinals = || 0..u32::try_from(casting.clients).expect("the knob's range is small");
        let desks: Rc<[Desk]> = ordinals()
            .map(|client| Desk::new(server.clone(), client, up.clone()))
            .collect();
        let tcp = TcpOptions {
            send_buffer: casting.buffer,
            recv_buffer: casting.buffer,
            ..TcpOptions::without_nagle()
        };
        let spawner = stage.spawner();
        let sources = net.host_ref().borrow().info().addresses.clone();
        let requests = Requests::new();
        let client = |ordinal: u32| Client {
            net: net.clone(),
            spawner: spawner.clone(),
            remote: server.endpoint(PORT),
            tcp: TcpOptions {
                source: Some(source(&sources, ordinal)),
                ..tcp.clone()
            },
            requests: requests.clone(),
            header_bytes: usize::try_from(plan.count("header_bytes"))
                .expect("the knob's range is small"),
            desk: Desk::new(net.clone(), ordinal, down.clone()),
        };
        let clients = ordinals().map(client).collect();
        let carrier = Carrier::of(plan.variant());
        let office = Server {
            net: server.clone(),
            spawner: spawner.clone(),
            port: PORT,
            listen: ListenOptions {
                tcp,
                ..ListenOptions::default()
            },
            desks: Rc::clone(&desks),
            cpu: Cpu::new(server.clone(), casting.costs),
        };
        serve(plan, carrier, &spawner, office);
        Self {
            carrier,
            dice: stage.world.dice(),
            spawner,
            net,
            server,
            desks,
            clients,
            down,
            up,
        }
    }

    /// Opens the session of every client at once.
    pub(super) fn open_all(&self) -> Vec<JoinHandle<()>> {
        let open = |client: &Client| {
            let (carrier, dice, down, up) =
                (self.carrier, self.dice, self.down.clone(), self.up.clone());
            let client = client.clone();
            self.spawner.spawn("client", async move {
                let (net, ordinal) = (client.net.clone(), client.desk.client());
                if let Err(error) = converse(carrier, client, dice).await {
                    net.note(format!("client {ordinal} gives up: {error}"));
                    down.give_up();
                    up.give_up();
                }
            })
        };
        self.clients.iter().map(open).collect()
    }

    /// Lets the clients close and waits until they have.
    pub(super) async fn close_all(&self, clients: Vec<JoinHandle<()>>) {
        for client in &self.clients {
            client.desk.close();
        }
        for client in clients {
            client.await;
        }
    }

    /// Puts messages of so many bytes on desks when they are due, counted from `start`.
    pub(super) async fn say<'a>(
        &self,
        start: SimTime,
        bytes: usize,
        messages: &[Due],
        desk: impl Fn(usize) -> &'a Desk,
    ) {
        for due in messages {
            self.net.clock().sleep_until(start + due.at).await;
            desk(due.client as usize).accept(Message::new(due.id, bytes));
        }
    }
}

/// The client's addresses take turns.
fn source(addresses: &[Ipv4Addr], ordinal: u32) -> Ipv4Addr {
    addresses[ordinal as usize % addresses.len()]
}

fn serve(plan: &Plan, carrier: Carrier, spawner: &Spawner, server: Server) {
    let ping = plan.span("ping");
    let ping = (!ping.is_zero()).then_some(ping);
    drop(match carrier {
        Carrier::LongPolling { keep_alive } => {
            spawner.spawn("server", long_poll::serve(server, keep_alive))
        }
        Carrier::Sse => spawner.spawn("server", sse::serve(server)),
        Carrier::WebSocket => spawner.spawn("server", websocket::serve(server, ping)),
    });
}

/// A client's whole conversation.
async fn converse(carrier: Carrier, client: Client, dice: Dice) -> Result<(), Failure> {
    match carrier {
        Carrier::LongPolling { .. } => long_poll::converse(client).await,
        Carrier::Sse => sse::converse(client).await,
        Carrier::WebSocket => Session::open(client, dice).await?.converse().await,
    }
}

/// Length of a message's text.
pub(super) fn length(plan: &Plan) -> usize {
    usize::try_from(plan.bytes("bytes")).expect("a message fits memory")
}

/// The server's messages, and when all is quiet again the clients' own.
pub(super) fn start(plan: &Plan, stage: &mut Stage<'_>) -> Main {
    let cast = Cast::new(plan, stage, &Casting::of(plan));
    let (schedule, bytes) = (Schedule::of(plan), length(plan));
    let (beginning, settling) = (beginning(plan), settling(plan));
    let follow = plan.span("follow");
    Box::pin(async move {
        let clients = cast.open_all();
        let clock = cast.net.clock();
        let desk = |client: usize| &cast.desks[client];
        let (first, others) = schedule.down.split_at(1);
        cast.say(beginning, bytes, first, desk).await;
        clock.sleep_until(beginning + others[0].at).await;
        let note = format!("another message for the same client, {follow} after the first");
        cast.server.note(note);
        cast.say(beginning, bytes, others, desk).await;
        cast.down.reaches(schedule.down.len() as u64).await;
        clock.sleep(settling).await;
        let now = clock.now();
        cast.say(now, bytes, &schedule.up, |client| {
            &cast.clients[client].desk
        })
        .await;
        cast.up.reaches(schedule.up.len() as u64).await;
        clock.sleep(settling).await;
        cast.close_all(clients).await;
    })
}
