//! How connections begin: active and passive open, and the SYNs that go with them.

use std::net::SocketAddrV4;

use bytes::Bytes;

use super::connection::{self, Connection, Handshake, Opening};
use super::options::TcpOptions;
use super::ports::{Tuple, smoltcp_endpoint};
use super::transport::receiver;
use super::transport::sender::{self, Sender};
use super::transport::{Linux, Native, Stack, Transport};
use super::{Host, Slot};
use crate::event::{DiscardCause, Event, Mechanism, SocketError, SocketEvent, SocketId, Timer};
use crate::units::{SimTime, Span, to_smoltcp};
use crate::wire::packet::{TcpView, seq_before};
use crate::wire::{ETHERNET_HEADER, Frame};

/// Age at which a TIME-WAIT tuple may be reused under `tcp_tw_reuse` with timestamps.
const TW_REUSE_AGE: Span = Span::from_secs(1);

impl Host {
    /// Begins to connect to `remote`; the SYN leaves at once. Returns the index of the socket.
    ///
    /// # Errors
    /// `EADDRNOTAVAIL` if no port is left towards `remote`, or the one asked for is taken.
    ///
    /// # Panics
    /// If the source port asked for, or the remote one, is zero.
    pub fn connect(
        &mut self,
        now: SimTime,
        remote: SocketAddrV4,
        options: &TcpOptions,
    ) -> Result<u32, SocketError> {
        let options = &self.profile.forced.over(options);
        let timestamps = options.timestamps.unwrap_or(self.profile.timestamps);
        let tuple = self.choose_tuple(now, remote, options, timestamps)?;
        self.end_time_wait(now, tuple); // an allowed reuse ends it
        let above = self.past.get(&tuple).copied();
        let (to, from) = (smoltcp_endpoint(remote), smoltcp_endpoint(tuple.local));
        loop {
            let mut socket = connection::socket(&self.profile, options);
            socket
                .connect(self.interface.context(), to, from)
                .expect("the socket is new and both ends are specified");
            let (mut set, handle) = connection::set_of(socket);
            self.interface
                .poll_egress(to_smoltcp(now), &mut self.tap, &mut set);
            let isn = self.drawn_isn();
            if above.is_some_and(|above| !seq_before(above, isn)) {
                self.tap.take(Vec::new()); // below an earlier connection's: draw again
                continue;
            }
            let opening = self.opening(now, (set, handle), tuple, None, isn, options);
            let index = self.begin(now, opening);
            return Ok(index);
        }
    }

    /// A SYN came for a port that listens.
    pub(super) fn open_passive(
        &mut self,
        now: SimTime,
        frame: &Frame,
        view: &TcpView<'_>,
        above: Option<u32>,
    ) -> Result<(), DiscardCause> {
        let tuple = Tuple {
            local: view.destination,
            remote: view.source,
        };
        let port = tuple.local.port();
        let listener = self
            .listeners
            .get_mut(&port)
            .expect("the caller looked it up");
        if listener.is_full() {
            return Err(DiscardCause::BacklogFull);
        }
        listener.opening += 1;
        let options = self.profile.forced.over(&listener.options.tcp);
        loop {
            let mut socket = connection::socket(&self.profile, &options);
            socket
                .listen(port)
                .expect("the socket is new and the port is not zero");
            let (mut set, handle) = connection::set_of(socket);
            let mut tap = self.tap.reading(&frame.bytes);
            self.interface
                .poll_ingress_single(to_smoltcp(now), &mut tap, &mut set);
            self.interface
                .poll_egress(to_smoltcp(now), &mut self.tap, &mut set);
            if !self.tap.has_sent() {
                // smoltcp refused the SYN, as it does from an unspecified address.
                self.listeners.get_mut(&port).expect("it listens").opening -= 1;
                return Err(DiscardCause::Malformed);
            }
            let isn = self.drawn_isn();
            if above.is_some_and(|above| !seq_before(above, isn)) {
                self.tap.take(Vec::new());
                continue;
            }
            let opening = self.opening(now, (set, handle), tuple, Some(port), isn, &options);
            let index = self.begin(now, opening);
            if let Some(mut connection) = self.borrow(index) {
                connection.hear(view);
                self.put_back(connection);
            }
            return Ok(());
        }
    }

    fn opening(
        &self,
        now: SimTime,
        (set, handle): (
            smoltcp::iface::SocketSet<'static>,
            smoltcp::iface::SocketHandle,
        ),
        tuple: Tuple,
        listener: Option<u16>,
        isn: u32,
        options: &TcpOptions,
    ) -> Opening {
        let index = u32::try_from(self.sockets.len()).expect("fewer than 2^32 sockets");
        Opening {
            set,
            handle,
            id: SocketId {
                host: self.id,
                index,
            },
            tuple,
            listener,
            transport: self.transport(isn, options),
            nodelay: options.nodelay,
            quick_ack: options.quick_ack,
            user_timeout: options.user_timeout,
            local_mss: self.local_mss(),
            isn,
            keep_alive: options.keep_alive,
            now,
        }
    }

    /// Largest segment that the tap takes (RFC 9293 section 3.7.1).
    fn local_mss(&self) -> u32 {
        u32::try_from(self.tap.mtu() - 40).expect("packets are shorter than 64 KiB")
    }

    /// The profile's part of a new connection.
    fn transport(&self, isn: u32, options: &TcpOptions) -> Transport {
        let profile = &self.profile;
        if profile.stack == Stack::Smoltcp {
            return Transport::Native(Native::new(isn, profile.data_retries));
        }
        let sender = Sender::new(sender::Setup {
            isn,
            initial_window: profile.initial_window,
            congestion: options.congestion.unwrap_or(profile.congestion),
            initial_rto: profile.initial_rto,
            min_rto: profile.min_rto,
            restart: options.idle_restart.unwrap_or(profile.idle_restart),
            retries: profile.data_retries,
            user_timeout: options.user_timeout,
        });
        let limit = options.recv_buffer.unwrap_or(profile.recv_buffer);
        let offer = receiver::Setup {
            now: SimTime::ZERO,
            next: 0,
            window: 0,
            shift: 0,
            sack: true,
            mss: self.local_mss(),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            timestamps: options.timestamps.unwrap_or(profile.timestamps),
            fixed_buffer: options.recv_buffer.is_some(),
        };
        let capacity = options.send_buffer.unwrap_or(profile.send_buffer);
        let fixed = options.send_buffer.is_some();
        Transport::Linux(Box::new(Linux::new(sender, offer, capacity, fixed)))
    }

    /// Enters a new connection, whose first segment is in the tap, and sends that.
    fn begin(&mut self, now: SimTime, opening: Opening) -> u32 {
        let mut connection = Box::new(Connection::new(opening));
        let (id, tuple) = (connection.id, connection.tuple);
        self.probe.emit(now, || {
            let info = crate::event::Connection {
                local: tuple.local,
                remote: tuple.remote,
                active: connection.active,
                isn: connection.isn,
                tcp: true,
            };
            Event::Socket(id, SocketEvent::Opened(Box::new(info)))
        });
        self.demux.insert(tuple, id.index);
        self.ports.take(tuple);
        self.sockets.push(Slot::Busy);
        connection.handshake = Some(Handshake {
            saved: Bytes::new(),
            sent: 0,
            at: now,
            last: false,
            since: now,
            resent: 0,
            timeouts: 0,
        });
        self.send_batch(now, &mut connection);
        self.settle(now, connection);
        id.index
    }

    /// Sequence number of the SYN that smoltcp has just put into the tap.
    fn drawn_isn(&self) -> u32 {
        let syn =
            &self.tap.last_sent().expect("a new connection sends a SYN")[ETHERNET_HEADER + 24..];
        u32::from_be_bytes([syn[0], syn[1], syn[2], syn[3]])
    }

    /// The 4-tuple of a new connection.
    fn choose_tuple(
        &mut self,
        now: SimTime,
        remote: SocketAddrV4,
        options: &TcpOptions,
        timestamps: bool,
    ) -> Result<Tuple, SocketError> {
        let reuse_before = now
            .as_nanos()
            .checked_sub(TW_REUSE_AGE.as_nanos())
            .map(SimTime::from_nanos);
        let may_reuse = timestamps && (self.profile.tw_reuse || options.source_port.is_some());
        let (demux, time_wait) = (&self.demux, &self.time_wait);
        let is_free = |tuple: Tuple| {
            let waits = time_wait.get(tuple).is_some_and(|record| {
                let old = reuse_before.is_some_and(|before| record.since <= before);
                !(may_reuse && old && record.peer_tsval.is_some())
            });
            !waits && !demux.contains_key(&tuple)
        };
        let default = options.source.unwrap_or(self.info.addresses[0]);
        if let Some(local) = options.bound(default) {
            let tuple = Tuple { local, remote };
            return is_free(tuple)
                .then_some(tuple)
                .ok_or(SocketError::AddressNotAvailable);
        }
        if self.ports.exhausted(default, remote) && !may_reuse {
            return Err(SocketError::AddressNotAvailable);
        }
        self.ports
            .choose(default, remote, is_free)
            .ok_or(SocketError::AddressNotAvailable)
    }

    /// Remembers a SYN or SYN-ACK that leaves for the first time, and sets the timer for the second.
    pub(super) fn save_handshake(&self, now: SimTime, connection: &mut Connection, frame: &[u8]) {
        let saved = Bytes::copy_from_slice(frame);
        connection.handshake = Some(Handshake {
            saved,
            sent: 1,
            at: now,
            last: false,
            since: now,
            resent: 0,
            timeouts: 0,
        });
        self.wait_for_answer(now, connection);
    }

    /// Sends a SYN or SYN-ACK again, and begins to wait for its answer anew. That a SYN came again does not make
    /// the wait longer: only a timer that fires does.
    pub(super) fn resend_handshake(
        &mut self,
        now: SimTime,
        connection: &mut Connection,
        mechanism: Mechanism,
    ) {
        let Some(handshake) = &mut connection.handshake else {
            return;
        };
        handshake.resent += 1;
        let frame = bytes::BytesMut::from(&handshake.saved[..]);
        let carries = super::egress::Carries {
            socket: connection.id,
            offset: 0,
            len: 0,
            again: Some(mechanism),
        };
        self.transmit(now, frame, Some(carries));
        self.wait_for_answer(now, connection);
    }

    fn wait_for_answer(&self, now: SimTime, connection: &mut Connection) {
        let active = connection.active;
        let Some(handshake) = &mut connection.handshake else {
            return;
        };
        let (wait, last) = if active {
            self.profile.syn_interval(handshake.sent)
        } else {
            self.profile.synack_interval(handshake.sent)
        };
        (handshake.at, handshake.last) = (now + wait, last);
        let (id, at) = (connection.id, handshake.at);
        let timer = if active { Timer::Syn } else { Timer::SynAck };
        self.probe.emit(now, || {
            Event::Socket(id, SocketEvent::TimerSet { timer, at })
        });
    }
}
