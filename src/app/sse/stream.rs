//! The format of event streams: how an event is written, and how a stream is read.

use std::fmt;

/// An event of a stream: as much of one as the lab's servers send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    /// What the client is to name when it comes back (`Last-Event-ID`).
    pub id: Option<String>,
    /// What is said. A line feed in it begins another `data` line.
    pub data: String,
}

/// Reads a stream as it comes, in pieces of any size (WHATWG HTML section 9.2.6, `Interpreting an event stream`).
/// Fields other than `id` and `data` are skipped, comments as well.
#[derive(Clone, Debug, Default)]
pub struct EventReader {
    /// The line that is not complete yet.
    line: Vec<u8>,
    /// A line has just ended by CR, so that a LF would belong to its end.
    after_cr: bool,
    /// The beginning of the stream, where a byte order mark may be, is past.
    begun: bool,
    id: Option<String>,
    data: Option<String>,
}

/// How the event is written: a blank line ends it.
impl fmt::Display for ServerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.id {
            writeln!(f, "id: {id}")?;
        }
        for line in self.data.split('\n') {
            writeln!(f, "data: {line}")?;
        }
        writeln!(f)
    }
}

impl EventReader {
    /// The events that this piece of the stream completes.
    pub fn read(&mut self, piece: &[u8]) -> Vec<ServerEvent> {
        let mut events = Vec::new();
        for byte in piece {
            let follows_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            match byte {
                b'\n' if follows_cr => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                byte => self.line.push(*byte),
            }
        }
        events
    }

    /// A blank line dispatches the event, if it has data; any other adds to it.
    fn end_line(&mut self) -> Option<ServerEvent> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let mark = if self.begun { "" } else { "\u{feff}" };
        self.begun = true;
        let line = line.strip_prefix(mark).unwrap_or(&line);
        if line.is_empty() {
            let data = self.data.take()?;
            let id = self.id.clone(); // it holds until another one comes
            return Some(ServerEvent { id, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut self.data) {
            ("data", Some(data)) => data.extend(["\n", value]),
            ("data", none) => *none = Some(value.to_owned()),
            ("id", _) if !value.contains('\0') => self.id = Some(value.to_owned()),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: Option<&str>, data: &str) -> ServerEvent {
        ServerEvent {
            id: id.map(str::to_owned),
            data: data.to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read_whatever_the_pieces() {
        let events = [event(Some("7"), "one line"), event(Some("8"), "two\nlines")];
        let text: String = events.iter().map(ToString::to_string).collect();
        for size in 1..=text.len() {
            let mut reader = EventReader::default();
            let pieces = text.as_bytes().chunks(size);
            let read: Vec<_> = pieces.flat_map(|piece| reader.read(piece)).collect();
            assert_eq!(read, events, "pieces of {size} bytes");
        }
    }

    #[test]
    fn lines_end_by_lf_cr_or_both() {
        let stream = "data: a\n\ndata: b\r\rdata: c\r\n\r\n";
        let read = EventReader::default().read(stream.as_bytes());
        assert_eq!(read, ["a", "b", "c"].map(|data| event(None, data)));
    }

    /// The examples of WHATWG HTML section 9.2.6.
    #[test]
    fn comments_empty_data_and_ids_are_as_the_standard_says() {
        let stream = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
        let read = EventReader::default().read(stream.as_bytes());
        let expected = [
            event(Some("1"), "first event"),
            event(Some(""), "second event"),
            event(Some(""), " third event"),
        ];
        assert_eq!(read, expected);
        let read = EventReader::default().read(b"data\n\ndata\ndata\n\ndata:");
        assert_eq!(read, [event(None, ""), event(None, "\n")]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_at_the_beginning_only() {
        let stream = "\u{feff}data: a\n\n\u{feff}data: b\n\n";
        let read = EventReader::default().read(stream.as_bytes());
        assert_eq!(read, [event(None, "a")]);
    }
}
