//! `transfer`: the yardstick. One request, one response, every knob.

use std::collections::BTreeMap;

use futures::{AsyncReadExt, AsyncWriteExt};
use serde_json::{Value, json};

use super::knob::{Kind, Knob, path_knobs};
use super::stage::Pair;
use super::{Case, Judgement, Main, Plan, Stage, Variant, expect};
use crate::event::{Mechanism, SocketEvent};
use crate::host::{ListenOptions, Stack, TcpOptions};
use crate::measure::{HostView, Traffic};
use crate::record::Recording;
use crate::rt::{Net, TcpStream};
use crate::units::{SimTime, Span};

/// The request, as the reference measurements have it: 11 bytes.
const REQUEST: &[u8; 11] = b"GET / 11 B\n";

/// Maximum segment size without TCP timestamps, in bytes.
pub(super) const MSS: u64 = 1_460;

/// Initial window of Linux in segments (RFC 6928).
pub(super) const INITIAL_WINDOW: u64 = 10;

/// How long the client keeps the connection open after the last answer, as in the reference measurements: a FIN
/// at once would repair the loss of the last ACK.
const HOLD: Span = Span::from_secs(2);

/// The yardstick case.
#[derive(Debug)]
pub struct Transfer;

const VARIANTS: &[Variant] = &[Variant {
    name: "download",
    about: "connect, send an 11 B request, read the answer",
}];

impl Case for Transfer {
    fn name(&self) -> &'static str {
        "transfer"
    }

    fn question(&self) -> &'static str {
        "How long does one answer of a given size take over a given path?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        VARIANTS.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        let mut knobs = path_knobs("80ms");
        knobs.extend([
            Knob::new("bytes", "100kB", Kind::Size, "size of the answer"),
            Knob::new(
                "timestamps",
                "off",
                Kind::Switch,
                "TCP timestamps (RFC 7323), 12 B a segment",
            ),
            Knob::new(
                "server_close",
                "off",
                Kind::Switch,
                "the server closes after the answer",
            ),
            Knob::new(
                "pause",
                "0",
                Kind::Time,
                "a second request follows this long after the first answer",
            ),
            Knob::new(
                "idle_restart",
                "on",
                Kind::Switch,
                "slow start after idle (RFC 5681 section 4.1)",
            ),
        ]);
        knobs
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        let Pair { client, server } = stage.pair(plan);
        let options = tcp_options(plan);
        let (bytes, pause) = (plan.bytes("bytes"), plan.span("pause"));
        let requests = if pause.is_zero() { 1 } else { 2 };
        let remote = server.endpoint(80);
        let listen = ListenOptions {
            tcp: options.clone(),
            ..ListenOptions::default()
        };
        let answers = Answers {
            bytes,
            requests,
            close: plan.is_on("server_close"),
        };
        stage
            .spawner()
            .spawn("server", serve(server, listen, answers));
        Box::pin(ask(client, remote, options, bytes, pause))
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        let client = HostView::named(recording, "client");
        let bytes = plan.bytes("bytes");
        let moments = Moments::of(recording, bytes);
        let total = moments.last_byte - moments.first_syn;
        let judgement = Judgement {
            total,
            rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
            cause: Some(cause(plan)),
            checks: vec![expect(
                "bytes read by the client",
                bytes * moments.answers,
                read(client),
            )],
            extra: figures(recording, &moments),
            ..Judgement::default()
        };
        if !plan.is_clean() || !plan.span("pause").is_zero() {
            return judgement;
        }
        let rounds = slow_start_rounds(bytes, INITIAL_WINDOW * MSS);
        judgement.formula(
            format!("1 RTT + {rounds} RTT: slow start from {INITIAL_WINDOW} segments, doubling"),
            plan.span("rtt") * (1 + rounds),
        )
    }
}

/// The socket options of both ends.
fn tcp_options(plan: &Plan) -> TcpOptions {
    TcpOptions {
        timestamps: Some(plan.is_on("timestamps")),
        idle_restart: Some(plan.is_on("idle_restart")),
        ..TcpOptions::default()
    }
}

/// What the server does with each connection.
#[derive(Clone, Copy, Debug)]
struct Answers {
    bytes: u64,
    requests: u32,
    close: bool,
}

async fn serve(net: Net, listen: ListenOptions, answers: Answers) -> std::io::Result<()> {
    let listener = net.listen(80, listen)?;
    let mut stream = listener.accept().await;
    for _ in 0..answers.requests {
        let mut request = [0; REQUEST.len()];
        stream.read_exact(&mut request).await?;
        write(&mut stream, answers.bytes).await?;
    }
    if answers.close {
        stream.close().await?;
    }
    let mut rest = [0; 1];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Writes `bytes` zeroes.
async fn write(stream: &mut TcpStream, mut bytes: u64) -> std::io::Result<()> {
    const CHUNK: [u8; 16_384] = [0; 16_384];
    while bytes > 0 {
        let count = bytes.min(CHUNK.len() as u64);
        let written = stream
            .write(&CHUNK[..usize::try_from(count).expect("at most a chunk")])
            .await?;
        bytes -= written as u64;
    }
    Ok(())
}

async fn ask(
    net: Net,
    remote: std::net::SocketAddrV4,
    options: TcpOptions,
    bytes: u64,
    pause: Span,
) {
    let Ok(mut stream) = net.connect(remote, &options).await else {
        return;
    };
    if exchange(&mut stream, bytes).await.is_err() {
        return; // the recording says how it ended
    }
    if !pause.is_zero() {
        net.clock().sleep(pause).await;
        if exchange(&mut stream, bytes).await.is_err() {
            return;
        }
    }
    net.clock().sleep(HOLD).await;
}

/// One request and its answer.
async fn exchange(stream: &mut TcpStream, bytes: u64) -> std::io::Result<()> {
    stream.write_all(REQUEST).await?;
    let mut buffer = vec![0; 65_536];
    let mut left = bytes;
    while left > 0 {
        let room = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        match stream.read(&mut buffer[..room]).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => left -= count as u64,
        }
    }
    Ok(())
}

/// Rounds of slow start that carry `bytes` when the window begins at `window` and doubles (RFC 5681).
pub(super) fn slow_start_rounds(bytes: u64, window: u64) -> u64 {
    let (mut rounds, mut carried) = (0, 0);
    while carried < bytes {
        carried += window << rounds;
        rounds += 1;
    }
    rounds
}

/// Why the measurement is not the closed form.
fn cause(plan: &Plan) -> String {
    if plan.server().stack == Stack::Smoltcp {
        return "smoltcp's congestion window starts at 2,048 B and grows by what each ACK covers, so more \
                rounds are needed than from ten segments"
            .to_owned();
    }
    "the last segments wait for an ACK (TSO deferral), and that of the odd last segment of a round is delayed"
        .to_owned()
}

/// Moments of the exchange, as the reference measurements define them.
#[derive(Clone, Copy, Debug)]
struct Moments {
    first_syn: SimTime,
    syn_ack: SimTime,
    request: SimTime,
    first_byte: SimTime,
    last_byte: SimTime,
    /// The second exchange, if there is one.
    second_request: Option<SimTime>,
    end: SimTime,
    answers: u64,
}

impl Moments {
    fn of(recording: &Recording, bytes: u64) -> Self {
        let client = HostView::named(recording, "client");
        let first_syn = client.first_sent();
        let syn_ack = client
            .received()
            .find(|seen| seen.tcp.header.syn())
            .map(|seen| seen.at);
        // In order or not: what a capture shows first.
        let first_byte = client
            .received()
            .find(|seen| !seen.tcp.payload.is_empty())
            .map(|seen| seen.at);
        let mut requests = Vec::new();
        let (mut last_byte, mut end) = (None, None);
        for (at, _, event) in client.sockets() {
            match event {
                SocketEvent::AppWrite { .. } => requests.push(at),
                SocketEvent::Readable { end: readable } => {
                    if *readable >= bytes {
                        last_byte.get_or_insert(at);
                    }
                    end = Some(at);
                }
                _ => {}
            }
        }
        let failed = client.first_error().map_or(recording.end(), |(at, _)| at);
        Self {
            first_syn,
            syn_ack: syn_ack.unwrap_or(failed),
            request: requests.first().copied().unwrap_or(failed),
            first_byte: first_byte.unwrap_or(failed),
            last_byte: last_byte.unwrap_or(failed),
            second_request: requests.get(1).copied(),
            end: end.unwrap_or(failed),
            answers: requests.len().max(1) as u64,
        }
    }
}

/// Bytes that a host's applications read.
fn read(host: HostView<'_>) -> u64 {
    host.sockets()
        .map(|(_, _, event)| {
            if let SocketEvent::AppRead { len, .. } = event {
                u64::from(*len)
            } else {
                0
            }
        })
        .sum()
}

/// The figures of the yardstick.
fn figures(recording: &Recording, moments: &Moments) -> BTreeMap<String, Value> {
    let (client, server) = (
        HostView::named(recording, "client"),
        HostView::named(recording, "server"),
    );
    let ms = |from: SimTime, to: SimTime| json!((to - from).as_millis_f64());
    // Retransmissions included, as a capture counts them.
    let data = server
        .sent()
        .filter(|seen| !seen.tcp.payload.is_empty())
        .count() as u64;
    let again = server
        .sockets()
        .filter(|(_, _, event)| {
            matches!(
                event,
                SocketEvent::Segment {
                    again: Some(_),
                    len: 1..,
                    ..
                }
            )
        })
        .count() as u64;
    let acks = client
        .sent()
        .filter(|seen| seen.tcp.payload.is_empty() && seen.tcp.flags() == "ACK")
        .count();
    let traffic = Traffic::of(recording);
    let second = moments.second_request;
    [
        ("fct_ms", ms(moments.first_syn, moments.last_byte)),
        ("syn_synack_ms", ms(moments.first_syn, moments.syn_ack)),
        ("req_first_byte_ms", ms(moments.request, moments.first_byte)),
        ("req_last_byte_ms", ms(moments.request, moments.last_byte)),
        ("data_segs", json!(data)),
        ("data_retx", json!(again)),
        ("client_acks", json!(acks)),
        (
            "rto_count",
            json!(server.sent_again(|mechanism| mechanism == Mechanism::Rto)),
        ),
        (
            "tlp_count",
            json!(server.sent_again(|mechanism| mechanism == Mechanism::Tlp)),
        ),
        ("frames_sent", json!(traffic.frames)),
        ("frames_dropped", json!(traffic.dropped)),
        (
            "req2_last_byte_ms",
            second.map_or(Value::Null, |at| ms(at, moments.end)),
        ),
        (
            "req2_first_window_segs",
            second.map_or(Value::Null, |at| json!(first_window(server, at))),
        ),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

/// Data segments that the server sent after `request` before the first ACK of them came.
fn first_window(server: HostView<'_>, request: SimTime) -> usize {
    let Some(first) = server
        .sent()
        .find(|seen| seen.at > request && !seen.tcp.payload.is_empty())
    else {
        return 0;
    };
    let next = first.tcp.sequence_end();
    let acked = server
        .received()
        .find(|seen| {
            seen.at > first.at
                && seen.tcp.header.acknowledgment_number().wrapping_sub(next) < 1 << 31
        })
        .map_or(SimTime::MAX, |seen| seen.at);
    server
        .sent()
        .filter(|seen| seen.at >= first.at && seen.at < acked && !seen.tcp.payload.is_empty())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_start_carries_what_rfc_6928_says() {
        let window = INITIAL_WINDOW * MSS;
        assert_eq!(
            [14_600, 14_601, 43_800, 100_000].map(|bytes| slow_start_rounds(bytes, window)),
            [1, 2, 2, 3]
        );
    }
}
