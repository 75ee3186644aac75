//! The values of the fields that are read out of a frame.

use std::net::Ipv4Addr;

use super::Value;
use super::eval::Moment;
use super::field::Field;
use crate::wire::summary::wire_len;
use crate::wire::{ETHERNET_HEADER, Frame, Glance, Mac};

/// What HTTP/1 messages begin with (RFC 9112 section 2).
const BEGINNINGS: [&[u8]; 9] = [
    b"HTTP/1.",
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"CONNECT ",
    b"OPTIONS ",
    b"PATCH ",
];
/// Port of DNS.
const DNS: u16 = 53;

/// The values of a field in a frame; `None` if frames do not have such a field.
pub(super) fn values(moment: &Moment<'_>, frame: &Frame, field: Field) -> Option<Vec<Value>> {
    let glance = Glance::of(&frame.bytes);
    let bytes = &frame.bytes[..];
    let found = match field {
        Field::Frame | Field::Eth => vec![Value::Bytes(frame.bytes.clone())],
        Field::FrameNumber => numbers(moment.contents.number(frame.id)),
        Field::FrameLen => numbers(Some(wire_len(bytes))),
        Field::EthDst => texts(mac(bytes, 0)),
        Field::EthSrc => texts(mac(bytes, 6)),
        Field::Arp => protocol(matches!(glance, Glance::Arp(_)), frame, ETHERNET_HEADER),
        Field::Icmp => protocol(matches!(glance, Glance::Icmp(_)), frame, ETHERNET_HEADER),
        Field::TcpRetransmission => match glance {
            Glance::Tcp(_) => vec![Value::Flag(moment.contents.again(frame.id).is_some())],
            _ => Vec::new(),
        },
        Field::Mechanism => texts(
            moment
                .contents
                .again(frame.id)
                .map(|again| again.to_string()),
        ),
        _ => return ip(frame, field).or_else(|| transport(moment, frame, &glance, field)),
    };
    Some(found)
}

fn ip(frame: &Frame, field: Field) -> Option<Vec<Value>> {
    let is_ip = frame.bytes.get(12..14) == Some(&[0x08, 0x00]) && frame.bytes.len() >= 34;
    let address = |at: usize| {
        let octets: [u8; 4] = frame.bytes.get(at..at + 4)?.try_into().ok()?;
        Some(Value::Address(Ipv4Addr::from(octets), 32))
    };
    let found = match field {
        Field::Ip => return Some(protocol(is_ip, frame, ETHERNET_HEADER)),
        Field::IpSrc => vec![address(26)],
        Field::IpDst => vec![address(30)],
        Field::IpAddr => vec![address(26), address(30)],
        Field::IpTtl => vec![
            frame
                .bytes
                .get(22)
                .map(|ttl| Value::Number(f64::from(*ttl))),
        ],
        Field::IpLen => {
            let length = frame.bytes.get(16..18).and_then(|two| two.try_into().ok());
            vec![length.map(|two| Value::Number(f64::from(u16::from_be_bytes(two))))]
        }
        _ => return None,
    };
    let found = found.into_iter().flatten();
    Some(found.filter(|_| is_ip).collect())
}

fn transport(
    moment: &Moment<'_>,
    frame: &Frame,
    glance: &Glance<'_>,
    field: Field,
) -> Option<Vec<Value>> {
    match glance {
        Glance::Udp(udp) => {
            let ports = |ports: &[u16]| {
                ports
                    .iter()
                    .map(|port| Value::Number(f64::from(*port)))
                    .collect()
            };
            match field {
                Field::Udp => Some(protocol(true, frame, ETHERNET_HEADER + 20)),
                Field::Dns => Some(protocol(
                    udp.source == DNS || udp.destination == DNS,
                    frame,
                    ETHERNET_HEADER + 28,
                )),
                Field::Quic => Some(protocol(udp.quic.is_some(), frame, ETHERNET_HEADER + 28)),
                Field::UdpSrcPort => Some(ports(&[udp.source])),
                Field::UdpDstPort => Some(ports(&[udp.destination])),
                Field::UdpPort => Some(ports(&[udp.source, udp.destination])),
                _ => None,
            }
        }
        Glance::Tcp(_) => tcp(moment, frame, glance, field),
        _ => None,
    }
}

fn tcp(
    moment: &Moment<'_>,
    frame: &Frame,
    glance: &Glance<'_>,
    field: Field,
) -> Option<Vec<Value>> {
    let Glance::Tcp(tcp) = glance else {
        return None;
    };
    let header = &tcp.header;
    let isns = || moment.contents.isns(&frame.bytes, moment.position);
    let start = ETHERNET_HEADER + 20 + header.slice().len();
    let data = frame.bytes.get(start..).unwrap_or_default();
    let number = |value: u32| Some(vec![Value::Number(f64::from(value))]);
    let flag = |value| Some(vec![Value::Flag(value)]);
    match field {
        Field::Tcp => Some(protocol(true, frame, ETHERNET_HEADER + 20)),
        Field::Tls => {
            let record = matches!(data, [20..=23, 3, 0..=4, ..]) && tcp.data > 0;
            Some(protocol(record, frame, start))
        }
        Field::Http => {
            let begins = BEGINNINGS
                .iter()
                .any(|beginning| data.starts_with(beginning));
            Some(protocol(begins, frame, start))
        }
        Field::TcpSrcPort => number(tcp.source.port().into()),
        Field::TcpDstPort => number(tcp.destination.port().into()),
        Field::TcpPort => {
            let ports = [tcp.source.port(), tcp.destination.port()];
            Some(ports.map(|port| Value::Number(f64::from(port))).to_vec())
        }
        Field::TcpSyn => flag(header.syn()),
        Field::TcpAckFlag => flag(header.ack()),
        Field::TcpFin => flag(header.fin()),
        Field::TcpReset => flag(header.rst()),
        Field::TcpPush => flag(header.psh()),
        Field::TcpSeq => number(isns().sequence(header.sequence_number())),
        Field::TcpSeqRaw => number(header.sequence_number()),
        Field::TcpAck if header.ack() => {
            number(isns().acknowledgment(header.acknowledgment_number()))
        }
        Field::TcpAckRaw if header.ack() => number(header.acknowledgment_number()),
        Field::TcpLen => Some(numbers(Some(tcp.data))),
        Field::TcpWindowValue => number(header.window_size().into()),
        Field::TcpWindow => {
            let scale = moment.contents.window_scale(&frame.bytes, moment.position);
            number(u32::from(header.window_size()) << scale)
        }
        _ => None,
    }
}

/// A protocol's bytes, from its header on, if it is there.
fn protocol(is: bool, frame: &Frame, start: usize) -> Vec<Value> {
    let start = start.min(frame.bytes.len());
    if is {
        vec![Value::Bytes(frame.bytes.slice(start..))]
    } else {
        Vec::new()
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lengths and numbers of frames are smaller than 2^53"
)]
fn numbers(value: Option<usize>) -> Vec<Value> {
    value
        .map(|value| Value::Number(value as f64))
        .into_iter()
        .collect()
}

fn texts(value: Option<String>) -> Vec<Value> {
    value.map(Value::Text).into_iter().collect()
}

fn mac(bytes: &[u8], at: usize) -> Option<String> {
    let octets: [u8; 6] = bytes.get(at..at + 6)?.try_into().ok()?;
    Some(Mac(octets).to_string())
}
