//! What data costs while it waits to be read, and how much of the receive buffer a window may promise.
//!
//! Linux charges a packet its buffer and bookkeeping (`truesize`), not its bytes, and so offers only a part of
//! the receive buffer as window. The part follows the packets that come (`tcp_measure_rcv_mss`); here they are
//! those of a TAP device, which the reference measurements were made with: of a full segment of 1,460 B in
//! 2,176 B of memory two thirds are data.

/// Ethernet, IPv4 and TCP headers without options.
const HEADERS: u32 = 54;
/// Bytes of the timestamps option with its padding.
const TIMESTAMPS: u32 = 12;
/// Room that a driver leaves before a frame (`NET_SKB_PAD`).
const HEADROOM: u32 = 64;
/// Buffers are whole cache lines.
const CACHE_LINE: u32 = 64;
/// `skb_shared_info`, behind the data of every packet.
const SHARED_INFO: u32 = 320;
/// `sk_buff`, of which packets that are joined in the queue need only one (`tcp_try_coalesce`).
const DESCRIPTOR: u32 = 256;
/// The part of a buffer that is window, in 1/256 (`tcp_scaling_ratio`), before anything has come: one half.
const FIRST_RATIO: u64 = 128;
/// Binary logarithm of what ratios are parts of (`TCP_RMEM_TO_WIN_SCALE`).
const RATIO_SHIFT: u32 = 8;

/// How much of a buffer is window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio(u64);

impl Ratio {
    /// The ratio of a connection that has received nothing.
    pub(super) const FIRST: Self = Self(FIRST_RATIO);

    /// The ratio of packets with `data` bytes in `memory` bytes.
    pub(super) fn of(data: u32, memory: u32) -> Self {
        Self(((u64::from(data) << RATIO_SHIFT) / u64::from(memory.max(1))).clamp(1, 255))
    }

    /// The window that `memory` can hold (`tcp_win_from_space`).
    pub(super) fn window(self, memory: u32) -> u32 {
        saturated((u64::from(memory) * self.0) >> RATIO_SHIFT)
    }

    /// The memory that a `window` needs (`tcp_space_from_win`).
    pub(super) fn memory(self, window: u64) -> u32 {
        saturated((window << RATIO_SHIFT) / self.0)
    }
}

/// The memory of data that is not read: in order or behind holes.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    overhead: u32,
    bytes: u32,
    used: u32,
}

impl Memory {
    /// Nothing waits. Segments have timestamps or not.
    pub(super) const fn new(timestamps: bool) -> Self {
        Self {
            overhead: HEADERS + HEADROOM + if timestamps { TIMESTAMPS } else { 0 },
            bytes: 0,
            used: 0,
        }
    }

    /// What one packet with `data` bytes costs.
    pub(super) const fn packet(&self, data: u32) -> u32 {
        (data + self.overhead).next_multiple_of(CACHE_LINE) + SHARED_INFO + DESCRIPTOR
    }

    /// A packet with `data` bytes is queued; `alone` if there is none before it that it joins.
    pub(super) const fn charge(&mut self, data: u32, alone: bool) {
        let joined = if alone { 0 } else { DESCRIPTOR };
        self.bytes += data;
        self.used += self.packet(data) - joined;
    }

    /// A packet brings what waits to `bytes`.
    pub(super) fn charge_up_to(&mut self, bytes: u32, alone: bool) {
        let fresh = bytes.saturating_sub(self.bytes);
        if fresh > 0 {
            self.charge(fresh, alone);
        }
        self.hold(bytes);
    }

    /// `bytes` wait now: what was read, or came twice, costs nothing any more.
    pub(super) fn hold(&mut self, bytes: u32) {
        if bytes == self.bytes {
            return;
        }
        let part = u64::from(self.used) * u64::from(bytes);
        self.used = match self.bytes {
            0 => self.packet(bytes),
            before => saturated(part / u64::from(before)),
        };
        if bytes == 0 {
            self.used = 0;
        }
        self.bytes = bytes;
    }

    /// Whether nothing waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Memory in use.
    pub(super) const fn used(&self) -> u32 {
        self.used
    }
}

/// `value`, or the largest number of 32 bits.
fn saturated(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
