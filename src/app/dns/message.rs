//! Queries and answers of type A, as the roles of this module make and read them.

use std::net::Ipv4Addr;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::rdata::opt::{ClientSubnet, EdnsCode, EdnsOption};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::subnet::Subnet;

/// How long a UDP message may be: what fits any path without fragments (DNS flag day 2020).
const PAYLOAD: u16 = 1_232;

/// A name as messages have it: absolute, whether or not it ends with a dot.
///
/// # Errors
/// If a label is empty or longer than 63 bytes, or all together are longer than 255.
pub(super) fn name_of(text: &str) -> Option<Name> {
    let mut name = Name::from_ascii(text).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// A name as people write it.
pub(super) fn text_of(name: &Name) -> String {
    let text = name.to_ascii();
    text.strip_suffix('.').unwrap_or(&text).to_owned()
}

/// Asks for the addresses of `name`. `recursive` is what a stub wants of its resolver (RFC 1035 section 4.1.1).
pub(super) fn query(name: Name, recursive: bool) -> Message {
    // `Message::query` would draw an id from the system; whoever sends it sets one from the seed.
    let mut message = Message::new(0, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = recursive;
    message.add_query(Query::query(name, RecordType::A));
    message
}

/// The same on behalf of a client in `subnet`.
pub(super) fn query_for(name: Name, subnet: Subnet) -> Message {
    let mut message = query(name, false);
    set_subnet(&mut message, subnet.option(0));
    message
}

/// An answer to `question`, still without records.
pub(super) fn response(question: &Message, code: ResponseCode) -> Message {
    let mut message = Message::response(question.metadata.id, question.metadata.op_code);
    message.metadata.recursion_desired = question.metadata.recursion_desired;
    message.metadata.response_code = code;
    message.add_queries(question.queries.iter().cloned());
    if question.edns.is_some() {
        message.set_edns(extended()); // RFC 6891 section 6.1.1: an OPT is answered by an OPT, and only then
    }
    message
}

/// Adds the addresses of `name`.
pub(super) fn add_addresses(message: &mut Message, name: &Name, addresses: &[Ipv4Addr], ttl: u32) {
    let record = |address: &Ipv4Addr| {
        let data = RData::A(A::from(*address));
        Record::from_rdata(name.clone(), ttl, data)
    };
    message.add_answers(addresses.iter().map(record));
}

/// Says to how many bits of `subnet` the answer is specific.
pub(super) fn set_scope(message: &mut Message, subnet: Subnet, scope: u8) {
    set_subnet(message, subnet.option(scope));
}

fn set_subnet(message: &mut Message, option: ClientSubnet) {
    let edns = message.edns.get_or_insert_with(extended);
    edns.options_mut().insert(EdnsOption::Subnet(option));
}

fn extended() -> Edns {
    let mut edns = Edns::new();
    edns.set_max_payload(PAYLOAD);
    edns
}

/// The client subnet option, if there is one.
pub(super) fn subnet_option(message: &Message) -> Option<&ClientSubnet> {
    match message.edns.as_ref()?.option(EdnsCode::Subnet)? {
        EdnsOption::Subnet(subnet) => Some(subnet),
        _ => None,
    }
}

/// The addresses in an answer, in their order, and the shortest of their TTLs in seconds.
pub(super) fn addresses(message: &Message) -> (Vec<Ipv4Addr>, u32) {
    let addresses = message
        .answers
        .iter()
        .filter_map(|record| match record.data {
            RData::A(A(address)) => Some(address),
            _ => None,
        });
    let ttl = message.answers.iter().map(|record| record.ttl).min();
    (addresses.collect(), ttl.unwrap_or_default())
}

/// The message in bytes.
///
/// # Panics
/// Never: names were checked when they were made, and everything else has a place in the format.
pub(super) fn encoded(message: &Message) -> Vec<u8> {
    message.to_vec().expect("the parts are well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Name {
        name_of("www.example.test").unwrap()
    }

    fn there_and_back(message: &Message) -> Message {
        Message::from_vec(&encoded(message)).unwrap()
    }

    #[test]
    fn a_query_tells_the_subnet_and_nothing_more_of_the_address() {
        let subnet = Subnet::of(Ipv4Addr::new(198, 18, 3, 77), 24);
        let query = there_and_back(&query_for(example(), subnet));
        let option = subnet_option(&query).unwrap();
        assert_eq!(option.addr(), Ipv4Addr::new(198, 18, 3, 0));
        assert_eq!((option.source_prefix(), option.scope_prefix()), (24, 0));
        assert_eq!(Subnet::told(option), Some(subnet));
        assert!(!query.metadata.recursion_desired);
    }

    #[test]
    fn a_question_has_the_bytes_of_rfc_1035() {
        let mut query = query(example(), true);
        query.metadata.id = 0x1234;
        let header = [0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let question = b"\x03www\x07example\x04test\0\0\x01\0\x01";
        assert_eq!(encoded(&query), [&header[..], question].concat());
    }

    #[test]
    fn an_answer_repeats_the_question_and_keeps_the_order_of_addresses() {
        let question = query(example(), true);
        let mut answer = response(&question, ResponseCode::NoError);
        let places = [Ipv4Addr::new(198, 18, 9, 2), Ipv4Addr::new(198, 18, 4, 2)];
        add_addresses(&mut answer, &example(), &places, 60);
        let answer = there_and_back(&answer);
        assert_eq!(addresses(&answer), (places.to_vec(), 60));
        assert_eq!(answer.queries, question.queries);
        assert_eq!(answer.edns, None, "nobody asked for EDNS");
    }

    #[test]
    fn an_answer_says_to_how_many_bits_it_is_specific() {
        let subnet = Subnet::of(Ipv4Addr::new(198, 18, 3, 0), 24);
        let mut answer = response(&query_for(example(), subnet), ResponseCode::NoError);
        set_scope(&mut answer, subnet, 16);
        let option = *subnet_option(&answer).unwrap();
        assert_eq!((option.source_prefix(), option.scope_prefix()), (24, 16));
        assert_eq!(there_and_back(&answer).edns, answer.edns);
    }

    #[test]
    fn names_are_written_without_the_last_dot_and_compared_without_case() {
        assert_eq!(text_of(&example()), "www.example.test");
        assert_eq!(name_of("WWW.Example.test."), Some(example()));
        assert_eq!(name_of("www..test"), None);
    }
}
