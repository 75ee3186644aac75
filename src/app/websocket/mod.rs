//! WebSocket (RFC 6455) by async-tungstenite: one HTTP request that upgrades its connection, then frames both ways.
//!
//! Keys and masks come from the world's seed: see [`Masked`].

mod base64;
mod client;
mod masked;
mod masks;
mod server;

pub use self::client::Session;
pub use self::masked::Masked;
pub use self::masks::Masks;
pub use self::server::serve;

use async_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Bytes that either end reads at once: there may be tens of thousands of them.
const READ_BUFFER: usize = 512;

/// Small buffers; what is written leaves at once.
fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
}
