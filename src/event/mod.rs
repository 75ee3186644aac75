//! What happened: the one vocabulary between makers (link, host, rt, sim, app) and readers (record, measure,
//! plot, report, stepper).
//!
//! Makers hold a [`Probe`] and emit; one [`Observer`] listens, or none, which costs a branch. Readers never
//! ask the simulator: whatever they need is in an [`Event`]. The name of a byte is `(socket, direction,
//! offset)`, the name of a frame its [`FrameId`](crate::wire::FrameId).

mod app;
mod ledger;
mod names;
mod probe;
mod quic;
mod socket;
mod vocabulary;

pub use app::{AppEvent, ByteRange, Layer, MessageId, MessageStep, Phase, RequestId};
pub use ledger::{FailingSchedule, LedgerStep};
pub use names::{HostId, HostInfo, LinkId, LinkInfo, LinkRole, Schedule, SocketId};
pub use probe::{Observer, Probe};
pub use quic::{QuicFrame, QuicPacket, QuicPacketKind};
pub use socket::{
    Congestion, Connection, Limit, Mechanism, SocketError, SocketEvent, TcpState, Timer,
};
pub use vocabulary::{DiscardCause, DropCause, Event};
