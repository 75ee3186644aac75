//! What was on the wire: for assertions, and in files for those who set `WIRELAB_CAPTURE_DIR`.

use std::cell::RefCell;
use std::path::PathBuf;

use wirelab::event::{Event, HostId};
use wirelab::record::Entry;
use wirelab::units::SimTime;
use wirelab::wire::packet::{Ipv4View, TcpView};

thread_local! {
    /// The test that runs on this thread, where it is not the thread's name.
    static TEST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A TCP segment that a host sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) at: SimTime,
    pub(crate) flags: String,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) len: usize,
    pub(crate) ip_len: usize,
}

impl Sent {
    /// Whole milliseconds since the beginning of the world.
    pub(crate) fn millis(&self) -> u64 {
        self.at.as_nanos() / 1_000_000
    }

    /// Whether it has this flag, such as `RST`.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.split(',').any(|set| set == flag)
    }
}

/// The TCP segments that `host` gave to its tap, in order.
pub(crate) fn sent_by(entries: &[Entry], host: HostId) -> Vec<Sent> {
    let frames = entries.iter().filter_map(|entry| match &entry.event {
        Event::FrameSent { host: by, frame } if *by == host => Some((entry.at, &frame.bytes)),
        _ => None,
    });
    frames
        .filter_map(|(at, bytes)| {
            let (ip, tcp) = (Ipv4View::of(bytes)?, TcpView::of(bytes)?);
            Some(Sent {
                at,
                flags: tcp.flags(),
                seq: tcp.header.sequence_number(),
                ack: tcp.header.acknowledgment_number(),
                len: tcp.payload.len(),
                ip_len: usize::from(ip.header.total_len()),
            })
        })
        .collect()
}

/// Whether somebody wants the recordings.
pub(crate) fn wanted() -> bool {
    directory().is_some()
}

/// Says which test the worlds of this thread belong to.
pub(crate) fn belongs_to(test: &str) {
    TEST.set(Some(test.to_owned()));
}

/// Leaves `<test>-<seed>.events` where somebody wants it. The many worlds of a sweep leave only failures.
pub(crate) fn leave(seed: u64, entries: &[Entry]) {
    let swept = TEST.with_borrow(Clone::clone);
    let Some(directory) = directory().filter(|_| swept.is_none() || std::thread::panicking())
    else {
        return;
    };
    let test = swept.unwrap_or_else(|| {
        let name = std::thread::current().name().unwrap_or("test").to_owned();
        name.replace("::", ".")
    });
    let bytes = postcard::to_stdvec(entries).expect("memory takes every recording");
    std::fs::create_dir_all(&directory).expect("WIRELAB_CAPTURE_DIR can be made");
    std::fs::write(directory.join(format!("{test}-{seed}.events")), bytes)
        .expect("WIRELAB_CAPTURE_DIR can be written to");
}

fn directory() -> Option<PathBuf> {
    std::env::var_os("WIRELAB_CAPTURE_DIR").map(PathBuf::from)
}
