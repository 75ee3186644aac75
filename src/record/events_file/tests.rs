//! Round trips, seeking, and files that are not what they should be.

use std::io::Cursor;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::event::{AppEvent, Event, HostId, SocketEvent, SocketId, Timer};
use crate::record::sample;
use crate::record::{Recording, RunInfo};
use crate::units::Span;
use crate::wire::{Frame, FrameId};

fn written(recording: &Recording) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(recording, &mut bytes).unwrap();
    bytes
}

#[test]
fn the_transfer_comes_back_as_it_was() {
    let recording = sample::transfer();
    let bytes = written(&recording);
    assert_eq!(read(&bytes[..]).unwrap(), recording);
    assert_eq!(bytes, written(&read(&bytes[..]).unwrap()));
}

#[test]
fn a_received_frame_costs_little_more_than_what_routers_change() {
    let recording = sample::transfer();
    let sent: usize = recording
        .entries
        .iter()
        .map(|entry| {
            if let Event::FrameSent { frame, .. } = &entry.event {
                frame.len()
            } else {
                0
            }
        })
        .sum();
    assert!(written(&recording).len() < sent + 2_500);
}

#[test]
fn a_file_cut_at_any_byte_is_an_error() {
    let bytes = written(&sample::transfer());
    for end in 0..bytes.len() {
        let error = read(&bytes[..end]).unwrap_err();
        assert!(
            matches!(error, EventsFileError::Truncated { .. }),
            "{end}: {error}"
        );
        read_from(Cursor::new(&bytes[..end]), SimTime::ZERO).unwrap_err();
    }
}

#[test]
fn a_foreign_file_another_version_and_bytes_at_the_end_are_told_apart() {
    let mut bytes = written(&sample::transfer());
    let foreign = read(&b"\x0a\x0d\x0d\x0a this is a pcapng file"[..]).unwrap_err();
    assert!(matches!(foreign, EventsFileError::Foreign));
    bytes.push(0);
    assert!(
        read(&bytes[..])
            .unwrap_err()
            .to_string()
            .contains("bytes after the end mark")
    );
    bytes[8] = 9;
    let error = read(&bytes[..]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the events file has version 9, this wirelab reads version 5: run the case again"
    );
}

#[test]
fn any_changed_byte_is_noticed() {
    let recording = sample::transfer();
    let mut bytes = written(&recording);
    for at in 0..bytes.len() {
        bytes[at] ^= 0x20;
        assert!(read(&bytes[..]).is_err(), "byte {at}");
        bytes[at] ^= 0x20;
    }
}

#[test]
fn reading_from_a_time_gives_what_follows_and_the_hosts() {
    let recording = sample::transfer();
    let bytes = written(&recording);
    let from = SimTime::ZERO + Span::from_millis(375);
    let later = read_from(Cursor::new(&bytes), from).unwrap();
    assert_eq!(later.hosts().count(), 2);
    let expected = &recording.entries[recording.position(from)..];
    assert_eq!(
        &later.entries[4..],
        expected,
        "two hosts, two links, then the rest"
    );
    assert_eq!(
        read_from(Cursor::new(&bytes), SimTime::ZERO).unwrap(),
        recording
    );
}

#[test]
fn a_long_recording_is_read_from_the_block_that_holds_the_time() {
    let entries = (0..6_000).map(|n| {
        let frame = Frame::new(
            FrameId(n / 2),
            Bytes::from(vec![n.to_le_bytes()[0] & !1; 1_514]),
        );
        let host = HostId(u16::from(n % 2 == 1));
        let event = if n % 2 == 0 {
            Event::FrameSent { host, frame }
        } else {
            Event::FrameReceived { host, frame }
        };
        sample::entry(n, event)
    });
    let recording = Recording {
        run: RunInfo::default(),
        entries: entries.collect(),
    };
    let bytes = written(&recording);
    assert!(bytes.len() > 4 << 20);
    for ms in [0, 1, 692, 693, 3_000, 5_999, 6_000] {
        let from = SimTime::ZERO + Span::from_millis(ms);
        let later = read_from(Cursor::new(&bytes), from).unwrap();
        assert_eq!(later.entries, recording.entries[recording.position(from)..]);
    }
    assert_eq!(read(&bytes[..]).unwrap(), recording);
}

fn frame() -> impl Strategy<Value = Frame> {
    (
        0u64..6,
        prop::collection::vec(any::<u8>(), 0..40),
        any::<bool>(),
    )
        .prop_map(|(id, bytes, corrupted)| Frame {
            id: FrameId(id),
            bytes: bytes.into(),
            corrupted,
        })
}

fn event() -> impl Strategy<Value = Event> {
    let socket = (0u16..3, any::<u32>()).prop_map(|(host, index)| SocketId {
        host: HostId(host),
        index,
    });
    prop_oneof![
        (0u16..3, frame()).prop_map(|(host, frame)| Event::FrameSent {
            host: HostId(host),
            frame
        }),
        (0u16..3, frame()).prop_map(|(host, frame)| Event::FrameReceived {
            host: HostId(host),
            frame
        }),
        (socket, any::<u64>()).prop_map(|(socket, ns)| {
            let at = SimTime::from_nanos(ns);
            Event::Socket(
                socket,
                SocketEvent::TimerSet {
                    timer: Timer::Rto,
                    at,
                },
            )
        }),
        ".*".prop_map(|text| Event::App(HostId(0), Box::new(AppEvent::Note { text }))),
    ]
}

proptest! {
    #[test]
    fn any_recording_comes_back_as_it_was(steps in prop::collection::vec((0u64..1_000, event()), 0..60), seed in any::<u64>()) {
        let mut at = SimTime::ZERO;
        let entries = steps.into_iter().map(|(ns, event)| {
            at += Span::from_nanos(ns);
            Entry { at, event }
        });
        let recording = Recording { run: RunInfo { seed, ..RunInfo::default() }, entries: entries.collect() };
        prop_assert_eq!(read(&written(&recording)[..]).unwrap(), recording);
    }

    #[test]
    fn any_bytes_after_a_right_header_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut file = written(&Recording::default())[..12].to_vec();
        file.extend(bytes);
        prop_assert!(read(&file[..]).is_err());
        prop_assert!(read_from(Cursor::new(file), SimTime::ZERO).is_err());
    }
}
