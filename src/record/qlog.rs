//! qlog files: what a QUIC endpoint did on one connection, as qvis and other tools read it.
//!
//! JSON text sequences (RFC 7464) in the format of qlog 0.3 (draft-ietf-quic-qlog-main-schema and -quic-events),
//! made of what the endpoint told.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::recording::Recording;
use crate::event::{AppEvent, Event, HostId, QuicFrame, QuicPacket, QuicPacketKind, SocketId};
use crate::units::{EPOCH, SimTime};

/// One side of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Qlog<'a> {
    recording: &'a Recording,
    socket: SocketId,
    connection: u64,
    /// Whether it is the side that sent the first packet.
    client: bool,
}

impl<'a> Qlog<'a> {
    /// All that `host` can tell, one for each of its connections, in the order in which they began.
    pub fn of(recording: &'a Recording, host: HostId) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for entry in &recording.entries {
            let Event::App(_, event) = &entry.event else {
                continue;
            };
            if let AppEvent::QuicPacket(packet) = &**event
                && packet.socket.host == host
                && !all
                    .iter()
                    .any(|known| known.is_of(packet.socket, packet.connection))
            {
                all.push(Self {
                    recording,
                    socket: packet.socket,
                    connection: packet.connection,
                    client: packet.sent,
                });
            }
        }
        all
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        record(out, &self.head())?;
        for entry in &self.recording.entries {
            if let Event::App(_, event) = &entry.event
                && let Some((name, data)) = self.told(event)
            {
                let time = entry.at.since(SimTime::ZERO).as_millis_f64();
                record(out, &json!({"time": time, "name": name, "data": data}))?;
            }
        }
        Ok(())
    }

    fn head(&self) -> Value {
        let run = &self.recording.run;
        let side = if self.client { "client" } else { "server" };
        json!({
            "qlog_version": "0.3",
            "qlog_format": "JSON-SEQ",
            "title": format!("{}/{}", run.case, run.variant),
            "trace": {
                "vantage_point": {"name": self.socket.to_string(), "type": side},
                "common_fields": {
                    "ODCID": format!("{:016x}", self.connection),
                    "time_format": "relative",
                    "reference_time": EPOCH.as_millis_f64(),
                },
            },
        })
    }

    /// Name and data of an event, if it is one of this connection's.
    fn told(&self, event: &AppEvent) -> Option<(String, Value)> {
        match event {
            AppEvent::QuicPacket(packet) if self.is_of(packet.socket, packet.connection) => {
                let name = if packet.sent {
                    "packet_sent"
                } else {
                    "packet_received"
                };
                Some((format!("transport:{name}"), data_of(packet)))
            }
            AppEvent::QuicRecovery {
                socket,
                connection,
                line,
            } if self.is_of(*socket, *connection) => {
                let mut event: Value = serde_json::from_str(line).ok()?;
                let name = event.get("name")?.as_str()?.to_owned();
                Some((name, event["data"].take()))
            }
            _ => None,
        }
    }

    fn is_of(&self, socket: SocketId, connection: u64) -> bool {
        (self.socket, self.connection) == (socket, connection)
    }
}

fn record(out: &mut (impl Write + ?Sized), value: &Value) -> io::Result<()> {
    out.write_all(b"\x1e")?;
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn data_of(packet: &QuicPacket) -> Value {
    let kind = match packet.kind {
        QuicPacketKind::Initial => "initial",
        QuicPacketKind::ZeroRtt => "0RTT",
        QuicPacketKind::Handshake => "handshake",
        QuicPacketKind::OneRtt => "1RTT",
    };
    json!({
        "header": {"packet_type": kind, "packet_number": packet.number},
        "raw": {"length": packet.length},
        "frames": packet.frames.iter().map(frame).collect::<Vec<_>>(),
    })
}

fn frame(frame: &QuicFrame) -> Value {
    let name = frame.name().to_lowercase();
    match frame {
        QuicFrame::Padding(bytes) => json!({"frame_type": name, "payload_length": bytes}),
        QuicFrame::Ack { ranges, delay } => json!({
            "frame_type": name,
            "ack_delay": delay.as_millis_f64(),
            "acked_ranges": ranges,
        }),
        QuicFrame::Crypto(range) => json!({
            "frame_type": name,
            "offset": range.start,
            "length": range.end - range.start,
        }),
        QuicFrame::Stream { stream, range, fin } => json!({
            "frame_type": name,
            "stream_id": stream,
            "offset": range.start,
            "length": range.end - range.start,
            "fin": fin,
        }),
        QuicFrame::Other(kind) if name == "unknown" => {
            json!({"frame_type": name, "raw_frame_type": kind})
        }
        QuicFrame::Other(_) => json!({"frame_type": name}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ByteRange;
    use crate::record::{Entry, RunInfo};
    use crate::units::Span;

    const SOCKET: SocketId = SocketId {
        host: HostId(0),
        index: 1,
    };

    fn entry(millis: u64, event: AppEvent) -> Entry {
        Entry {
            at: SimTime::ZERO + Span::from_millis(millis),
            event: Event::App(HostId(0), Box::new(event)),
        }
    }

    fn packet(connection: u64, sent: bool, frames: Vec<QuicFrame>) -> AppEvent {
        AppEvent::QuicPacket(QuicPacket {
            socket: SOCKET,
            connection,
            sent,
            kind: QuicPacketKind::OneRtt,
            number: 7,
            length: 1_200,
            seal: [0; 8],
            frames,
        })
    }

    fn recording() -> Recording {
        let range = ByteRange { start: 10, end: 30 };
        let stream = QuicFrame::Stream {
            stream: 4,
            range,
            fin: true,
        };
        let ack = QuicFrame::Ack {
            ranges: vec![(3, 7)],
            delay: Span::from_millis(25),
        };
        let line = r#"{"name":"recovery:packet_lost","data":{"x":1}}"#.to_owned();
        let lost = AppEvent::QuicRecovery {
            socket: SOCKET,
            connection: 9,
            line,
        };
        Recording {
            run: RunInfo::default(),
            entries: vec![
                entry(1, packet(9, true, vec![stream])),
                entry(2, packet(8, false, Vec::new())),
                entry(3, packet(9, false, vec![ack])),
                entry(4, lost),
            ],
        }
    }

    #[test]
    fn each_connection_has_a_file_of_its_own() {
        let recording = recording();
        let all = Qlog::of(&recording, HostId(0));
        let named: Vec<_> = all.iter().map(|log| (log.connection, log.client)).collect();
        assert_eq!(named, [(9, true), (8, false)]);
        assert!(Qlog::of(&recording, HostId(1)).is_empty());
    }

    #[test]
    fn packets_are_there_with_their_frames_and_what_recovery_said() {
        let recording = recording();
        let mut out = Vec::new();
        Qlog::of(&recording, HostId(0))[0]
            .write(&mut out)
            .expect("writing to memory succeeds");
        let text = String::from_utf8(out).expect("JSON is text");
        let records: Vec<_> = text.split('\x1e').skip(2).map(str::trim_end).collect();
        assert_eq!(
            records,
            [
                r#"{"time":1.0,"name":"transport:packet_sent","data":{"header":{"packet_type":"1RTT","packet_number":7},"raw":{"length":1200},"frames":[{"frame_type":"stream","stream_id":4,"offset":10,"length":20,"fin":true}]}}"#,
                r#"{"time":3.0,"name":"transport:packet_received","data":{"header":{"packet_type":"1RTT","packet_number":7},"raw":{"length":1200},"frames":[{"frame_type":"ack","ack_delay":25.0,"acked_ranges":[[3,7]]}]}}"#,
                r#"{"time":4.0,"name":"recovery:packet_lost","data":{"x":1}}"#,
            ]
        );
    }
}
