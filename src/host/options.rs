//! What an application asks of a TCP socket.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::transport::{CongestionControl, KeepAlive};
use crate::units::Span;

/// Options of a TCP socket; `None` means what the host's profile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    /// `TCP_NODELAY`: no Nagle algorithm (RFC 896).
    pub nodelay: bool,
    /// `SO_KEEPALIVE` with its three parameters.
    pub keep_alive: Option<KeepAlive>,
    /// `SO_SNDBUF` in bytes.
    pub send_buffer: Option<usize>,
    /// `SO_RCVBUF` in bytes: also the largest window that the socket can advertise.
    pub recv_buffer: Option<usize>,
    /// Timestamps (RFC 7323).
    pub timestamps: Option<bool>,
    /// Congestion control.
    pub congestion: Option<CongestionControl>,
    /// `TCP_QUICKACK`, set again at every read: nothing that was read waits for its acknowledgment.
    pub quick_ack: bool,
    /// Slow start after idle (RFC 5681 section 4.1).
    pub idle_restart: Option<bool>,
    /// `TCP_USER_TIMEOUT`: how long data may stay unacknowledged, instead of the profile's retries.
    pub user_timeout: Option<Span>,
    /// `bind` before `connect`: the source address, of those that the host has.
    pub source: Option<Ipv4Addr>,
    /// `bind` before `connect`: the source port.
    pub source_port: Option<u16>,
}

/// Where and how to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenOptions {
    /// Connections that may wait for `accept`, those in SYN-RECEIVED included.
    pub backlog: usize,
    /// Options of the accepted sockets.
    pub tcp: TcpOptions,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            backlog: 4_096,
            tcp: TcpOptions::default(),
        }
    }
}

impl TcpOptions {
    /// Options with Nagle off, as HTTP clients and servers set them.
    pub fn without_nagle() -> Self {
        Self {
            nodelay: true,
            ..Self::default()
        }
    }

    /// The local end that the application asked for, where it asked for both parts.
    pub(super) fn bound(&self, default: Ipv4Addr) -> Option<SocketAddrV4> {
        let port = self.source_port?;
        Some(SocketAddrV4::new(self.source.unwrap_or(default), port))
    }
}
