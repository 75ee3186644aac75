//! A sender against a scripted peer: what leaves, when, and what it does to the window.

use super::timers::Fired;
use super::{Acknowledgment, MIN_RTO, Next, Opening, Sender, Setup, State};
use crate::event::{Mechanism, Timer};
use crate::host::transport::CongestionControl;
use crate::units::{SimTime, Span};

const MSS: u32 = 1_000;

/// A sender that has `unsent` bytes to send, over a path whose round trip is 100 ms.
struct Script {
    sender: Sender,
    now: SimTime,
    unsent: u32,
    /// Retransmissions: first sequence number over MSS, and why.
    again: Vec<(u32, Mechanism)>,
}

fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}

impl Script {
    fn new(unsent: u32) -> Self {
        let setup = Setup {
            isn: u32::MAX, // data begins at 0
            initial_window: 10,
            congestion: CongestionControl::Cubic,
            initial_rto: Span::from_secs(1),
            min_rto: MIN_RTO,
            restart: true,
            retries: 15,
            user_timeout: None,
        };
        let mut sender = Sender::new(setup);
        let now = SimTime::ZERO + ms(100);
        sender.open(
            now,
            &Opening {
                mss: MSS,
                window: 1 << 20,
                seq: 0,
                rtt: Some(ms(100)),
                cut: false,
                timestamps: false,
            },
        );
        let mut script = Self {
            sender,
            now,
            unsent,
            again: Vec::new(),
        };
        script.push();
        script
    }

    /// Sends what may leave.
    fn push(&mut self) {
        let mut sent = false;
        while let Some(bytes) = self.sender.burst(self.now, self.unsent, true, false) {
            self.send(bytes);
            sent = true;
        }
        self.sender.pushed(self.now, sent, self.unsent);
    }

    fn send(&mut self, mut bytes: u32) {
        self.unsent -= bytes;
        while bytes > 0 {
            let size = bytes.min(MSS);
            let seq = self.sender.snd_nxt();
            self.sender.sent(self.now, seq, size, false);
            bytes -= size;
        }
    }

    fn resend(&mut self) {
        while let Some(resend) = self.sender.resend(self.now) {
            self.again.push((resend.seq / MSS, resend.mechanism));
        }
    }

    /// The peer acknowledges the first `ack` segments and has those in `blocks` besides.
    fn ack(&mut self, ack: u32, blocks: &[(u32, u32)]) {
        let blocks: Vec<_> = blocks
            .iter()
            .map(|&(start, end)| (start * MSS, end * MSS))
            .collect();
        let next = self.sender.acknowledged(
            self.now,
            &Acknowledgment {
                seq: 0,
                len: 0,
                ack: ack * MSS,
                window: 1 << 20,
                blocks: &blocks,
                echo: None,
                unsent: self.unsent,
            },
        );
        match next {
            Next::Nothing => {}
            Next::Lost => self.resend(),
            Next::New => {
                self.push();
                if self.sender.give_up_frto() {
                    self.resend();
                }
            }
        }
        self.push();
    }

    fn pass(&mut self, millis: u64) {
        self.now += ms(millis);
    }

    /// Lets the timer that runs fire on time; returns which one it was and how long it took.
    fn wait(&mut self) -> (Timer, Span) {
        let (timer, at) = self.sender.deadline().expect("a timer runs");
        let waited = at - self.now;
        self.now = at;
        match self.sender.fire(self.now, self.unsent) {
            Fired::Again(resend) => self.again.push((resend.seq / MSS, resend.mechanism)),
            Fired::Lost => self.resend(),
            Fired::Probe(bytes) => {
                self.send(bytes);
                self.sender.probed(self.now);
            }
            Fired::AskWindow | Fired::GiveUp | Fired::Nothing => {}
        }
        (timer, waited)
    }

    fn sent(&self) -> u32 {
        self.sender.snd_nxt() / MSS
    }

    fn cwnd(&self) -> u32 {
        self.sender.window.cwnd
    }
}

#[test]
fn windows_double_whatever_is_acknowledged_at_once() {
    for stride in [1, 2, 10] {
        let mut script = Script::new(1_000_000);
        assert_eq!(script.sent(), 10);
        script.pass(100);
        for ack in (1..=10).filter(|ack| ack % stride == 0) {
            script.ack(ack, &[]);
        }
        assert_eq!((script.sent(), script.cwnd()), (30, 20), "stride {stride}");
    }
}

#[test]
fn three_duplicates_bring_the_lost_segment_back_and_the_window_down_to_0_7() {
    let mut script = Script::new(1_000_000);
    script.pass(100);
    script.ack(0, &[(1, 2)]);
    script.ack(0, &[(1, 3)]);
    assert!(script.again.is_empty(), "it may be reordering");
    script.ack(0, &[(1, 4)]);
    assert_eq!(script.again, [(0, Mechanism::FastRetransmit)]);
    for end in 5..=10 {
        script.ack(0, &[(1, end)]);
    }
    script.pass(100);
    script.ack(script.sent(), &[]);
    assert_eq!(
        (script.sender.state, script.sender.window.ssthresh),
        (State::Open, 7)
    );
    assert_eq!(script.again.len(), 1);
}

#[test]
fn prr_sends_about_seven_segments_for_ten_that_arrive() {
    let mut script = Script::new(1_000_000);
    script.pass(100);
    for end in 2..=10 {
        script.ack(0, &[(1, end)]);
    }
    let left = script.again.len() + script.sent() as usize - 10;
    assert_eq!(
        left, 7,
        "ssthresh segments are in flight at the end of the round"
    );
}

#[test]
fn a_segment_that_is_late_by_less_than_a_quarter_round_trip_is_waited_for() {
    let mut script = Script::new(10_000);
    script.pass(100);
    script.ack(0, &[(1, 3)]);
    let timer = script.sender.deadline();
    assert!(matches!(timer, Some((Timer::RackReorder, _))), "{timer:?}");
    script.pass(20);
    script.ack(10, &[]);
    assert!(script.again.is_empty());
    // What came by SACK was delivered, and does not widen the window.
    assert_eq!(script.cwnd(), 18, "nothing was lost");
}

#[test]
fn without_enough_duplicates_the_reordering_timer_decides() {
    let mut script = Script::new(3_000);
    script.pass(100);
    script.ack(0, &[(1, 3)]);
    assert_eq!(
        script.wait(),
        (Timer::RackReorder, ms(27)),
        "RTT / 4 + 2 ms"
    );
    assert_eq!(script.again, [(0, Mechanism::RackTimer)]);
}

#[test]
fn the_tail_is_probed_after_two_round_trips() {
    let mut script = Script::new(5_000);
    script.pass(100);
    script.ack(3, &[]);
    assert_eq!(script.wait(), (Timer::Tlp, ms(202)));
    assert_eq!(script.again, [(4, Mechanism::Tlp)]);
    script.pass(100);
    script.ack(3, &[(4, 5)]);
    assert_eq!(script.again[1..], [(3, Mechanism::FastRetransmit)]);
}

#[test]
fn a_lone_segment_may_have_a_delayed_acknowledgment() {
    let mut script = Script::new(1_000);
    // 2 x 100 + 200 ms, and the timeout is 100 + max(200, 200).
    assert_eq!(script.wait(), (Timer::Tlp, ms(300)));
}

#[test]
fn a_probe_that_repairs_a_loss_narrows_the_window_without_recovery() {
    let mut script = Script::new(11_000);
    script.pass(100);
    script.ack(10, &[]);
    script.wait();
    script.pass(100);
    script.unsent = 1_000;
    script.push();
    script.ack(11, &[]);
    assert_eq!(script.sender.state, State::Open);
    assert!(script.cwnd() < 20, "{}", script.cwnd());
}

#[test]
fn timeouts_double_and_a_new_sample_ends_that() {
    let mut script = Script::new(1_000);
    script.wait();
    let waits: Vec<_> = (0..4).map(|_| script.wait()).collect();
    let expected = [300, 600, 1_200, 2_400].map(|at| (Timer::Rto, ms(at)));
    assert_eq!(waits, expected);
    script.ack(1, &[]);
    script.unsent = 1_000;
    script.push();
    script.pass(100);
    script.ack(2, &[]);
    assert!(script.sender.rto() < ms(400), "{}", script.sender.rto());
}

#[test]
fn a_timeout_that_was_for_nothing_is_undone() {
    // Everything is late by more than the timeout: the first acknowledgment is of an original (RFC 5682).
    let mut script = Script::new(20_000);
    let before = script.cwnd();
    script.wait();
    while script
        .again
        .last()
        .is_none_or(|&(_, why)| why != Mechanism::Rto)
    {
        script.wait();
    }
    assert_eq!(script.sender.state, State::Loss);
    script.ack(2, &[]);
    script.ack(4, &[]);
    script.ack(6, &[]);
    assert_eq!(script.sender.state, State::Open);
    assert!(script.cwnd() >= before, "{}", script.cwnd());
}

#[test]
fn duplicates_that_the_peer_reports_undo_a_recovery() {
    let mut script = Script::new(10_000);
    script.pass(100);
    script.ack(0, &[(1, 4)]);
    assert_eq!(script.again, [(0, Mechanism::FastRetransmit)]);
    let reduced = script.sender.window.ssthresh;
    script.ack(10, &[]); // the original was only late
    script.pass(100);
    script.ack(10, &[(0, 1)]);
    assert!(script.sender.window.ssthresh > reduced);
    assert!(script.cwnd() >= 10, "{}", script.cwnd());
}

#[test]
fn an_idle_window_is_halved_for_every_timeout() {
    let mut script = Script::new(30_000);
    script.pass(100);
    script.ack(10, &[]);
    script.pass(100);
    script.ack(30, &[]);
    assert_eq!(script.cwnd(), 40);
    let rto = script.sender.rto();
    script.now += rto + ms(1);
    script.sender.written(script.now);
    assert_eq!(script.cwnd(), 20);
    script.now += rto * 10;
    script.sender.written(script.now);
    assert_eq!(script.cwnd(), 10, "not below the initial window");
}

#[test]
fn a_window_that_is_not_used_does_not_grow() {
    let mut script = Script::new(0);
    for round in 1..=20 {
        script.unsent = 2_000;
        script.push();
        script.pass(100);
        script.ack(round * 2, &[]);
    }
    assert_eq!(script.cwnd(), 10);
}

#[test]
fn a_closed_window_is_asked_for_with_growing_patience() {
    let mut script = Script::new(0);
    script.sender.snd_wnd = 0;
    script.unsent = 5_000;
    script.push();
    let waits: Vec<_> = (0..3).map(|_| script.wait()).collect();
    assert_eq!(waits, [300, 600, 1_200].map(|at| (Timer::Persist, ms(at))));
}
