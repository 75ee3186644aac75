//! Outages, MTU, flow memory and drop scripts: what stands in a frame's way whatever chance may say.

use super::frames::{datagram, fragmentable};
use super::*;

#[test]
fn a_link_that_is_down_takes_nothing_and_delivers_what_it_had_taken() {
    let mut bench = Bench::new(LinkConfig {
        delay: Span::from_millis(5),
        outages: vec!["2ms..4ms".parse().unwrap()],
        ..LinkConfig::default()
    });
    bench.offer_many(6, 60);
    assert_eq!(bench.arrived(), [0, 1, 4, 5]);
    assert_eq!(bench.drops_of(DropCause::Outage), 2);
}

#[test]
fn a_periodic_outage_comes_again() {
    let outage: Outage = "1ms..2ms/4ms".parse().unwrap();
    let down: Vec<u64> = (0..12).filter(|ms| outage.covers(at_ms(*ms))).collect();
    assert_eq!(down, [1, 5, 9]);
    assert_eq!(outage.to_string(), "1ms..2ms/4ms");
}

#[test]
fn a_packet_longer_than_the_mtu_with_df_is_refused_with_the_mtu() {
    let mut bench = Bench::new(LinkConfig {
        mtu: Some(1400),
        ..LinkConfig::default()
    });
    let fits = Segment::to_client(1, 0).data(1360).frame();
    let exceeds = Segment::to_client(1, 0).data(1361).frame();
    assert_eq!(bench.offer(at_ms(0), fits), Outcome::Carried);
    let outcome = bench.offer(at_ms(0), exceeds.clone());
    let Outcome::TooBig { mtu, frame } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((mtu, &frame.bytes[..]), (1400, &exceeds[..]));
    assert_eq!(
        bench.offer(at_ms(0), fragmentable(exceeds)),
        Outcome::Carried
    );
    assert_eq!(bench.drops_of(DropCause::TooBig), 1);
}

/// Both directions of a path that forgets after 100 ms.
fn forgetful_path() -> (Bench, Bench) {
    let memory = FlowMemory::new(Span::from_millis(100));
    let bench = |name| {
        let link = Link::new(LinkId(0), name, LinkConfig::default(), Dice::new(1));
        Bench::of(link.with_flow_memory(memory.clone()))
    };
    (bench("client->server"), bench("server->client"))
}

#[test]
fn a_flow_is_kept_by_frames_of_either_direction_and_forgotten_without() {
    let (mut up, mut down) = forgetful_path();
    assert_eq!(
        up.offer(at_ms(0), Segment::to_server(7, 0).syn().frame()),
        Outcome::Carried
    );
    assert_eq!(
        down.offer(at_ms(99), Segment::to_client(7, 0).syn().ack(1).frame()),
        Outcome::Carried
    );
    assert_eq!(
        up.offer(at_ms(198), Segment::to_server(7, 1).ack(1).frame()),
        Outcome::Carried
    );
    let late = Segment::to_client(7, 1).ack(1).data(10).frame();
    assert_eq!(
        down.offer(at_ms(298), late),
        Outcome::Dropped(DropCause::FlowForgotten)
    );
    assert_eq!(
        up.offer(at_ms(299), Segment::to_server(7, 0).syn().frame()),
        Outcome::Carried
    );
}

#[test]
fn only_a_syn_without_ack_opens_a_flow_and_udp_always_passes() {
    let (mut up, mut down) = forgetful_path();
    let forgotten = Outcome::Dropped(DropCause::FlowForgotten);
    assert_eq!(
        up.offer(at_ms(0), Segment::to_server(7, 1).ack(1).frame()),
        forgotten
    );
    assert_eq!(
        down.offer(at_ms(0), Segment::to_client(7, 0).syn().ack(1).frame()),
        forgotten
    );
    up.offer(at_ms(0), Segment::to_server(7, 0).syn().frame());
    assert_eq!(
        up.offer(at_ms(0), Segment::to_server(8, 1).ack(1).frame()),
        forgotten
    );
    assert_eq!(up.offer(at_ms(0), datagram(10)), Outcome::Carried);
    assert_eq!(up.link.description(), "idle-timeout 100ms");
}

#[test]
fn flows_that_were_swept_stay_forgotten_and_living_ones_stay() {
    let (mut up, _) = forgetful_path();
    up.offer(at_ms(0), Segment::to_server(1, 0).syn().frame());
    up.offer(at_ms(50), Segment::to_server(2, 0).syn().frame());
    up.offer(at_ms(120), Segment::to_server(3, 0).syn().frame());
    assert_eq!(
        up.offer(at_ms(121), Segment::to_server(2, 1).ack(1).frame()),
        Outcome::Carried
    );
    let forgotten = Outcome::Dropped(DropCause::FlowForgotten);
    assert_eq!(
        up.offer(at_ms(121), Segment::to_server(1, 1).ack(1).frame()),
        forgotten
    );
}

#[test]
fn a_script_drops_the_frame_that_it_names() {
    let mut bench = Bench::new(LinkConfig {
        drops: "c2s:udp:2".parse().unwrap(),
        ..LinkConfig::default()
    });
    for _ in 0..3 {
        bench.offer(at_ms(0), datagram(10));
    }
    assert_eq!(bench.arrived(), [0, 2]);
    let dropped = Event::FrameDropped {
        link: LinkId(0),
        frame: FrameId(1),
        cause: DropCause::Script,
    };
    assert_eq!(bench.events()[1], dropped);
}

#[test]
fn the_outage_is_named_before_the_script_and_the_script_before_the_loss() {
    let config = LinkConfig {
        loss: Some(Percent::HUNDRED.into()),
        drops: "c2s:any:1-2".parse().unwrap(),
        outages: vec!["0ns..1ms".parse().unwrap()],
        ..LinkConfig::default()
    };
    let mut bench = Bench::new(config);
    let causes = [DropCause::Outage, DropCause::Script, DropCause::Loss];
    for (ms, cause) in causes.into_iter().enumerate() {
        assert_eq!(
            bench.offer(at_ms(ms as u64), vec![0; 60]),
            Outcome::Dropped(cause)
        );
    }
}
