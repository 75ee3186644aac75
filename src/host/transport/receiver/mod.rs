//! How Linux acknowledges: when, with which SACK blocks, and with which window.
//!
//! [`Receiver`] hears of every segment that arrives, of every read of the application, and of every segment that
//! leaves. It holds no data and no sequence space: reassembly and RCV.NXT are smoltcp's, sending is the host's.
//! It follows Linux 6.18 (`tcp_input.c`, `tcp_output.c`, `tcp_timer.c`), whose functions the comments name. Its
//! parts: [`delayed_ack`] and [`compression`] say when, [`sack`] what, [`window`] with its [`memory`] and
//! [`tuning`] how much; [`segment_size`] tells full segments from small ones.

mod arrival;
mod compression;
mod delayed_ack;
mod memory;
mod sack;
mod segment_size;
#[cfg(test)]
mod tests;
mod tuning;
mod window;

pub(in crate::host) use arrival::{Acknowledge, Arrival, Setup};

use compression::Compression;
use delayed_ack::DelayedAck;
use sack::{Block, Sack};
use segment_size::{SegmentSize, Size};
use tuning::{Faster, Tuning};
use window::{Growth, Window};

use crate::event::Timer;
use crate::units::{SimTime, Span};
use crate::wire::packet::seq_before;

/// SACK blocks that fit beside timestamps (RFC 2018 section 3).
const BLOCKS_WITH_TIMESTAMPS: usize = 3;
/// SACK blocks that fit without.
const BLOCKS: usize = 4;
/// Data of a segment in order that may grow the window: smaller ones cost more than they bring.
const GROWING: u32 = 128;
/// Time between ACKs of segments without data that are out of the window (`net.ipv4.tcp_invalid_ratelimit`).
const INVALID_INTERVAL: Span = Span::from_millis(500);

/// The receiving side of one connection.
#[derive(Clone, Debug)]
pub(in crate::host) struct Receiver {
    ack: DelayedAck,
    compression: Compression,
    sack: Sack,
    size: SegmentSize,
    window: Window,
    tuning: Tuning,
    /// How many blocks fit; none without SACK.
    most_blocks: usize,
    finished: bool,
    last_invalid: Option<SimTime>,
}

impl Receiver {
    /// The receiver of a connection that has just opened.
    pub(in crate::host) fn new(setup: &Setup) -> Self {
        let window = Window::new(setup);
        Self {
            ack: DelayedAck::default(),
            compression: Compression::default(),
            sack: Sack::default(),
            size: SegmentSize::new(setup.mss, setup.timestamps),
            tuning: Tuning::new(setup.now, setup.next, window.first_space()),
            window,
            most_blocks: match (setup.sack, setup.timestamps) {
                (false, _) => 0,
                (true, false) => BLOCKS,
                (true, true) => BLOCKS_WITH_TIMESTAMPS,
            },
            finished: false,
            last_invalid: None,
        }
    }

    /// Window of a SYN or SYN-ACK, whose field is never scaled (RFC 7323 section 2.2).
    pub(in crate::host) fn syn_window(mss: u32, limit: u32) -> u16 {
        window::syn_window(mss, limit)
    }

    /// A segment with data or FIN arrived (`tcp_data_queue`). What of it is old is reported as a duplicate.
    pub(in crate::host) fn arrived(&mut self, arrival: &Arrival) -> Acknowledge {
        let end = arrival.seq.wrapping_add(arrival.data);
        let behind_hole = seq_before(arrival.before, arrival.seq);
        if !behind_hole && arrival.after == arrival.before {
            let end = end.wrapping_add(u32::from(arrival.fin));
            return self.duplicate(arrival.now, arrival.seq, end, arrival.before);
        }
        let fresh = arrival.after.wrapping_sub(arrival.before);
        let drained = arrival.unread <= fresh;
        if let Some(rtt) = arrival.rtt
            && arrival.data >= self.size.full()
        {
            self.tuning.sample(rtt, drained);
        }
        self.ack.schedule();
        if behind_hole {
            self.behind_hole(arrival, end);
        } else {
            self.in_order(arrival, end, drained);
        }
        self.judge(arrival)
    }

    fn in_order(&mut self, arrival: &Arrival, end: u32, drained: bool) {
        if seq_before(arrival.seq, arrival.before) {
            self.sack.repeat((arrival.seq, arrival.before));
        }
        let had_holes = !self.sack.is_empty();
        let ended = arrival.fin && arrival.after == end.wrapping_add(1);
        let next = arrival.after.wrapping_sub(u32::from(ended));
        self.sack.in_order(end, next);
        let held = arrival.unread + self.sack.bytes();
        self.window.memory.charge_up_to(held, drained);
        self.window.make_room();
        if arrival.data > 0 {
            self.pace(arrival, end);
        }
        if ended {
            self.sack.clear();
            self.finished = true;
        } else if had_holes && self.sack.is_empty() {
            self.ack.demand(); // RFC 5681 section 4.2: the gap is filled
        }
    }

    /// What a segment in order says of the peer and its pace (`tcp_event_data_recv`).
    fn pace(&mut self, arrival: &Arrival, end: u32) {
        self.measure(arrival);
        let (window, full) = (self.window.offered(), self.size.full());
        self.tuning.time_window(arrival.now, end, window);
        let (now, rto) = (arrival.now, arrival.rto);
        self.ack.data_arrived(now, rto, window, full);
        if arrival.data >= GROWING {
            self.grow(arrival.data);
        }
    }

    /// What the size of a segment says of the peer and its writes (`tcp_measure_rcv_mss`, since Linux 6.16 also
    /// of segments behind holes).
    fn measure(&mut self, arrival: &Arrival) {
        let plain = !arrival.push && !arrival.fin;
        match self.size.measure(arrival.data, plain) {
            Size::Full { changed } => {
                if changed && self.window.measure(arrival.data) {
                    self.tuning.limit_space(self.window.clamp());
                }
                if arrival.push {
                    self.ack.pushed();
                }
            }
            Size::Small => self.ack.pushed_small(),
            Size::Reduced => {}
        }
    }

    /// A segment behind a hole (`tcp_data_queue_ofo`).
    fn behind_hole(&mut self, arrival: &Arrival, end: u32) {
        let end = end.wrapping_add(u32::from(arrival.fin));
        if arrival.data > 0 {
            self.measure(arrival);
        }
        let before = self.sack.bytes();
        let filed = self.sack.behind_hole((arrival.seq, end));
        let fresh = self.sack.bytes() - before;
        if fresh > 0 {
            // Linux charges a packet that joins another one before it looks for room, else after.
            if !filed.alone {
                self.window.memory.charge(fresh, false);
            }
            if self.most_blocks > 0 {
                self.grow(arrival.data);
            }
            if filed.alone {
                self.window.memory.charge(fresh, true);
            }
            self.window.make_room();
        }
        let space = self.tuning.space();
        let unchanged = Faster {
            now: space,
            before: space,
        };
        self.window
            .follow(unchanged, self.behind_holes(arrival.after));
        if filed.scattered && self.compression.is_holding() {
            // Linux sends what waited, and lets this segment wait in its stead; one ACK tells of both.
            self.ack.demand();
        }
    }

    fn grow(&mut self, data: u32) {
        let full_segment = self.size.full();
        if self.window.grow(Growth { data, full_segment }) {
            self.ack.window_grew();
        }
    }

    /// How far data behind holes reaches beyond RCV.NXT.
    fn behind_holes(&self, rcv_nxt: u32) -> u32 {
        self.sack.end().map_or(0, |end| end.wrapping_sub(rcv_nxt))
    }

    /// Whether the ACK of a segment waits (`__tcp_ack_snd_check`): not that of a second full segment, unless the
    /// application must first make room for the window to move (RFC 5681 section 4.2).
    fn judge(&mut self, arrival: &Arrival) -> Acknowledge {
        let second = self.is_second_segment(arrival.after)
            && (arrival.unread == 0 || self.possible(arrival.unread) >= self.window.offered());
        if second || self.ack.is_urgent() {
            return Acknowledge::Now;
        }
        if self.sack.is_empty() {
            return self.ack.wait(arrival.now, arrival.srtt);
        }
        if self.most_blocks == 0 {
            return Acknowledge::Now;
        }
        let own = self.tuning.round_trip();
        let round_trip = arrival.srtt.map_or(own, |srtt| srtt.min(own));
        self.compression
            .offer(arrival.now, arrival.after, round_trip)
    }

    /// Whether more than one full segment is not acknowledged.
    fn is_second_segment(&self, rcv_nxt: u32) -> bool {
        rcv_nxt.wrapping_sub(self.window.acknowledged()) > self.size.full()
    }

    fn possible(&mut self, unread: u32) -> u32 {
        if self.window.is_short() {
            self.ack.memory_short();
        }
        self.window.possible(self.size.full(), unread)
    }

    /// A segment that holds nothing new for the window, from `seq` to `end` in sequence space (`tcp_send_dupack`
    /// and the end of `tcp_data_queue`): old data is reported as a duplicate, and the peer, which seems to miss
    /// ACKs, gets quick ones. Segments without data could be answers to answers, so few are answered.
    pub(in crate::host) fn duplicate(
        &mut self,
        now: SimTime,
        seq: u32,
        end: u32,
        rcv_nxt: u32,
    ) -> Acknowledge {
        if seq == end {
            let recent = |last: SimTime| now.since(last) < INVALID_INTERVAL;
            if self.last_invalid.is_some_and(recent) {
                return Acknowledge::Nothing;
            }
            self.last_invalid = Some(now);
            return Acknowledge::Now;
        }
        if !seq_before(rcv_nxt, seq) {
            self.ack.repetition(self.window.offered(), self.size.full());
        }
        if seq_before(seq, rcv_nxt) {
            let known = if seq_before(rcv_nxt, end) {
                rcv_nxt
            } else {
                end
            };
            self.sack.repeat((seq, known));
        }
        if !seq_before(end, self.window.acknowledged()) {
            self.ack.schedule();
        }
        Acknowledge::Now
    }

    /// The application read `copied` bytes and left `unread` (`tcp_rcv_space_adjust`, `tcp_cleanup_rbuf`).
    /// Returns whether an ACK leaves: one that waited for this, or one that tells of a much larger window.
    pub(in crate::host) fn read(
        &mut self,
        now: SimTime,
        copied: u32,
        rcv_nxt: u32,
        unread: u32,
    ) -> bool {
        self.window.memory.hold(unread + self.sack.bytes());
        let read = rcv_nxt.wrapping_sub(unread);
        if let Some(faster) = self.tuning.application_read(now, read, unread) {
            self.window.follow(faster, self.behind_holes(rcv_nxt));
        }
        if self.ack.is_scheduled() {
            let drained =
                copied > 0 && self.window.memory.is_empty() && self.ack.is_due_when_drained();
            if drained || self.is_second_segment(rcv_nxt) {
                return true;
            }
        }
        let remaining = self.window.remaining(rcv_nxt);
        if copied == 0 || self.finished || self.window.clamp() / 2 < remaining {
            return false;
        }
        let possible = self.possible(unread);
        possible > 0 && possible >= 2 * remaining
    }

    /// A segment with data left.
    pub(in crate::host) fn data_sent(&mut self, now: SimTime) {
        self.ack.data_sent(now);
    }

    /// A segment left that acknowledged `ack` and offered a window of `window` bytes, with the SACK blocks of
    /// [`Receiver::blocks`] (`tcp_event_ack_sent`).
    pub(in crate::host) fn ack_sent(&mut self, ack: u32, window: u32) {
        self.ack.ack_sent();
        self.compression.clear();
        self.sack.reported();
        self.window.sent(ack, window);
    }

    /// The window field of the next segment, which acknowledges `rcv_nxt`.
    pub(in crate::host) fn select_window(&mut self, rcv_nxt: u32, unread: u32) -> u16 {
        self.window.memory.hold(unread + self.sack.bytes());
        if self.window.is_short() {
            self.ack.memory_short();
        }
        let full = self.size.full();
        let window = self.window.select(rcv_nxt, full, unread);
        self.window.field(window)
    }

    /// An answer is expected before long: the peer has closed its side in ESTABLISHED (`tcp_fin`). To be called
    /// before [`Receiver::arrived`]; in FIN-WAIT-1 and FIN-WAIT-2 a FIN is acknowledged at once instead.
    pub(in crate::host) fn enter_pingpong(&mut self) {
        self.ack.enter_interactive();
    }

    /// The application asks for quick ACKs. Returns whether one is to leave now.
    pub(in crate::host) fn hurry(&mut self) -> bool {
        self.ack.hurry()
    }

    /// The SACK blocks of the next segment, a duplicate's first.
    pub(in crate::host) fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        self.sack.blocks(self.most_blocks)
    }

    /// The timer that runs.
    pub(in crate::host) fn deadline(&self) -> Option<(Timer, SimTime)> {
        let timers = [self.compression.deadline(), self.ack.deadline()];
        let first = timers.into_iter().flatten().min()?;
        Some((Timer::DelayedAck, first))
    }

    /// A timer may be due: whether an ACK leaves.
    pub(in crate::host) fn fired(&mut self, now: SimTime, rto: Span) -> bool {
        let is_due = |at: Option<SimTime>| at.is_some_and(|at| at <= now);
        if is_due(self.compression.deadline()) {
            self.compression.clear();
            return true;
        }
        is_due(self.ack.deadline()) && self.ack.fired(rto)
    }
}
