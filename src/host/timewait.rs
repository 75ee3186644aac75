//! TIME-WAIT (RFC 9293 section 3.3.2): small records that outlive their sockets.
//!
//! A record answers a FIN that comes again, keeps old duplicates from a new connection, and holds the
//! 4-tuple for 2 x MSL. smoltcp's own TIME-WAIT of 10 s would hold a whole socket.

use std::collections::{BTreeMap, VecDeque};

use super::ports::Tuple;
use crate::event::SocketId;
use crate::units::{SimTime, Span};
use crate::wire::packet::{TcpView, seq_before};

/// What is left of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The socket that it was.
    pub socket: SocketId,
    /// Next sequence number that this end would send.
    pub snd_nxt: u32,
    /// Next sequence number that it expects.
    pub rcv_nxt: u32,
    /// The window that it last advertised, as in the header.
    pub window: u16,
    /// The peer's last timestamp (RFC 7323), if the connection had them.
    pub peer_tsval: Option<u32>,
    /// When it began.
    pub since: SimTime,
    /// When it ends.
    pub expires: SimTime,
}

/// What a segment does to the record of its tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// Nothing.
    Ignore,
    /// It is acknowledged again, and 2 x MSL begin anew.
    Acknowledge,
    /// The record ends (RST; RFC 1337 describes the hazard, Linux allows it by default).
    End,
    /// A new connection may take the tuple (RFC 9293 section 3.10.7.4, RFC 6191), with an initial sequence
    /// number after `snd_nxt`.
    Reopen,
}

/// The records of a host.
#[derive(Debug, Default)]
pub(super) struct TimeWait {
    records: BTreeMap<Tuple, Record>,
    expiries: VecDeque<(SimTime, Tuple)>,
}

impl TimeWait {
    /// The record of a tuple.
    pub(super) fn get(&self, tuple: Tuple) -> Option<&Record> {
        self.records.get(&tuple)
    }

    /// All records, in the order of their tuples.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Tuple, &Record)> {
        self.records.iter()
    }

    /// Adds a record.
    pub(super) fn insert(&mut self, tuple: Tuple, record: Record) {
        self.records.insert(tuple, record);
        self.expiries.push_back((record.expires, tuple));
    }

    /// Ends a record before its time.
    pub(super) fn remove(&mut self, tuple: Tuple) -> Option<Record> {
        self.records.remove(&tuple)
    }

    /// Begins 2 x MSL anew.
    pub(super) fn restart(&mut self, tuple: Tuple, now: SimTime, two_msl: Span) {
        if let Some(record) = self.records.get_mut(&tuple) {
            record.expires = now + two_msl;
            self.expiries.push_back((record.expires, tuple));
        }
    }

    /// The next moment at which a record may end.
    pub(super) fn deadline(&self) -> Option<SimTime> {
        self.expiries.front().map(|(at, _)| *at)
    }

    /// Takes a record whose time has come. Entries of restarted or removed records are skipped.
    pub(super) fn expire(&mut self, now: SimTime) -> Option<(Tuple, Record)> {
        while let Some((at, tuple)) = self.expiries.front().copied().filter(|(at, _)| *at <= now) {
            self.expiries.pop_front();
            if self
                .records
                .get(&tuple)
                .is_some_and(|record| record.expires == at)
            {
                return self.records.remove(&tuple).map(|record| (tuple, record));
            }
        }
        None
    }
}

impl Record {
    /// What `segment` does, as Linux's `tcp_timewait_state_process` has it.
    pub(super) fn react(&self, segment: &TcpView<'_>) -> Reaction {
        let header = &segment.header;
        let seq = header.sequence_number();
        if header.rst() {
            return if seq == self.rcv_nxt {
                Reaction::End
            } else {
                Reaction::Ignore
            };
        }
        if header.syn()
            && !header.ack()
            && (seq_before(self.rcv_nxt, seq) || self.is_newer(segment))
        {
            return Reaction::Reopen;
        }
        if seq == self.rcv_nxt && segment.sequence_len() == 0 {
            return Reaction::Ignore;
        }
        Reaction::Acknowledge
    }

    /// RFC 6191: a later timestamp also proves that the SYN is new.
    fn is_newer(&self, segment: &TcpView<'_>) -> bool {
        let tsval = segment
            .header
            .options_iterator()
            .find_map(|option| match option {
                Ok(etherparse::TcpOptionElement::Timestamp(tsval, _)) => Some(tsval),
                _ => None,
            });
        matches!((tsval, self.peer_tsval), (Some(new), Some(old)) if seq_before(old, new))
    }
}
