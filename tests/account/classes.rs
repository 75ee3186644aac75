//! Each class in a case of which it is known how much there is.

use wirelab::measure::CaseResult;
use wirelab::measure::account::Class;
use wirelab::units::Span;

use super::{accounted, assert_spent, ms, page};

/// Whoever sends a request over an open path spends this much, and nothing else.
const ROUND_TRIP: [(Class, Span); 2] = [
    (Class::Connect, Span::from_millis(150)),
    (Class::Propagation, Span::from_millis(150)),
];

/// The whole time that an account is of.
fn whole(result: &CaseResult) -> Span {
    let window = result.window.unwrap();
    window.until - window.from
}

fn with(more: &[(Class, Span)]) -> Vec<(Class, Span)> {
    ROUND_TRIP.iter().chain(more).copied().collect()
}

const ONE: (&str, &str) = ("objects", "1");
const TINY: (&str, &str) = ("bytes", "100B");

#[test]
fn a_server_that_thinks() {
    let page = page(
        "image-page",
        "origin-h1-serial",
        &[ONE, TINY, ("think", "80ms")],
    );
    assert_spent(&page, &with(&[(Class::Think, ms(80))]));
}

#[test]
fn tls_on_an_open_connection() {
    let page = page("image-page", "origin-h1-serial-tls", &[ONE, TINY]);
    assert_spent(&page, &with(&[(Class::Tls, ms(150))]));
}

#[test]
fn quic_connects_with_tls_in_one() {
    assert_spent(&page("image-page", "origin-h3", &[ONE, TINY]), &ROUND_TRIP);
}

#[test]
fn a_client_that_finds_an_object_late() {
    let settings = [("objects", "2"), TINY, ("discovery", "1s")];
    let page = page("image-page", "origin-h1-serial", &settings);
    // The first object was there 700 ms before the second was found.
    let expected = [
        (Class::Client, ms(700)),
        (Class::Connect, ms(150)),
        (Class::Propagation, ms(300)),
    ];
    assert_spent(&page, &expected);
}

#[test]
fn a_full_pool() {
    let settings = [("objects", "3"), TINY, ("connections", "1")];
    let (_, account) = accounted("image-page", "origin-h1-six", &settings);
    let pools: Vec<_> = account
        .objects
        .iter()
        .map(|object| object.account.of(Class::Pool))
        .collect();
    assert_eq!(pools, [Span::ZERO, ms(300), ms(450)]);
    // Along the page's critical path the others' round trips are what the wait was.
    let expected = [(Class::Connect, ms(150)), (Class::Propagation, ms(450))];
    assert_spent(&account.page, &expected);
}

#[test]
fn a_response_behind_an_earlier_one() {
    let (_, account) = accounted("head-of-line", "h1-pipelined", &[]);
    let waits: Vec<_> = account
        .objects
        .iter()
        .map(|object| object.account.of(Class::EarlierResponse))
        .collect();
    assert_eq!(waits[..3], [Span::ZERO; 3]);
    assert_eq!(waits[3..], [ms(500); 9]);
    assert_eq!(account.objects[2].account.of(Class::Think), ms(500));
    assert_spent(&account.page, &with(&[(Class::Think, ms(500))]));
}

#[test]
fn a_name_that_is_looked_up() {
    let (result, account) = accounted("geo-routing", "single-region", &[]);
    let first = &account.objects[0].account;
    assert_eq!(result.objects[0].name.split(' ').next(), Some("user.seoul"));
    // 5 ms to the resolver, 40 ms from there to the authority.
    assert_eq!(account.page.of(Class::Dns), ms(45));
    assert_eq!(first.of(Class::Connect), first.of(Class::Tls));
}

#[test]
fn a_line_that_is_busy_with_the_page() {
    let settings = [ONE, ("bytes", "1446B"), ("rate", "100kbit")];
    let page = page("image-page", "origin-h1-serial", &settings);
    let spent = page.by_class();
    assert!(!spent.contains_key(&Class::Queueing));
    // Request, and response in two segments: the bits that the recording has, over the rate.
    let line = spent[&Class::Serialization];
    assert!(ms(110) < line && line < ms(150), "{line}");
    assert_eq!(spent[&Class::Propagation], ms(150));
}

#[test]
fn a_lost_syn_waits_for_its_timer() {
    let settings = [ONE, TINY, ("drop", "c2s:syn:1")];
    let page = page("image-page", "origin-h1-serial", &settings);
    assert_spent(&page, &with(&[(Class::Rto, ms(1_000))]));
}

#[test]
fn a_lost_tail_waits_for_the_probe_and_a_lost_probe_for_the_timer() {
    let settings = [ONE, TINY, ("drop", "s2c:data:1")];
    let (result, account) = accounted("image-page", "origin-h1-serial", &settings);
    let probe = account.page.of(Class::Tlp);
    let total = whole(&result);
    assert_eq!(probe, total - ms(300));
    assert_spent(&account.page, &with(&[(Class::Tlp, probe)]));

    let settings = [ONE, TINY, ("drop", "s2c:data:1,s2c:rtx:1")];
    let (result, account) = accounted("image-page", "origin-h1-serial", &settings);
    let total = whole(&result);
    let timer = total - ms(300) - probe;
    let expected = [(Class::Tlp, probe), (Class::Rto, timer)];
    assert_spent(&account.page, &with(&expected));
}

#[test]
fn a_loss_that_acknowledgments_tell_of() {
    // The first of ten segments is lost; the last comes in the same round, and waits for the first's repair.
    let settings = [ONE, ("bytes", "14kB"), ("drop", "s2c:data:1")];
    let (result, account) = accounted("image-page", "origin-h1-serial", &settings);
    let repair = whole(&result) - ms(300);
    let spent = account.page.by_class();
    let told = spent
        .get(&Class::FastRetransmit)
        .or(spent.get(&Class::RackTimer));
    assert_eq!(told, Some(&repair), "{spent:?}");
}

#[test]
fn bytes_behind_the_gap_of_another_stream() {
    let (result, account) = accounted("head-of-line", "h2-lost", &[]);
    let innocent = &account.objects[4].account;
    let wait = innocent.of(Class::HeadOfLine);
    assert_eq!(Some(wait.as_millis_f64()), result.objects[4].blocked_ms);
    let slice = innocent
        .slices()
        .iter()
        .find(|slice| slice.class == Class::HeadOfLine)
        .unwrap();
    // The third object's stream is 5 (RFC 9113 section 5.1.1): the loss was its.
    assert_eq!(slice.stream, Some(5));
    assert!(slice.frame.is_some());
    assert_eq!(account.objects[2].account.of(Class::HeadOfLine), Span::ZERO);
}

#[test]
fn a_window_that_opens_round_by_round() {
    // 10 + 20 segments: one round waits for the congestion window.
    let settings = [ONE, ("bytes", "40kB")];
    let page = page("image-page", "origin-h1-serial", &settings);
    assert_spent(&page, &with(&[(Class::CongestionWindow, ms(150))]));
}

#[test]
fn flow_control_above_tcp_and_of_quic() {
    let settings = [ONE, ("bytes", "20MB")];
    let (_, h2) = accounted("image-page", "origin-h2", &settings);
    assert!(h2.page.of(Class::Http2FlowControl) > ms(1_000));
    let (_, h3) = accounted("image-page", "origin-h3", &settings);
    assert!(h3.page.of(Class::QuicFlowControl) > ms(1_000));
}
