//! Recordings as the simulator would make them: a handshake, a blackhole, a lossy transfer, three hosts.

use crate::event::{DropCause, Event, HostId, Mechanism, SocketError, SocketEvent, TcpState};
use crate::plot::fixture::{Script, Segment, ms, segment, us};
use crate::record::Recording;
use crate::units::Span;

fn state(from: TcpState, to: TcpState) -> SocketEvent {
    SocketEvent::State { from, to }
}

/// Connect, one request, one response, orderly close, and the end of TIME-WAIT a minute later.
pub(super) fn handshake() -> Recording {
    let mut s = Script::new("open", &["client", "server"], Span::from_millis(75));
    s.arp(ms(0), 0);
    s.send(ms(0), 0, 1, segment("SYN", 0, 0, 0));
    s.arp(ms(75), 1);
    s.send(ms(75), 1, 0, segment("SYN,ACK", 0, 1, 0));
    s.socket(ms(150), 0, state(TcpState::SynSent, TcpState::Established));
    s.send(ms(150), 0, 1, segment("ACK", 1, 1, 0));
    s.send(ms(150), 0, 1, segment("PSH,ACK", 1, 1, 87));
    s.socket(
        ms(225),
        1,
        state(TcpState::SynReceived, TcpState::Established),
    );
    s.note(ms(225), 1, "reads the request");
    s.send(us(225_040), 1, 0, segment("PSH,ACK", 1, 88, 140));
    s.send(us(300_040), 0, 1, segment("FIN,ACK", 88, 141, 0));
    s.send(us(375_040), 1, 0, segment("FIN,ACK", 141, 89, 0));
    s.socket(
        us(450_040),
        0,
        state(TcpState::FinWait2, TcpState::TimeWait),
    );
    s.send(us(450_040), 0, 1, segment("ACK", 89, 142, 0));
    s.socket(us(525_040), 1, state(TcpState::LastAck, TcpState::Closed));
    s.socket(
        us(60_450_040),
        0,
        state(TcpState::TimeWait, TcpState::Closed),
    );
    s.finish()
}

/// Every SYN dropped, and the error after 131 s.
pub(super) fn blackhole() -> Recording {
    let mut s = Script::new("blackhole", &["client", "server"], Span::from_millis(75));
    for (index, second) in [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]
        .into_iter()
        .enumerate()
    {
        s.lose(
            ms(second * 1_000),
            0,
            1,
            segment("SYN", 0, 0, 0),
            DropCause::Script,
        );
        if index > 0 {
            s.again(ms(second * 1_000), 0, Mechanism::SynTimer);
        }
    }
    s.socket(ms(131_000), 0, state(TcpState::SynSent, TcpState::Closed));
    s.socket(
        ms(131_000),
        0,
        SocketEvent::Closed {
            error: Some(SocketError::TimedOut),
        },
    );
    s.finish()
}

/// A window-clocked transfer of `count` segments in which the queue drops every 37th, repaired by fast
/// retransmit.
pub(super) fn transfer(count: u32) -> Recording {
    let mut s = Script::new("lossy", &["client", "server"], Span::from_millis(20));
    s.send(ms(0), 0, 1, segment("SYN", 0, 0, 0));
    s.send(ms(20), 1, 0, segment("SYN,ACK", 0, 1, 0));
    s.send(ms(40), 0, 1, segment("PSH,ACK", 1, 1, 11));
    for index in 0..count {
        let (flight, place) = (u64::from(index / 10), u64::from(index % 10));
        let at = us(60_000 + flight * 42_000 + place * 1_200);
        let data = segment("ACK", 1 + index * 1460, 12, 1460);
        if index % 37 == 12 {
            s.lose(at, 1, 0, data, DropCause::QueueFull);
            let repair = us(60_000 + flight * 42_000 + 41_000);
            s.send(repair, 1, 0, data);
            s.again(repair, 1, Mechanism::FastRetransmit);
        } else {
            let arrives = s.send(at, 1, 0, data);
            if index % 2 == 1 {
                s.send(arrives, 0, 1, segment("ACK", 12, 1 + (index + 1) * 1460, 0));
            }
        }
    }
    s.finish()
}

/// A client, an edge that forwards, and an origin.
pub(super) fn three_hosts() -> Recording {
    three_called(&["client", "edge.tokyo", "origin"])
}

/// The same under other names.
pub(super) fn three_called(names: &[&str; 3]) -> Recording {
    let mut s = Script::new("edge", names, Span::from_millis(15));
    let inner = |flags, seq, ack, len| Segment {
        port: 50_001,
        ..segment(flags, seq, ack, len)
    };
    s.send(ms(0), 0, 1, segment("SYN", 0, 0, 0));
    s.send(ms(15), 1, 0, segment("SYN,ACK", 0, 1, 0));
    s.send(ms(30), 0, 1, segment("ACK", 1, 1, 0));
    s.send(ms(30), 0, 1, segment("PSH,ACK", 1, 1, 80));
    s.send(ms(45), 1, 2, inner("PSH,ACK", 1, 1, 95));
    s.send(ms(45), 1, 0, segment("ACK", 1, 81, 0));
    s.note(ms(60), 2, "renders the page");
    s.send(ms(60), 2, 1, inner("PSH,ACK", 1, 96, 1460));
    s.lose(
        ms(60),
        2,
        1,
        inner("PSH,ACK", 1461, 96, 900),
        DropCause::Loss,
    );
    s.send(ms(75), 1, 0, segment("PSH,ACK", 1, 81, 1460));
    s.send(ms(75), 1, 2, inner("ACK", 96, 1461, 0));
    s.send(ms(275), 2, 1, inner("PSH,ACK", 1461, 96, 900));
    s.again(ms(275), 2, Mechanism::Tlp);
    s.send(ms(290), 1, 0, segment("PSH,ACK", 1461, 81, 900));
    s.finish()
}

/// Bursts in both directions at one instant, a burst of drops before a long pause, and a frame that overtakes.
pub(super) fn crowd() -> Recording {
    let mut s = Script::new("crowd", &["client", "server"], Span::from_millis(75));
    for index in 0..12 {
        s.send(ms(0), 0, 1, segment("PSH,ACK", 1 + 100 * index, 1, 100));
        s.send(ms(0), 1, 0, segment("PSH,ACK", 1 + 100 * index, 1, 100));
    }
    let slow = s.sent(ms(100), 0, 1, segment("PSH,ACK", 1201, 1, 100));
    s.send(ms(101), 0, 1, segment("PSH,ACK", 1301, 1, 100));
    s.push(
        ms(400),
        Event::FrameReceived {
            host: HostId(1),
            frame: slow,
        },
    );
    s.note(ms(400), 1, &"a remark that goes on and on ".repeat(9));
    for index in 0..6 {
        s.lose(
            ms(500),
            0,
            1,
            segment("ACK", 1401, index, 0),
            DropCause::FlowForgotten,
        );
        s.lose(
            ms(500),
            1,
            0,
            segment("ACK", 1401, index, 0),
            DropCause::TooBig,
        );
    }
    s.send(ms(90_000), 0, 1, segment("FIN,ACK", 1401, 1, 0));
    s.finish()
}
