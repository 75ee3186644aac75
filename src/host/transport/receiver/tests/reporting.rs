//! Which SACK blocks ACKs report.

use super::*;

#[test]
fn blocks_and_windows_of_a_lossy_transfer_are_linuxs() {
    let (linux, ours) = both(LOSSY);
    assert_eq!(ours.len(), linux.len());
    assert_eq!(linux.len(), 540);
    for (index, (ours, linux)) in ours.iter().zip(&linux).enumerate() {
        assert_eq!(ours, linux, "ACK {index}");
    }
}

#[test]
fn a_connection_that_begins_with_a_hole_grows_its_window_all_the_same() {
    let (linux, ours) = both(FIRST_LOST);
    assert_eq!(ours[..9], linux[..9]);
}

fn blocks(client: &Client) -> Vec<(u32, u32)> {
    client.receiver.blocks().collect()
}

#[test]
fn a_duplicate_comes_first_and_once() {
    let mut client = client();
    client.arrive(at(60), segment(0), false);
    client.arrive(at(61), segment(2), false);
    assert_eq!(client.take(at(62), segment(0), false), Acknowledge::Now);
    assert_eq!(blocks(&client), [segment(0), segment(2)]);
    client.send();
    assert_eq!(blocks(&client), [segment(2)]);
}

#[test]
fn a_segment_behind_a_hole_that_came_before_is_a_duplicate_inside_its_block() {
    let mut client = client();
    client.arrive(at(60), segment(1), false);
    client.arrive(at(61), segment(2), false);
    client.arrive(at(62), segment(5), false);
    client.take(at(63), segment(1), false);
    let first_block = (MSS, 3 * MSS);
    assert_eq!(blocks(&client), [segment(1), first_block, segment(5)]);
}

#[test]
fn what_a_segment_repeats_of_the_stream_and_of_ranges_is_a_duplicate() {
    let mut client = client();
    client.arrive(at(60), segment(0), false);
    client.take(at(61), (MSS / 2, 2 * MSS), false);
    assert_eq!(blocks(&client), [(MSS / 2, MSS)]);
    client.send();
    client.arrive(at(62), segment(4), false);
    client.take(at(63), (2 * MSS, 5 * MSS), false);
    assert_eq!(blocks(&client), [segment(4)]);
}

#[test]
fn overlapping_segments_behind_a_hole_become_one_block() {
    let mut client = client();
    for range in [(1_000, 2_000), (3_000, 4_000), (5_000, 6_000)] {
        client.arrive(at(60), range, false);
    }
    client.take(at(61), (1_500, 5_500), false);
    assert_eq!(blocks(&client), [(1_500, 2_000), (1_000, 6_000)]);
    assert_eq!(client.receiver.sack.bytes(), 5_000);
}

#[test]
fn a_peer_without_sack_gets_no_blocks_and_one_beside_timestamps_at_most_three() {
    for (sack, timestamps, most) in [(false, false, 0), (true, true, 3), (true, false, 4)] {
        let mut client = Client::with(at(50), Span::from_millis(50), |setup| Setup {
            timestamps,
            sack,
            ..setup
        });
        for index in 1..=6 {
            client.arrive(at(60), segment(2 * index), false);
        }
        assert_eq!(blocks(&client).len(), most);
        assert_eq!(client.sent.len(), 6);
    }
}

#[test]
fn thousands_of_holes_are_bounded() {
    let mut client = client();
    for index in 1..=1_100 {
        client.take(at(60), (10 * index, 10 * index + 5), false);
    }
    assert_eq!(client.receiver.sack.bytes(), 5 * 1_024);
    client.take(at(61), (0, 12_000), false);
    assert!(client.receiver.sack.is_empty());
    assert_eq!(client.receiver.sack.bytes(), 0);
}
