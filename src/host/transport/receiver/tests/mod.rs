//! Claims about the receiver, most of them against packet lists of a Linux 6.18 client (`sequences/`).

mod acknowledging;
mod replay;
mod reporting;
mod windows;

use replay::{Ack, Client, Line, packets, play};

use super::{Acknowledge, Arrival, Receiver, Setup};
use crate::event::Timer;
use crate::units::{SimTime, Span};

/// 100 kB at 10 Mbit/s and a round trip of 150 ms, without loss.
const SLOW: &str = include_str!("sequences/rate10_100000_150ms_q100.txt");
/// 1 MB at 10 Mbit/s, 30 ms and a queue of 20 packets, which overflows.
const LOSSY: &str = include_str!("sequences/rate10_1000000_30ms_q20.txt");
/// 20 requests, each 10 ms after the last answer, at 5 ms.
const REQUESTS: &str = include_str!("sequences/delack_20req_gap10_5ms.txt");
/// 100 kB at 80 ms, the first segment lost.
const FIRST_LOST: &str = include_str!("sequences/drop_data1.txt");

/// Bytes of a full segment.
const MSS: u32 = 1460;

/// The pure ACKs of a list after the handshake.
fn pure_acks(list: &[Line]) -> Vec<Ack> {
    let lines = list[1..].iter().filter(|line| line.is_pure_ack());
    lines.map(|line| line.ack.clone()).collect()
}

/// What the client of a list sent as pure ACKs, and what ours sends.
fn both(list: &str) -> (Vec<Ack>, Vec<Ack>) {
    let lines = packets(list);
    let (client, _) = play(&lines);
    let ours = client.sent.into_iter().map(|(_, ack)| ack).collect();
    (pure_acks(&lines), ours)
}

/// The moment `ms` after the beginning.
fn at(ms: u64) -> SimTime {
    SimTime::ZERO + Span::from_millis(ms)
}

/// Start and end of the full segment `index`, which counts from zero.
fn segment(index: u32) -> (u32, u32) {
    (index * MSS, (index + 1) * MSS)
}

/// A client whose handshake with a round trip of 50 ms is over.
fn client() -> Client {
    let mut client = Client::new(at(50), Span::from_millis(50));
    client.send();
    client
}
