//! One TCP connection: smoltcp's socket in a set of its own, and what the host keeps beside it.

use bytes::Bytes;
use etherparse::TcpOptionElement;
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::tcp;

use super::options::TcpOptions;
use super::ports::Tuple;
use super::stall::FinTimer;
use super::transport::{CongestionControl, KeepAlive, Profile, Stack, Transport, receive_ring};
use crate::event::{SocketError, SocketId, TcpState};
use crate::units::{SimTime, Span};
use crate::wire::packet::{TcpView, seq_before};

/// Segment size where the peer's SYN does not say one (RFC 9293 section 3.7.1).
const DEFAULT_MSS: u32 = 536;

/// smoltcp's stand-in clock for timestamps (it takes a bare function); the host patches the value at egress.
const fn no_clock() -> u32 {
    0
}

/// A TCP connection of a host.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, not a state machine"
)]
pub(super) struct Connection {
    pub(super) set: SocketSet<'static>,
    pub(super) handle: SocketHandle,
    pub(super) id: SocketId,
    pub(super) tuple: Tuple,
    pub(super) active: bool,
    /// The listener that it came from, until the application has accepted it.
    pub(super) listener: Option<u16>,
    pub(super) transport: Transport,
    /// `TCP_NODELAY`, and `TCP_QUICKACK` at every read.
    pub(super) nodelay: bool,
    pub(super) quick_ack: bool,
    /// `TCP_USER_TIMEOUT`.
    pub(super) user_timeout: Option<Span>,
    /// Bytes of data in a full segment without options: what both ends take (RFC 9293 section 3.7.1).
    pub(super) mss: u32,
    /// An ACK is to leave as soon as the segment at hand has been dealt with.
    pub(super) ack_due: bool,
    pub(super) state: TcpState,
    pub(super) error: Option<SocketError>,
    /// The peer's FIN has come: whatever happens later, reads end with the end of the stream, as Linux's
    /// `SOCK_DONE` has it.
    pub(super) finished: bool,
    /// Own initial sequence number, and the peer's.
    pub(super) isn: u32,
    pub(super) peer_isn: u32,
    /// Bytes that the application has written, read, and could read.
    pub(super) written: u64,
    pub(super) read: u64,
    pub(super) readable: u64,
    pub(super) handshake: Option<Handshake>,
    /// Segments for which smoltcp had no room.
    pub(super) held: Vec<Bytes>,
    pub(super) keep_alive: Option<Probing>,
    pub(super) fin_timer: Option<FinTimer>,
    /// When FIN-WAIT-2 ends for a socket that the application has closed.
    pub(super) orphan_until: Option<SimTime>,
    pub(super) timestamps: bool,
    pub(super) peer_tsval: Option<u32>,
    /// The peer's receive window in bytes, and the shift that its SYN announced (RFC 7323 section 2).
    pub(super) peer_window: u64,
    pub(super) peer_window_field: u16,
    pub(super) peer_shift: u8,
    /// Whether the peer's SYN permits SACK.
    pub(super) peer_sack: bool,
    /// The shift of our own window, if both SYNs had the option.
    pub(super) own_shift: u8,
    /// Acknowledgment number and window field of the last segment that left.
    pub(super) last_ack: u32,
    pub(super) last_window: u16,
    pub(super) heard: SimTime,
    /// The application has closed the sending half, and smoltcp does not know yet.
    pub(super) fin_waits: bool,
    /// The application has let go of the socket.
    pub(super) closed: bool,
    /// Whether it waits to be polled.
    pub(super) dirty: bool,
    /// The earliest agenda entry that leads here.
    pub(super) armed: SimTime,
}

/// A SYN or SYN-ACK that waits for its answer.
#[derive(Debug)]
pub(super) struct Handshake {
    /// The frame as it left.
    pub(super) saved: Bytes,
    /// How often it has left.
    pub(super) sent: u32,
    /// When it leaves again, or the attempt ends.
    pub(super) at: SimTime,
    /// Whether the attempt ends then.
    pub(super) last: bool,
    /// When it left first, how often again since, and how often of these because the timer expired.
    pub(super) since: SimTime,
    pub(super) resent: u32,
    pub(super) timeouts: u32,
}

/// Keep-alive of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probing {
    /// The parameters.
    pub(super) keep_alive: KeepAlive,
    /// Probes without an answer so far.
    pub(super) unanswered: u32,
    /// When the next probe is due.
    pub(super) at: SimTime,
}

/// A smoltcp socket with buffers and options as `profile` and `options` say.
pub(super) fn socket(profile: &Profile, options: &TcpOptions) -> tcp::Socket<'static> {
    let receive = options.recv_buffer.unwrap_or(profile.recv_buffer);
    let send = options.send_buffer.unwrap_or(profile.send_buffer);
    let receive_ring = match profile.stack {
        Stack::Smoltcp => receive,
        Stack::Linux => receive_ring(receive),
    };
    let mut socket = tcp::Socket::new(
        tcp::SocketBuffer::new(vec![0; receive_ring]),
        tcp::SocketBuffer::new(vec![0; send]),
    );
    if profile.stack == Stack::Linux {
        // It is told what to send, and says at once what it has received; the host decides what leaves.
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(None);
        socket.set_congestion_control(tcp::CongestionControl::None);
    } else {
        socket.set_nagle_enabled(!options.nodelay);
        socket.set_ack_delay(Some(std::time::Duration::from(profile.ack_delay).into()));
        socket.set_congestion_control(match options.congestion.unwrap_or(profile.congestion) {
            CongestionControl::Cubic => tcp::CongestionControl::Cubic,
            CongestionControl::Reno => tcp::CongestionControl::Reno,
            CongestionControl::Unlimited => tcp::CongestionControl::None,
        });
    }
    if options.timestamps.unwrap_or(profile.timestamps) {
        socket.set_tsval_generator(Some(no_clock));
    }
    socket
}

/// A set that holds this one socket.
pub(super) fn set_of(socket: tcp::Socket<'static>) -> (SocketSet<'static>, SocketHandle) {
    let mut set = SocketSet::new(Vec::with_capacity(1));
    let handle = set.add(socket);
    (set, handle)
}

/// What [`Connection::new`] needs to know.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) set: SocketSet<'static>,
    pub(super) handle: SocketHandle,
    pub(super) id: SocketId,
    pub(super) tuple: Tuple,
    pub(super) listener: Option<u16>,
    pub(super) transport: Transport,
    pub(super) nodelay: bool,
    pub(super) quick_ack: bool,
    pub(super) user_timeout: Option<Span>,
    pub(super) local_mss: u32,
    pub(super) isn: u32,
    pub(super) keep_alive: Option<KeepAlive>,
    pub(super) now: SimTime,
}

impl Connection {
    /// A connection whose first segment is about to leave.
    pub(super) fn new(opening: Opening) -> Self {
        let Opening {
            set,
            handle,
            id,
            tuple,
            listener,
            transport,
            nodelay,
            quick_ack,
            user_timeout,
            local_mss,
            isn,
            keep_alive,
            now,
        } = opening;
        let timestamps = set.get::<tcp::Socket<'_>>(handle).timestamp_enabled();
        Self {
            set,
            handle,
            id,
            tuple,
            active: listener.is_none(),
            listener,
            transport,
            nodelay,
            quick_ack,
            user_timeout,
            mss: local_mss,
            ack_due: false,
            state: TcpState::Closed,
            error: None,
            finished: false,
            isn,
            peer_isn: 0,
            written: 0,
            read: 0,
            readable: 0,
            handshake: None,
            held: Vec::new(),
            keep_alive: keep_alive.map(|keep_alive| Probing::new(keep_alive, now)),
            fin_timer: None,
            orphan_until: None,
            timestamps,
            peer_tsval: None,
            peer_window: 0,
            peer_window_field: 0,
            peer_shift: 0,
            peer_sack: false,
            own_shift: 0,
            last_ack: 0,
            last_window: 0,
            heard: now,
            fin_waits: false,
            closed: false,
            dirty: false,
            armed: SimTime::MAX,
        }
    }

    /// smoltcp's socket.
    pub(super) fn tcp(&mut self) -> &mut tcp::Socket<'static> {
        self.set.get_mut(self.handle)
    }

    /// smoltcp's socket, to look at.
    pub(super) fn tcp_ref(&self) -> &tcp::Socket<'static> {
        self.set.get(self.handle)
    }

    /// The set that holds nothing else.
    pub(super) fn set(&mut self) -> &mut SocketSet<'static> {
        &mut self.set
    }

    /// smoltcp's state in our words.
    pub(super) fn tcp_state(&self) -> TcpState {
        match self.tcp_ref().state() {
            tcp::State::Closed => TcpState::Closed,
            tcp::State::Listen => TcpState::Listen,
            tcp::State::SynSent => TcpState::SynSent,
            tcp::State::SynReceived => TcpState::SynReceived,
            tcp::State::Established => TcpState::Established,
            tcp::State::FinWait1 => TcpState::FinWait1,
            tcp::State::FinWait2 => TcpState::FinWait2,
            tcp::State::CloseWait => TcpState::CloseWait,
            tcp::State::Closing => TcpState::Closing,
            tcp::State::LastAck => TcpState::LastAck,
            tcp::State::TimeWait => TcpState::TimeWait,
        }
    }

    /// Takes note of what a segment says of its sender: timestamp and window.
    pub(super) fn hear(&mut self, view: &TcpView<'_>) {
        let header = &view.header;
        if header.syn() {
            self.hear_syn(view);
        }
        if header.syn() || self.timestamps {
            for option in header.options_iterator().flatten() {
                if let TcpOptionElement::Timestamp(tsval, _) = option
                    && (header.syn() || !seq_before(self.last_ack, header.sequence_number()))
                {
                    // The oldest that was not acknowledged: it tells of the delay too (RFC 7323 section 4.3).
                    self.peer_tsval = Some(tsval);
                }
            }
        }
        let shift = if header.syn() { 0 } else { self.peer_shift };
        self.peer_window_field = header.window_size();
        self.peer_window = u64::from(self.peer_window_field) << shift;
    }

    fn hear_syn(&mut self, view: &TcpView<'_>) {
        self.peer_isn = view.header.sequence_number();
        if self.active {
            self.last_ack = self.peer_isn;
        }
        let asked = view.header.options_iterator().flatten().find_map(|option| {
            if let TcpOptionElement::MaximumSegmentSize(size) = option {
                Some(u32::from(size))
            } else {
                None
            }
        });
        self.peer_sack = view
            .header
            .options_iterator()
            .flatten()
            .any(|option| option == TcpOptionElement::SelectiveAcknowledgementPermitted);
        self.mss = self
            .mss
            .min(asked.filter(|&size| size > 0).unwrap_or(DEFAULT_MSS));
        match window_scale(view) {
            Some(shift) => self.peer_shift = shift,
            None => self.own_shift = 0, // both or none (RFC 7323 section 2.2)
        }
    }

    /// Closes the sending half. smoltcp's LAST-ACK ignores window updates (whatever does not acknowledge data),
    /// so it must not begin while data waits for the window: the FIN then follows the last of it.
    pub(super) fn close_sending(&mut self) {
        if self.transport.linux().is_some() && self.may_finish_later() {
            self.fin_waits = true;
        } else if self.state == TcpState::CloseWait && self.tcp_ref().send_queue() > 0 {
            self.tcp().set_nagle_enabled(false); // nothing more will come to wait for
            self.fin_waits = true;
        } else {
            self.tcp().close();
        }
    }

    /// Whether there is a peer to talk to.
    pub(super) fn is_alive(&self) -> bool {
        !matches!(self.tcp_state(), TcpState::Closed | TcpState::TimeWait)
    }

    /// Whether the sending half is open, so that a FIN is still to come.
    fn may_finish_later(&self) -> bool {
        matches!(
            self.tcp_state(),
            TcpState::Established | TcpState::CloseWait
        )
    }

    /// Bytes that the application has written and that the peer has not acknowledged.
    pub(super) fn send_queue(&self) -> usize {
        self.transport.linux().map_or_else(
            || self.tcp_ref().send_queue(),
            super::transport::Linux::queued,
        )
    }

    /// Whether nothing is left that the application might read.
    pub(super) fn drained(&self) -> bool {
        self.closed || self.tcp_ref().recv_queue() == 0
    }

    /// Whether keep-alive probes are sent in this state, as in Linux's `tcp_keepalive_timer`. In the states in
    /// which a FIN waits for its acknowledgment, retransmission finds out.
    pub(super) const fn probes(&self) -> bool {
        matches!(
            self.state,
            TcpState::Established | TcpState::FinWait2 | TcpState::CloseWait
        )
    }

    /// The earliest of the host's own timers.
    pub(super) fn own_deadline(&self) -> SimTime {
        let handshake = self.handshake.as_ref().map(|handshake| handshake.at);
        let probe = self
            .keep_alive
            .filter(|_| self.probes())
            .map(|probing| probing.at);
        let fin = self.fin_timer.map(|timer| timer.at);
        let linux = self.transport.linux().filter(|_| self.is_alive());
        let (send, ack) = linux.map_or((None, None), |linux| {
            (linux.sender.deadline(), linux.receiver.deadline())
        });
        let (send, ack) = (send.map(|(_, at)| at), ack.map(|(_, at)| at));
        [handshake, probe, fin, self.orphan_until, send, ack]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(SimTime::MAX)
    }
}

/// The shift that a SYN announces, at most 14 (RFC 7323 section 2.3).
pub(super) fn window_scale(syn: &TcpView<'_>) -> Option<u8> {
    syn.header
        .options_iterator()
        .find_map(|option| match option {
            Ok(TcpOptionElement::WindowScale(shift)) => Some(shift.min(14)),
            _ => None,
        })
}

impl Probing {
    /// Keep-alive that begins to count at `now`.
    pub(super) fn new(keep_alive: KeepAlive, now: SimTime) -> Self {
        Self {
            keep_alive,
            unanswered: 0,
            at: now + keep_alive.idle,
        }
    }
}
