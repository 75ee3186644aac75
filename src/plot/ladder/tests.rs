//! Ladders of hand-made recordings: what is drawn, what is said, and that nothing overlaps.

mod recordings;

use recordings::{blackhole, crowd, handshake, three_called, three_hosts, transfer};

use super::selection::MOST_FRAMES;
use super::{conversation_ladder, ladder};
use crate::event::{DiscardCause, Event, HostId, LinkId};
use crate::measure::conversation::{Conversation, Traffic};
use crate::plot::Theme;
use crate::plot::figure::{Figure, Shape};
use crate::plot::fixture::{Script, ms, segment};
use crate::plot::theme::Ink;
use crate::record::Recording;
use crate::record::foreign::Capture;
use crate::units::Span;
use crate::wire::{Frame, FrameId};

fn all() -> Vec<Figure> {
    let recordings = [
        handshake(),
        blackhole(),
        transfer(60),
        transfer(400),
        three_hosts(),
        crowd(),
    ];
    recordings
        .iter()
        .map(|recording| ladder(recording, "What is on the wire?"))
        .collect()
}

fn texts(figure: &Figure) -> Vec<&str> {
    figure.labels().map(|label| label.text.as_str()).collect()
}

/// Heads of arrows, without those of the legend.
fn heads(figure: &Figure) -> usize {
    let samples = ["with data", "without data", "sent again, and by what"];
    let legend = texts(figure)
        .into_iter()
        .filter(|text| samples.contains(text))
        .count();
    let polygons = figure
        .shapes
        .iter()
        .filter(|shape| matches!(shape, Shape::Polygon { .. }));
    polygons.count() - legend
}

#[test]
fn no_two_labels_overlap_or_leave_the_picture() {
    for figure in all() {
        assert_eq!(figure.overlaps(), Vec::<(String, String)>::new());
    }
}

#[test]
fn names_that_reach_into_the_next_column_are_cut_and_told_in_full() {
    let names = ["client", "avatars0", "github-cloud"]
        .map(|name| format!("{name}.a-very-long-name-of-a-host.in-a-longer-domain.example.test"));
    let recording = three_called(&names.each_ref().map(String::as_str));
    let figure = ladder(&recording, "What is on the wire?");
    assert_eq!(figure.overlaps(), Vec::<(String, String)>::new());
    let svg = figure.svg(Theme::Adaptive);
    for name in names {
        assert!(svg.contains(&format!("<title>{name}</title>")), "{name}");
        assert!(!svg.contains(&format!(">{name}</text>")), "{name}");
    }
}

#[test]
fn text_is_at_least_eleven_pixels_high() {
    assert!(
        all()
            .iter()
            .flat_map(Figure::labels)
            .all(|label| label.size >= 11)
    );
}

#[test]
fn every_frame_that_arrives_has_an_arrow() {
    assert_eq!(
        heads(&ladder(&handshake(), "open")),
        4 + 8,
        "four ARP frames and eight segments"
    );
    assert_eq!(heads(&ladder(&blackhole(), "blackhole")), 0);
}

#[test]
fn no_arrow_goes_up() {
    for figure in all() {
        let ups = figure.shapes.iter().filter(|shape| match shape {
            Shape::Line {
                from, to, width: 1, ..
            } => from.1 > to.1,
            _ => false,
        });
        assert_eq!(ups.count(), 0);
    }
}

#[test]
fn sequence_numbers_are_relative_and_survive_the_wrap_around() {
    let figure = ladder(&transfer(60), "relative");
    assert!(texts(&figure).contains(&"ACK seq=86141 ack=12 len=1460"));
    assert!(texts(&figure).contains(&"SYN,ACK seq=0 ack=1"));
}

#[test]
fn several_flows_are_told_apart_by_their_ports() {
    let figure = ladder(&three_hosts(), "ports");
    assert!(texts(&figure).contains(&"50001→80 PSH,ACK seq=1 ack=1 len=95"));
}

#[test]
fn a_drop_has_a_cross_and_its_cause() {
    let figure = ladder(&three_hosts(), "drop");
    let cause = figure
        .labels()
        .find(|label| label.text == "random loss")
        .unwrap();
    assert_eq!(cause.ink, Ink::Lost);
}

#[test]
fn a_drop_stays_before_the_break_that_follows_it() {
    let figure = ladder(&crowd(), "drops");
    let height = |of: &str| {
        figure
            .labels()
            .filter(|label| label.text.contains(of))
            .map(|label| label.at.1)
            .max()
    };
    assert!(height("DF set") < height("without a frame"));
    assert!(height("flow forgotten") < height("without a frame"));
}

#[test]
fn a_retransmission_names_its_mechanism_and_is_dashed() {
    let figure = ladder(&three_hosts(), "again");
    let again = figure
        .labels()
        .find(|label| label.ink == Ink::Again)
        .unwrap();
    assert_eq!(
        again.text,
        "80→50001 PSH,ACK seq=1461 ack=96 len=900 ↻ tail loss probe"
    );
    assert!(
        figure
            .svg(Theme::Adaptive)
            .contains("line.again{stroke-dasharray:7 4}")
    );
}

#[test]
fn idle_time_is_a_break_with_its_length_in_words() {
    let figure = ladder(&blackhole(), "idle");
    let breaks: Vec<_> = texts(&figure)
        .into_iter()
        .filter(|text| text.ends_with("without a frame"))
        .collect();
    assert_eq!(breaks.len(), 11);
    assert_eq!(breaks.last(), Some(&"64 s without a frame"));
    assert!(texts(&figure).contains(&"✗ connection timed out (ETIMEDOUT)"));
}

#[test]
fn a_ladder_draws_at_most_its_limit_and_names_the_rest() {
    let recording = transfer(400);
    let sent = recording
        .entries
        .iter()
        .filter(|entry| matches!(entry.event, Event::FrameSent { .. }))
        .count();
    let figure = ladder(&recording, "limit");
    let left_out: usize = texts(&figure)
        .into_iter()
        .filter(|text| text.ends_with("not drawn"))
        .map(|text| text.split(' ').next().unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(sent - left_out, MOST_FRAMES);
}

#[test]
fn what_is_left_out_is_said_in_one_sentence() {
    let mut s = Script::new("long", &["client", "server"], Span::from_millis(5));
    for index in 0..540 {
        s.send(ms(10 * index), 0, 1, segment("PSH,ACK", 1, 1, 100));
    }
    let figure = ladder(&s.finish(), "long");
    assert!(texts(&figure).contains(&"340 further frames between 1.6 s and 4.99 s not drawn"));
}

#[test]
fn a_copy_has_an_arrow_of_its_own_from_the_same_row() {
    let mut s = Script::new("copy", &["client", "server"], Span::from_millis(5));
    let frame = s.sent(ms(0), 0, 1, segment("ACK", 1, 1, 0));
    let copy = FrameId(77);
    s.push(
        ms(0),
        Event::FrameDuplicated {
            link: LinkId(1),
            frame: frame.id,
            copy,
        },
    );
    s.push(
        ms(5),
        Event::FrameReceived {
            host: HostId(1),
            frame: frame.clone(),
        },
    );
    s.push(
        ms(6),
        Event::FrameReceived {
            host: HostId(1),
            frame: Frame { id: copy, ..frame },
        },
    );
    let figure = ladder(&s.finish(), "copy");
    assert_eq!(heads(&figure), 2);
    assert!(texts(&figure).contains(&"ACK seq=1 ack=1 (and a copy)"));
}

#[test]
fn a_discarded_frame_says_why_at_the_host() {
    let mut s = Script::new("discard", &["client", "server"], Span::from_millis(5));
    let frame = s.sent(ms(0), 0, 1, segment("SYN", 0, 0, 0));
    s.push(
        ms(5),
        Event::FrameReceived {
            host: HostId(1),
            frame: frame.clone(),
        },
    );
    let cause = DiscardCause::BacklogFull;
    s.push(
        ms(5),
        Event::FrameDiscarded {
            host: HostId(1),
            frame: frame.id,
            cause,
        },
    );
    assert!(texts(&ladder(&s.finish(), "discard")).contains(&"✗ backlog full"));
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    let bytes = || {
        let figure = ladder(&three_hosts(), "same");
        (figure.svg(Theme::Adaptive), figure.png())
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_typical_ladder_is_below_sixty_kilobytes() {
    let svg = ladder(&transfer(60), "small").svg(Theme::Adaptive);
    assert!(svg.len() < 60_000, "{} bytes", svg.len());
}

#[test]
fn a_recording_without_events_is_still_a_picture() {
    let svg = ladder(&Recording::default(), "Nothing?").svg(Theme::Light);
    assert!(svg.contains("<title>Nothing?</title>"));
}

/// The conversation of a sample that tcpdump's tests have.
fn conversation() -> Conversation {
    let bytes = include_bytes!("../../../tests/data/pcap/ssh.pcap");
    let traffic = Traffic::of(&Capture::read(bytes).unwrap());
    traffic.conversations[0].clone()
}

#[test]
fn arrows_of_a_tap_are_level_and_each_has_its_row() {
    let conversation = conversation();
    let figure = conversation_ladder(&conversation, "ssh.pcap", "What did the tap see?");
    assert_eq!(figure.overlaps(), Vec::<(String, String)>::new());
    assert_eq!(heads(&figure), conversation.seen.len());
    let trace = super::tap::trace(&conversation);
    let rows = super::rows::Rows::of(&trace, &super::selection::Selection::of(&trace));
    assert_eq!(rows.sent, rows.arrived);
    let mut own: Vec<_> = rows.sent.iter().flatten().collect();
    own.dedup();
    assert_eq!(own.len(), conversation.seen.len());
    assert!(
        texts(&figure)
            .iter()
            .any(|text| text.ends_with("↻ fast retransmit"))
    );
}
