//! What quinn's loss recovery says, taken out of its qlog.
//!
//! quinn writes qlog of its own, but without the frames of packets, which is what tells who waits for what: of it only
//! the category `recovery` is taken. The [`Tap`] tells of packets.

use std::io::{self, Write};
use std::time::Instant;

use quinn::{QlogConfig, QlogStream};
use serde_json::{Value, json};

use super::tap::Tap;

/// The times of `recovery:metrics_updated`.
const TIMES: [&str; 4] = ["min_rtt", "smoothed_rtt", "latest_rtt", "rtt_variance"];

/// The stream that a connection is to write.
pub(super) fn watch(tap: &Tap, now: Instant) -> Option<QlogStream> {
    let mut config = QlogConfig::default();
    config.start_time(now).writer(Box::new(Lines {
        tap: tap.clone(),
        rest: Vec::new(),
    }));
    config.into_stream()
}

/// Takes text and passes on the lines that matter.
struct Lines {
    tap: Tap,
    rest: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(text);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            if let Some(event) = recovery_event(&line) {
                self.tap.recovery(event);
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Name and data of an event of the category `recovery`. Its time is the moment at which it is told.
fn recovery_event(line: &[u8]) -> Option<String> {
    // A record separator begins each line (RFC 7464).
    let text = line.strip_prefix(&[0x1e]).unwrap_or(line);
    let event: Value = serde_json::from_slice(text).ok()?;
    let name = event.get("name")?.as_str()?;
    let data = name.starts_with("recovery:").then(|| event.get("data"))??;
    Some(json!({"name": name, "data": in_milliseconds(data.clone())}).to_string())
}

/// quinn gives times in seconds, where qlog has milliseconds.
fn in_milliseconds(mut data: Value) -> Value {
    for key in TIMES {
        if let Some(time) = data.get_mut(key)
            && let Some(seconds) = time.as_f64()
        {
            *time = json!(seconds * 1_000.0);
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_of_loss_recovery_are_passed_on_without_their_time() {
        let line = b"\x1e{\"time\":1.5,\"name\":\"recovery:packet_lost\",\"data\":{\"x\":1}}\n";
        let expected = r#"{"name":"recovery:packet_lost","data":{"x":1}}"#;
        assert_eq!(recovery_event(line).as_deref(), Some(expected));
        let sent = b"\x1e{\"time\":1.5,\"name\":\"transport:packet_sent\",\"data\":{}}\n";
        assert_eq!(recovery_event(sent), None);
        assert_eq!(recovery_event(b"\x1e{\"qlog_version\":\"0.3\"}\n"), None);
    }

    #[test]
    fn times_are_milliseconds() {
        let line =
            b"{\"name\":\"recovery:metrics_updated\",\"data\":{\"min_rtt\":0.15,\"pto_count\":1}}";
        let expected =
            r#"{"name":"recovery:metrics_updated","data":{"min_rtt":150.0,"pto_count":1}}"#;
        assert_eq!(recovery_event(line).as_deref(), Some(expected));
    }
}
