//! DNS messages over UDP in a few words, as Wireshark has them.

use std::fmt::Write;
use std::net::Ipv4Addr;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use hickory_proto::rr::{Name, RData};

use super::packet::{Ipv4View, UdpView};

/// Where servers listen.
const PORT: u16 = 53;

/// One line: `Standard query 0x1234 A www.example.test`, with the answers behind it; `None` for any frame that is not
/// a whole message of DNS.
pub(super) fn line(frame: &[u8]) -> Option<String> {
    let message = message(frame)?;
    let mut text = String::from("Standard query");
    if message.metadata.message_type == MessageType::Response {
        text.push_str(" response");
    }
    let mut push = |arguments: std::fmt::Arguments<'_>| {
        text.write_fmt(arguments)
            .expect("writing to a String does not fail");
    };
    push(format_args!(" 0x{:04x}", message.metadata.id));
    for query in &message.queries {
        push(format_args!(
            " {} {}",
            query.query_type(),
            shown(query.name())
        ));
    }
    if message.metadata.response_code != ResponseCode::NoError {
        push(format_args!(" {}", message.metadata.response_code));
    }
    for record in &message.answers {
        push(format_args!(" {} {}", record.record_type(), record.data));
    }
    if let Some(subnet) = subnet(&message) {
        push(format_args!(" {subnet}"));
    }
    Some(text)
}

/// A few words for an arrow: `DNS www.example.test?`, or the first address and how long it may be kept.
pub fn label(frame: &[u8]) -> Option<String> {
    let message = message(frame)?;
    let name = shown(message.queries.first()?.name());
    if message.metadata.message_type == MessageType::Query {
        let subnet = subnet(&message).map_or_else(String::new, |subnet| format!(" {subnet}"));
        return Some(format!("DNS {name}?{subnet}"));
    }
    let addresses = message
        .answers
        .iter()
        .filter_map(|record| match record.data {
            RData::A(A(address)) => Some(address),
            _ => None,
        });
    let addresses: Vec<Ipv4Addr> = addresses.collect();
    let ttl = message.answers.first().map(|record| record.ttl);
    Some(match (addresses.as_slice(), ttl) {
        ([only], Some(ttl)) => format!("DNS {only}, TTL {ttl} s"),
        ([first, rest @ ..], Some(ttl)) => {
            format!("DNS {first} and {} more, TTL {ttl} s", rest.len())
        }
        _ => format!("DNS {name}: {}", message.metadata.response_code),
    })
}

fn message(frame: &[u8]) -> Option<Message> {
    let udp = UdpView::in_packet(&Ipv4View::of(frame)?)?;
    let ends = [udp.source, udp.destination];
    if ends.iter().all(|end| end.port() != PORT) {
        return None;
    }
    Message::from_vec(udp.payload).ok()
}

/// A name without the last dot.
fn shown(name: &Name) -> String {
    let text = name.to_ascii();
    match text.strip_suffix('.') {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => text,
    }
}

/// The client's network, and in an answer to how many bits that is specific (RFC 7871 section 6).
fn subnet(message: &Message) -> Option<String> {
    let EdnsOption::Subnet(subnet) = message.edns.as_ref()?.option(EdnsCode::Subnet)? else {
        return None;
    };
    let network = format!("ECS {}/{}", subnet.addr(), subnet.source_prefix());
    Some(match message.metadata.message_type {
        MessageType::Query => network,
        MessageType::Response => format!("{network} scope {}", subnet.scope_prefix()),
    })
}

#[cfg(test)]
mod tests {
    use crate::wire::sample::udp;
    use crate::wire::summary::{self, Isns};
    use proptest::prelude::*;

    /// A question for `www.example.test`, and the same with an answer and the client's network.
    const QUESTION: &[u8] =
        b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x04test\0\0\x01\0\x01";
    const ANSWER: &[u8] =
        b"\x12\x34\x84\0\0\x01\0\x01\0\0\0\x01\x03www\x07example\x04test\0\0\x01\0\x01\
        \xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x12\x07\x02\
        \0\0\x29\x04\xd0\0\0\0\0\0\x0b\0\x08\0\x07\0\x01\x18\x10\xc6\x12\0";

    #[test]
    fn messages_read_like_wireshark() {
        let lines = [QUESTION, ANSWER].map(|message| summary::line(&udp(message), Isns::ABSOLUTE));
        insta::assert_snapshot!(lines.join("\n"), @r"
        Standard query 0x1234 A www.example.test
        Standard query response 0x1234 A www.example.test A 198.18.7.2 ECS 198.18.0.0/24 scope 16
        ");
        let labels =
            [QUESTION, ANSWER].map(|message| summary::label(&udp(message), Isns::ABSOLUTE));
        insta::assert_snapshot!(labels.join("\n"), @r"
        DNS www.example.test?
        DNS 198.18.7.2, TTL 60 s
        ");
    }

    #[test]
    fn what_is_cut_short_is_a_datagram() {
        let text = summary::line(&udp(&QUESTION[..20]), Isns::ABSOLUTE);
        assert_eq!(text, "50000 > 53 UDP len=20");
    }

    proptest! {
        #[test]
        fn any_bytes_on_the_port_are_summed_up(
            bytes in prop::collection::vec(any::<u8>(), 0..80),
            at in 0usize..90,
            byte in any::<u8>(),
        ) {
            let mut corrupted = ANSWER.to_vec();
            if let Some(place) = corrupted.get_mut(at) {
                *place = byte;
            }
            for message in [bytes, corrupted] {
                prop_assert!(!summary::line(&udp(&message), Isns::ABSOLUTE).is_empty());
                prop_assert!(!summary::label(&udp(&message), Isns::ABSOLUTE).is_empty());
            }
        }
    }
}
