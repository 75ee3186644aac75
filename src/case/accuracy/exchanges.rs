//! Several small exchanges on one connection: the world in which delayed ACKs are looked at.
//!
//! It is a case of its own for the accuracy rows, and not in the catalog: it has no expectation of its own.

use futures::{AsyncReadExt, AsyncWriteExt};

use crate::case::knob::{Kind, Knob, path_knobs};
use crate::case::stage::Pair;
use crate::case::{Case, Judgement, Main, Plan, Stage, Variant};
use crate::host::{ListenOptions, TcpOptions};
use crate::record::Recording;
use crate::rt::{Net, TcpStream};
use crate::units::Span;

/// The request, as long as those of the reference.
const REQUEST: &[u8; 9] = b"GET / 9B\n";

/// Silence after the last answer, in which a delayed ACK shows.
const SILENCE: Span = Span::from_millis(300);

/// Requests one after another.
#[derive(Debug)]
pub(super) struct Exchanges;

/// Its only variant.
pub(super) const VARIANT: &str = "in-turn";

const VARIANTS: &[Variant] = &[Variant {
    name: VARIANT,
    about: "requests one after another on one connection",
}];

impl Case for Exchanges {
    fn name(&self) -> &'static str {
        "exchanges"
    }

    fn question(&self) -> &'static str {
        "When is data acknowledged between requests?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        VARIANTS.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        let mut knobs = path_knobs("5ms");
        knobs.extend([
            Knob::new("requests", "1", Kind::Count(1..=1_000), "requests in turn"),
            Knob::new("bytes", "1kB", Kind::Size, "size of each answer"),
            Knob::new("gap", "0", Kind::Time, "pause after each answer"),
            Knob::new("think", "0", Kind::Time, "time that an answer takes"),
            Knob::new(
                "quick_ack",
                "off",
                Kind::Switch,
                "TCP_QUICKACK at the client",
            ),
        ]);
        knobs
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        let Pair { client, server } = stage.pair(plan);
        let remote = server.endpoint(80);
        let talk = Talk {
            requests: plan.count("requests"),
            bytes: usize::try_from(plan.bytes("bytes")).unwrap_or(usize::MAX),
            gap: plan.span("gap"),
            think: plan.span("think"),
            quick_ack: plan.is_on("quick_ack"),
        };
        stage.spawner().spawn("server", answer(server, talk));
        Box::pin(async move {
            // The recording says how it ended.
            let _ = ask(client, remote, talk).await;
        })
    }

    fn judge(&self, _: &Plan, _: &Recording) -> Judgement {
        Judgement::default()
    }
}

/// What client and server have to say to each other.
#[derive(Clone, Copy, Debug)]
struct Talk {
    requests: u64,
    bytes: usize,
    gap: Span,
    think: Span,
    quick_ack: bool,
}

async fn answer(net: Net, talk: Talk) -> std::io::Result<()> {
    let listen = ListenOptions {
        tcp: TcpOptions::without_nagle(),
        ..ListenOptions::default()
    };
    let listener = net.listen(80, listen)?;
    let mut stream = listener.accept().await;
    let body = vec![0; talk.bytes];
    for _ in 0..talk.requests {
        let mut request = [0; REQUEST.len()];
        stream.read_exact(&mut request).await?;
        if !talk.think.is_zero() {
            net.clock().sleep(talk.think).await;
        }
        stream.write_all(&body).await?;
    }
    read_to_end(&mut stream).await
}

async fn read_to_end(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn ask(net: Net, remote: std::net::SocketAddrV4, talk: Talk) -> std::io::Result<()> {
    let options = TcpOptions {
        quick_ack: talk.quick_ack,
        ..TcpOptions::without_nagle()
    };
    let mut stream = net.connect(remote, &options).await?;
    let mut body = vec![0; talk.bytes];
    for request in 1..=talk.requests {
        stream.write_all(REQUEST).await?;
        stream.read_exact(&mut body).await?;
        if request < talk.requests && !talk.gap.is_zero() {
            net.clock().sleep(talk.gap).await;
        }
    }
    // The reference's runs without pauses show the last answer acknowledged at once, in the middle of an
    // interactive exchange: by the FIN of a client that has what it wanted. Those with pauses wait.
    if talk.requests == 1 || !talk.gap.is_zero() {
        net.clock().sleep(SILENCE).await;
    }
    stream.close().await
}
