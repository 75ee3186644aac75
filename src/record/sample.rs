//! A hand-made recording for tests: a request of 11 bytes, an answer of two segments of which the first is
//! dropped, corrupted and delivered at last, and a close with a duplicated FIN.

use std::net::SocketAddrV4;

use bytes::Bytes;
use etherparse::TcpOptionElement;

use super::{Entry, Recorder, Recording, RunInfo};
use crate::event::{
    AppEvent, Connection, DiscardCause, DropCause, Event, HostId, HostInfo, LinkId, LinkInfo,
    LinkRole, Mechanism, Observer, SocketEvent, SocketId, TcpState, Timer,
};
use crate::units::{SimTime, Span};
use crate::wire::sample::{
    CLIENT, CLIENT_ISN, CLIENT_PORT, SERVER, SERVER_ISN, SERVER_PORT, tcp, tcp_with,
};
use crate::wire::{Frame, FrameId, Mac, patch};

/// The client and its socket.
pub(crate) const CLIENT_SOCKET: SocketId = SocketId {
    host: HostId(0),
    index: 0,
};
/// The server and its socket.
pub(crate) const SERVER_SOCKET: SocketId = SocketId {
    host: HostId(1),
    index: 0,
};

/// One-way delay.
const DELAY: Span = Span::from_millis(75);

/// The world as it goes on.
struct Script {
    recorder: Recorder,
    now: SimTime,
    frames: Vec<Bytes>,
}

/// The recording.
pub(crate) fn transfer() -> Recording {
    let mut script = Script {
        recorder: Recorder::new(),
        now: SimTime::ZERO,
        frames: Vec::new(),
    };
    script.scenery();
    script.handshake();
    script.answer();
    script.close();
    script.recorder.take(RunInfo {
        case: "transfer".to_owned(),
        variant: "two-segments".to_owned(),
        seed: 1,
        params: [("rtt".to_owned(), "150ms".to_owned())].into(),
        ..RunInfo::default()
    })
}

impl Script {
    fn scenery(&mut self) {
        for (id, name, address) in [(0, "client", CLIENT), (1, "server", SERVER)] {
            let [a, b, c, _] = address.octets();
            let info = HostInfo {
                name: name.to_owned(),
                domain: format!("{name}.test"),
                mac: Mac::host(id),
                addresses: vec![address],
                gateway: [a, b, c, 1].into(),
                stack: "linux".to_owned(),
            };
            self.emit(Event::Host(HostId(id), Box::new(info)));
        }
        for (id, name, from, to) in [(0, "client->server", 0, 1), (1, "server->client", 1, 0)] {
            let info = LinkInfo {
                name: name.to_owned(),
                role: LinkRole::Core,
                from: HostId(from),
                to: HostId(to),
                config: "delay 75ms".to_owned(),
            };
            self.emit(Event::Link(LinkId(id), Box::new(info)));
        }
    }

    fn handshake(&mut self) {
        self.open(CLIENT_SOCKET);
        self.state(CLIENT_SOCKET, TcpState::Closed, TcpState::SynSent);
        let secret = AppEvent::TlsSecret {
            socket: CLIENT_SOCKET,
            line: "CLIENT_RANDOM 00 11".to_owned(),
        };
        self.emit(Event::App(HostId(0), Box::new(secret)));
        let arp = self.send(CLIENT_SOCKET.host, crate::wire::sample::arp());
        assert_eq!(arp, FrameId(0));
        let syn = self.segment(CLIENT_SOCKET, tcp(true, "S", 0, 0, b""), (0, 0), None);
        self.carry(syn);
        self.receive(syn, SERVER_SOCKET.host);
        self.open(SERVER_SOCKET);
        self.state(SERVER_SOCKET, TcpState::Listen, TcpState::SynReceived);
        let syn_ack = self.segment(SERVER_SOCKET, tcp(false, "SA", 0, 1, b""), (0, 0), None);
        self.carry(syn_ack);
        self.receive(syn_ack, CLIENT_SOCKET.host);
        self.state(CLIENT_SOCKET, TcpState::SynSent, TcpState::Established);
        let ack = self.segment(CLIENT_SOCKET, tcp(true, "A", 1, 1, b""), (0, 0), None);
        self.note(CLIENT_SOCKET.host, "the request leaves");
        self.write(CLIENT_SOCKET, 0, 11);
        let request = self.segment(
            CLIENT_SOCKET,
            tcp(true, "PA", 1, 1, b"GET / HTTP/"),
            (0, 11),
            None,
        );
        self.queue(ack);
        self.carry(request);
        self.receive(ack, SERVER_SOCKET.host);
        self.state(SERVER_SOCKET, TcpState::SynReceived, TcpState::Established);
        self.receive(request, SERVER_SOCKET.host);
        self.read(SERVER_SOCKET, 0, 11);
    }

    fn answer(&mut self) {
        self.write(SERVER_SOCKET, 0, 2_920);
        let first = tcp(false, "A", 1, 12, &[b'a'; 1_460]);
        let lost = self.segment(SERVER_SOCKET, first.clone(), (0, 1_460), None);
        self.emit(Event::FrameDropped {
            link: LinkId(1),
            frame: lost,
            cause: DropCause::Script,
        });
        let second = tcp(false, "PA", 1_461, 12, &[b'b'; 1_460]);
        let second = self.segment(SERVER_SOCKET, second, (1_460, 1_460), None);
        self.timer(SERVER_SOCKET, Timer::Rto, Span::from_millis(300));
        self.carry(second);
        self.receive(second, CLIENT_SOCKET.host);
        let (left, right) = (
            SERVER_ISN.wrapping_add(1_461),
            SERVER_ISN.wrapping_add(2_921),
        );
        let sack = [TcpOptionElement::SelectiveAcknowledgement(
            (left, right),
            [None; 3],
        )];
        let ack = self.segment(
            CLIENT_SOCKET,
            tcp_with(true, "A", 12, 1, &sack, b""),
            (11, 0),
            None,
        );
        self.carry(ack);
        self.receive(ack, SERVER_SOCKET.host);
        self.repair(&first);
    }

    /// The first segment again: corrupted, then whole.
    fn repair(&mut self, first: &[u8]) {
        for corrupted in [true, false] {
            self.now += Span::from_millis(150);
            self.socket(SERVER_SOCKET, SocketEvent::TimerFired { timer: Timer::Rto });
            let again = self.segment(
                SERVER_SOCKET,
                first.to_vec(),
                (0, 1_460),
                Some(Mechanism::Rto),
            );
            if corrupted {
                self.emit(Event::FrameCorrupted {
                    link: LinkId(1),
                    frame: again,
                    bit: 800,
                });
                self.carry(again);
                self.receive_corrupted(again);
            } else {
                self.carry(again);
                self.receive(again, CLIENT_SOCKET.host);
                self.socket(CLIENT_SOCKET, SocketEvent::Readable { end: 2_920 });
            }
        }
        let ack = self.segment(CLIENT_SOCKET, tcp(true, "A", 12, 2_921, b""), (11, 0), None);
        self.carry(ack);
        self.receive(ack, SERVER_SOCKET.host);
        self.socket(
            CLIENT_SOCKET,
            SocketEvent::AppRead {
                offset: 0,
                len: 2_920,
            },
        );
    }

    fn close(&mut self) {
        self.socket(SERVER_SOCKET, SocketEvent::AppClose { reset: false });
        self.state(SERVER_SOCKET, TcpState::Established, TcpState::FinWait1);
        let fin = self.segment(
            SERVER_SOCKET,
            tcp(false, "FA", 2_921, 12, b""),
            (2_920, 0),
            None,
        );
        let copy = FrameId(self.frames.len() as u64);
        self.frames
            .push(self.frames[usize::try_from(fin.0).unwrap()].clone());
        self.emit(Event::FrameDuplicated {
            link: LinkId(1),
            frame: fin,
            copy,
        });
        self.carry(fin);
        self.receive(fin, CLIENT_SOCKET.host);
        self.receive(copy, CLIENT_SOCKET.host);
        self.state(CLIENT_SOCKET, TcpState::Established, TcpState::CloseWait);
        self.state(CLIENT_SOCKET, TcpState::CloseWait, TcpState::LastAck);
        let fin = self.segment(
            CLIENT_SOCKET,
            tcp(true, "FA", 12, 2_922, b""),
            (11, 0),
            None,
        );
        self.carry(fin);
        self.receive(fin, SERVER_SOCKET.host);
        self.state(SERVER_SOCKET, TcpState::FinWait1, TcpState::TimeWait);
        self.timer(SERVER_SOCKET, Timer::TimeWait, Span::from_secs(60));
        let ack = self.segment(
            SERVER_SOCKET,
            tcp(false, "A", 2_922, 13, b""),
            (2_920, 0),
            None,
        );
        self.carry(ack);
        self.receive(ack, CLIENT_SOCKET.host);
        self.socket(CLIENT_SOCKET, SocketEvent::Closed { error: None });
    }

    fn emit(&mut self, event: Event) {
        self.recorder.observe(self.now, event);
    }

    fn socket(&mut self, socket: SocketId, event: SocketEvent) {
        self.emit(Event::Socket(socket, event));
    }

    fn open(&mut self, socket: SocketId) {
        let client = SocketAddrV4::new(CLIENT, CLIENT_PORT);
        let server = SocketAddrV4::new(SERVER, SERVER_PORT);
        let active = socket == CLIENT_SOCKET;
        let (local, remote) = if active {
            (client, server)
        } else {
            (server, client)
        };
        let isn = if active { CLIENT_ISN } else { SERVER_ISN };
        let connection = Connection {
            local,
            remote,
            active,
            isn,
            tcp: true,
        };
        self.socket(socket, SocketEvent::Opened(Box::new(connection)));
    }

    fn state(&mut self, socket: SocketId, from: TcpState, to: TcpState) {
        self.socket(socket, SocketEvent::State { from, to });
    }

    fn timer(&mut self, socket: SocketId, timer: Timer, span: Span) {
        let at = self.now + span;
        self.socket(socket, SocketEvent::TimerSet { timer, at });
    }

    fn note(&mut self, host: HostId, text: &str) {
        self.emit(Event::App(
            host,
            Box::new(AppEvent::Note {
                text: text.to_owned(),
            }),
        ));
    }

    fn write(&mut self, socket: SocketId, offset: u64, len: u32) {
        self.socket(socket, SocketEvent::AppWrite { offset, len });
    }

    fn read(&mut self, socket: SocketId, offset: u64, len: u32) {
        self.socket(
            socket,
            SocketEvent::Readable {
                end: offset + u64::from(len),
            },
        );
        self.socket(socket, SocketEvent::AppRead { offset, len });
    }

    fn send(&mut self, host: HostId, bytes: Vec<u8>) -> FrameId {
        let id = FrameId(self.frames.len() as u64);
        let bytes = Bytes::from(bytes);
        self.frames.push(bytes.clone());
        self.emit(Event::FrameSent {
            host,
            frame: Frame::new(id, bytes),
        });
        id
    }

    fn segment(
        &mut self,
        socket: SocketId,
        bytes: Vec<u8>,
        (offset, len): (u64, u32),
        again: Option<Mechanism>,
    ) -> FrameId {
        let frame = self.send(socket.host, bytes);
        self.socket(
            socket,
            SocketEvent::Segment {
                frame,
                offset,
                len,
                again,
            },
        );
        frame
    }

    /// A link takes the frame.
    fn queue(&mut self, frame: FrameId) {
        let up = self.frames[usize::try_from(frame.0).unwrap()][26..30] == CLIENT.octets();
        let (link, arrives) = (LinkId(u16::from(!up)), self.now + DELAY);
        let (starts, departs) = (self.now, self.now);
        self.emit(Event::FrameQueued {
            link,
            frame,
            packets: 1,
            starts,
            departs,
            arrives,
        });
    }

    /// A link takes the frame and time goes on until it has arrived.
    fn carry(&mut self, frame: FrameId) {
        self.queue(frame);
        self.now += DELAY;
    }

    fn receive(&mut self, id: FrameId, host: HostId) {
        let mut bytes = self.frames[usize::try_from(id.0).unwrap()].to_vec();
        patch::route(&mut bytes, Mac::gateway(host.0), Mac::host(host.0), 2);
        let frame = Frame::new(id, bytes.into());
        self.emit(Event::FrameReceived { host, frame });
    }

    fn receive_corrupted(&mut self, id: FrameId) {
        let host = CLIENT_SOCKET.host;
        let mut bytes = self.frames[usize::try_from(id.0).unwrap()].to_vec();
        patch::route(&mut bytes, Mac::gateway(host.0), Mac::host(host.0), 2);
        bytes[100] ^= 0x80;
        let frame = Frame {
            id,
            bytes: bytes.into(),
            corrupted: true,
        };
        self.emit(Event::FrameReceived { host, frame });
        self.emit(Event::FrameDiscarded {
            host,
            frame: id,
            cause: DiscardCause::BadChecksum,
        });
    }
}

/// An entry at `ms` milliseconds.
pub(crate) fn entry(ms: u64, event: Event) -> Entry {
    Entry {
        at: SimTime::ZERO + Span::from_millis(ms),
        event,
    }
}
