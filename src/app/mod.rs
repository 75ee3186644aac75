//! The roles that a host can play.
//!
//! A role sees the sockets of its host, a clock, and nothing else: it knows no link, no queue and no
//! simulator. It says what it does by [`AppEvent`](crate::event::AppEvent)s, since readers cannot ask it.

pub mod browser;
pub mod dns;
pub mod exchange;
pub mod http;
pub mod http1;
pub mod http2;
pub mod http3;
pub mod ledger;
pub mod long_poll;
pub mod messages;
pub mod payment;
pub mod proxy;
mod quic;
pub mod sse;
pub mod tls;
pub mod websocket;
