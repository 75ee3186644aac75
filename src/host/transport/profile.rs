//! The constants of a system.

use std::fmt;
use std::str::FromStr;

use crate::host::TcpOptions;
use crate::units::Span;

/// Which congestion controller a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CongestionControl {
    /// CUBIC (RFC 9438).
    Cubic,
    /// Reno (RFC 5681).
    Reno,
    /// None: the peer's window is the only limit.
    Unlimited,
}

/// TCP keep-alive (RFC 9293 section 3.8.4), as Linux's `TCP_KEEPIDLE`, `TCP_KEEPINTVL` and `TCP_KEEPCNT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence before the first probe.
    pub idle: Span,
    /// Time between probes.
    pub interval: Span,
    /// Unanswered probes before the connection is given up.
    pub count: u32,
}

/// smoltcp 0.14's first congestion window in bytes, whatever the segment size.
const SMOLTCP_FIRST_WINDOW: u64 = 2_048;

/// Whose congestion control, loss recovery and delayed ACK a host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// Linux's, around smoltcp's socket.
    Linux,
    /// smoltcp's own.
    Smoltcp,
}

/// How a host's TCP behaves where systems differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name on the command line.
    pub name: &'static str,
    /// Whose rules decide what is sent when.
    pub stack: Stack,
    /// Retransmissions of a SYN with doubling intervals, after the linear ones (`net.ipv4.tcp_syn_retries`).
    pub syn_retries: u32,
    /// Retransmissions of a SYN at the initial interval (`net.ipv4.tcp_syn_linear_timeouts`, Linux 6.5).
    pub syn_linear_timeouts: u32,
    /// Retransmissions of a SYN-ACK (`net.ipv4.tcp_synack_retries`).
    pub synack_retries: u32,
    /// First interval of SYN and SYN-ACK retransmission (RFC 6298 section 2.1).
    pub initial_rto: Span,
    /// Fruitless retransmissions of data before the connection times out (`net.ipv4.tcp_retries2`).
    pub data_retries: u32,
    /// TIME-WAIT (RFC 9293: 2 x MSL).
    pub time_wait: Span,
    /// How long FIN-WAIT-2 lasts once the application has closed the socket (`net.ipv4.tcp_fin_timeout`).
    pub fin_wait_2: Span,
    /// Whether TIME-WAIT tuples may be reused after 1 s where both ends have timestamps (`tcp_tw_reuse`).
    pub tw_reuse: bool,
    /// Delayed ACK of smoltcp's (RFC 9293 section 3.8.6.3); Linux's adapts itself, from 40 ms.
    pub ack_delay: Span,
    /// Segments in the first congestion window of `Stack::Linux` (RFC 6928).
    pub initial_window: u32,
    /// Slow start after idle in `Stack::Linux` (`net.ipv4.tcp_slow_start_after_idle`).
    pub idle_restart: bool,
    /// Congestion control.
    pub congestion: CongestionControl,
    /// Timestamps (RFC 7323), unless a socket says otherwise.
    pub timestamps: bool,
    /// Send buffer in bytes, unless a socket says otherwise.
    pub send_buffer: usize,
    /// Receive buffer in bytes, unless a socket says otherwise.
    pub recv_buffer: usize,
    /// Shortest retransmission timeout of `Stack::Linux` (`net.ipv4.tcp_rto_min_us`, `ip route ... rto_min`).
    pub min_rto: Span,
    /// What an administrator decides over the heads of applications.
    pub forced: Forced,
}

/// Options that every socket of a host has, whatever its application asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forced {
    /// Whether Nagle's algorithm is on (RFC 896).
    pub nagle: Option<bool>,
    /// No ACK of what was read is delayed (`ip route ... quickack 1`).
    pub quick_ack: bool,
    /// Send buffer in bytes, from the beginning.
    pub send_buffer: Option<usize>,
    /// Receive buffer in bytes, from the beginning.
    pub recv_buffer: Option<usize>,
}

impl Forced {
    /// Options as they are then.
    pub(in crate::host) fn over(&self, options: &TcpOptions) -> TcpOptions {
        TcpOptions {
            nodelay: self.nagle.map_or(options.nodelay, |nagle| !nagle),
            quick_ack: self.quick_ack || options.quick_ack,
            send_buffer: self.send_buffer.or(options.send_buffer),
            recv_buffer: self.recv_buffer.or(options.recv_buffer),
            ..options.clone()
        }
    }
}

/// A stack name that the lab does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a stack; the stacks are `linux` and `smoltcp`")]
pub struct UnknownStack(String);

impl Profile {
    /// Linux 6.18 with timestamps off, as the reference measurements were made.
    pub const fn linux() -> Self {
        Self {
            name: "linux",
            stack: Stack::Linux,
            syn_retries: 6,
            syn_linear_timeouts: 4,
            synack_retries: 5,
            initial_rto: Span::from_secs(1),
            data_retries: 15,
            time_wait: Span::from_secs(60),
            fin_wait_2: Span::from_secs(60),
            tw_reuse: false,
            ack_delay: Span::from_millis(40),
            initial_window: 10,
            idle_restart: true,
            congestion: CongestionControl::Cubic,
            timestamps: false,
            send_buffer: 4 << 20,
            recv_buffer: 4 << 20,
            min_rto: Span::from_millis(200),
            forced: Forced {
                nagle: None,
                quick_ack: false,
                send_buffer: None,
                recv_buffer: None,
            },
        }
    }

    /// smoltcp 0.14 as it is, with the timers that it lacks after RFC 6298 and its TIME-WAIT of 10 s.
    pub const fn smoltcp() -> Self {
        Self {
            name: "smoltcp",
            stack: Stack::Smoltcp,
            syn_linear_timeouts: 0,
            time_wait: Span::from_secs(10),
            ack_delay: Span::from_millis(10),
            ..Self::linux()
        }
    }

    /// Bytes that may leave before the first acknowledgment of data, in segments of `mss` bytes.
    pub fn first_window(&self, mss: u64) -> u64 {
        match self.stack {
            Stack::Linux => u64::from(self.initial_window) * mss,
            Stack::Smoltcp => SMOLTCP_FIRST_WINDOW,
        }
    }

    /// How long to wait after the `sent`th transmission of a SYN (1 is the first), and whether the attempt ends
    /// after that wait instead of another SYN.
    pub fn syn_interval(&self, sent: u32) -> (Span, bool) {
        self.interval(sent, self.syn_linear_timeouts, self.syn_retries)
    }

    /// The same for a SYN-ACK, which has no linear part.
    pub fn synack_interval(&self, sent: u32) -> (Span, bool) {
        self.interval(sent, 0, self.synack_retries)
    }

    /// The wait after the `sent`th transmission, and whether it is the last one.
    fn interval(&self, sent: u32, linear: u32, retries: u32) -> (Span, bool) {
        let doublings = (sent - 1).saturating_sub(linear).min(20);
        (self.initial_rto * (1 << doublings), sent > linear + retries)
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::linux()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FromStr for Profile {
    type Err = UnknownStack;

    fn from_str(text: &str) -> Result<Self, UnknownStack> {
        match text {
            "linux" => Ok(Self::linux()),
            "smoltcp" => Ok(Self::smoltcp()),
            _ => Err(UnknownStack(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(profile: &Profile) -> (Vec<u64>, u64) {
        let (mut at, mut sent) = (Span::ZERO, vec![0]);
        for count in 1.. {
            let (wait, last) = profile.syn_interval(count);
            at += wait;
            if last {
                return (sent, at.as_nanos() / 1_000_000_000);
            }
            sent.push(at.as_nanos() / 1_000_000_000);
        }
        unreachable!("the schedule ends")
    }

    #[test]
    fn syns_leave_when_linux_sends_them() {
        assert_eq!(
            schedule(&Profile::linux()),
            (vec![0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67], 131)
        );
    }

    #[test]
    fn without_linear_retries_the_schedule_is_rfc_6298s() {
        let profile = Profile {
            syn_linear_timeouts: 0,
            ..Profile::linux()
        };
        assert_eq!(schedule(&profile), (vec![0, 1, 3, 7, 15, 31, 63], 127));
    }
}
