//! Which window is offered: as much as the buffer holds, growing with what comes, never taken back (RFC 9293
//! sections 3.8.6 and 3.8.6.2.2).

use super::Setup;
use super::memory::{Memory, Ratio};
use super::tuning::Faster;

/// Receive buffer of a connection whose application set none (`net.ipv4.tcp_rmem`, middle value).
const FIRST_BUFFER: u32 = 131_072;
/// Largest receive buffer that auto-tuning reaches in Linux (`net.ipv4.tcp_rmem`, last value).
const LARGEST_BUFFER: u32 = 33_554_432;
/// Smallest clamp of a window, half of the smallest buffer.
const SMALLEST_CLAMP: u32 = 1_152;
/// Largest value of the window field.
const LARGEST_FIELD: u32 = 65_535;

/// Window of a SYN or SYN-ACK in bytes, which the field holds unscaled: half of the first buffer in whole
/// segments (`tcp_select_initial_window`).
pub(super) fn syn_window(mss: u32, limit: u32) -> u16 {
    let space = Ratio::FIRST.window(FIRST_BUFFER).min(limit);
    let whole = if mss > 0 && space > mss {
        space - space % mss
    } else {
        space
    };
    u16::try_from(whole).unwrap_or(u16::MAX)
}

/// Why a segment is let in to grow the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    /// Bytes of data in the segment.
    pub(super) data: u32,
    /// Bytes of a full segment of the peer's.
    pub(super) full_segment: u32,
}

/// The window of one connection.
#[derive(Clone, Debug)]
pub(super) struct Window {
    mss: u32,
    limit: u32,
    shift: u8,
    fixed: bool,
    buffer: u32,
    ratio: Ratio,
    /// Largest window that the buffer allows (`window_clamp`).
    clamp: u32,
    /// Window that has been earned (`rcv_ssthresh`).
    earned: u32,
    /// What the last segment acknowledged, and the window that it offered.
    acknowledged: u32,
    offered: u32,
    pub(super) memory: Memory,
}

impl Window {
    /// The window after the handshake, one segment below the clamp (`tcp_init_buffer_space`).
    pub(super) fn new(setup: &Setup) -> Self {
        let twice = setup.limit.saturating_mul(2);
        let buffer = if setup.fixed_buffer {
            twice
        } else {
            FIRST_BUFFER.min(twice)
        };
        let full = Ratio::FIRST.window(buffer);
        let clamp = if full > 2 * setup.mss {
            (full - setup.mss).max(2 * setup.mss)
        } else {
            full
        };
        Self {
            mss: setup.mss,
            limit: setup.limit,
            shift: setup.shift,
            fixed: setup.fixed_buffer,
            buffer,
            ratio: Ratio::FIRST,
            clamp,
            earned: setup.window.min(clamp),
            acknowledged: setup.next,
            offered: setup.window,
            memory: Memory::new(setup.timestamps),
        }
    }

    /// What the last segment acknowledged.
    pub(super) const fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    /// The window that the last segment offered.
    pub(super) const fn offered(&self) -> u32 {
        self.offered
    }

    /// Largest window that the buffer allows.
    pub(super) const fn clamp(&self) -> u32 {
        self.clamp
    }

    /// The first guess of what the application reads per round trip.
    pub(super) fn first_space(&self) -> u32 {
        self.earned.min(self.offered).min(10 * self.mss).max(1)
    }

    /// What is left of the offered window (`tcp_receive_window`).
    pub(super) const fn remaining(&self, rcv_nxt: u32) -> u32 {
        let used = rcv_nxt.wrapping_sub(self.acknowledged);
        self.offered.saturating_sub(used)
    }

    /// The peer's segments have another size: another part of the buffer is window. Returns whether anything
    /// changes (`tcp_measure_rcv_mss`, `tcp_set_window_clamp`).
    pub(super) fn measure(&mut self, data: u32) -> bool {
        let ratio = Ratio::of(data, self.memory.packet(data));
        if ratio == self.ratio {
            return false;
        }
        self.ratio = ratio;
        let clamp = ratio.window(self.buffer).max(SMALLEST_CLAMP);
        if clamp < self.clamp {
            self.earned = self.earned.min(clamp);
        } else if clamp > self.clamp {
            self.earned = self.earned.max(self.offered.min(clamp));
        }
        self.clamp = clamp;
        true
    }

    /// A segment earns the peer more window, two segments at least, while the buffer has room for it and its
    /// overhead (`tcp_grow_window`). Returns whether the window grew.
    pub(super) fn grow(&mut self, growth: Growth) -> bool {
        let room = self.clamp.min(self.free()).saturating_sub(self.earned);
        if room == 0 {
            return false;
        }
        let cost = self.ratio.window(self.memory.packet(growth.data));
        let earned = if cost <= growth.data {
            2 * self.mss
        } else if self.affords(cost / 2, growth.data) {
            2 * growth.full_segment
        } else {
            return false;
        };
        self.earned += room.min(earned.max(2 * growth.data));
        true
    }

    /// Whether small segments, which cost more than their bytes, may earn window: the larger it is, the less
    /// overhead is tolerated (`__tcp_grow_window`).
    fn affords(&self, mut cost: u32, data: u32) -> bool {
        let mut window = self.ratio.window(LARGEST_BUFFER) / 2;
        while self.earned <= window {
            if cost <= data {
                return true;
            }
            cost /= 2;
            window /= 2;
        }
        false
    }

    /// The buffer follows the application's pace (`tcp_rcvbuf_grow`): twice what it read in a round trip, since
    /// this is known a round trip late; more if it reads faster than before, since the peer may be in slow
    /// start; and what waits behind holes.
    pub(super) fn follow(&mut self, pace: Faster, behind_holes: u32) {
        if self.fixed {
            return;
        }
        let twice = 2 * u64::from(pace.now);
        let rise = u64::from(pace.now.saturating_sub(pace.before));
        let headroom = 2 * (twice * rise / u64::from(pace.before.max(1)));
        let window = twice + headroom + u64::from(behind_holes);
        let wanted = self.ratio.memory(window).min(self.largest_buffer());
        if wanted > self.buffer {
            self.buffer = wanted;
            self.clamp = self.ratio.window(wanted);
        }
    }

    /// More waits than the buffer was to hold: it becomes larger, as far as it may (`tcp_clamp_window`).
    pub(super) fn make_room(&mut self) {
        if !self.fixed {
            let used = self.memory.used().min(self.largest_buffer());
            self.buffer = self.buffer.max(used);
        }
    }

    fn largest_buffer(&self) -> u32 {
        let limit = self.ratio.memory(u64::from(self.limit));
        limit.min(LARGEST_BUFFER)
    }

    /// The window for which there is memory (`tcp_space`).
    fn free(&self) -> u32 {
        let memory = self.buffer.saturating_sub(self.memory.used());
        self.ratio.window(memory)
    }

    /// Whether less than half of the buffer is free, so that the window does not grow by rounding.
    pub(super) fn is_short(&self) -> bool {
        self.free() < self.full() / 2
    }

    fn full(&self) -> u32 {
        self.clamp.min(self.ratio.window(self.buffer))
    }

    /// The window that the buffer allows, `stored` bytes of which hold data in order (`__tcp_select_window`).
    /// A window that is smaller than a segment is closed (RFC 9293 section 3.8.6.2.2).
    pub(super) fn possible(&self, full_segment: u32, stored: u32) -> u32 {
        let unit = 1 << self.shift;
        let segment = full_segment.min(self.full());
        let mut free = self.free();
        if segment == 0 {
            return 0;
        }
        if self.is_short() {
            free -= free % unit;
            if free < self.ratio.window(self.buffer) / 16 || free < segment {
                return 0;
            }
        }
        let free = free.min(self.earned);
        if self.shift > 0 {
            return free.next_multiple_of(unit).min(self.storable(stored));
        }
        let current = self.offered;
        let window = if current > free || current + segment <= free {
            free - free % segment
        } else if segment == self.full() && free > current + self.full() / 2 {
            free
        } else {
            current
        };
        window.min(self.storable(stored))
    }

    /// What the stream's own buffer can take, in whole units of the scaled window.
    fn storable(&self, stored: u32) -> u32 {
        let left = self.limit.saturating_sub(stored);
        left - left % (1 << self.shift)
    }

    /// The window for the next segment, which acknowledges `rcv_nxt`: what is possible, and no less than what was
    /// offered before (`tcp_select_window`). In bytes, a multiple of the scaled window's unit.
    pub(super) fn select(&self, rcv_nxt: u32, full_segment: u32, stored: u32) -> u32 {
        let unit = 1 << self.shift;
        let remaining = self.remaining(rcv_nxt);
        let possible = self.possible(full_segment, stored);
        let window = if possible < remaining {
            // Rounding up may not promise what the stream cannot store.
            let rounded = remaining.next_multiple_of(unit);
            rounded.min(self.storable(stored).max(remaining - remaining % unit))
        } else {
            possible
        };
        window.min(LARGEST_FIELD << self.shift)
    }

    /// The window field for a window of `bytes`.
    pub(super) fn field(&self, bytes: u32) -> u16 {
        u16::try_from(bytes >> self.shift).unwrap_or(u16::MAX)
    }

    /// A segment left that acknowledged `ack` and offered `window` bytes.
    pub(super) const fn sent(&mut self, ack: u32, window: u32) {
        self.acknowledged = ack;
        self.offered = window;
    }
}
