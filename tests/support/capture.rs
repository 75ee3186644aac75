//! What was on the wire: for assertions, and in files for those who set `WIRELAB_CAPTURE_DIR`.

use std::cell::RefCell;
use std::path::PathBuf;

use wirelab::event::{Event, HostId};
use wirelab::record::pcapng::Captures;
use wirelab::record::{Entry, Recording, RunInfo, events_file};
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

/// Leaves the captures of a world where somebody wants them. The many worlds of a sweep leave only failures.
pub(crate) fn leave(seed: u64, entries: &[Entry]) {
    let swept = TEST.with_borrow(Clone::clone);
    if !wanted() || (swept.is_some() && !std::thread::panicking()) {
        return;
    }
    let test = swept.unwrap_or_else(|| {
        let name = std::thread::current().name().unwrap_or("test").to_owned();
        name.replace("::", ".")
    });
    let run = RunInfo {
        case: test,
        seed,
        ..RunInfo::default()
    };
    leave_recording(&Recording {
        run,
        entries: entries.to_vec(),
    });
}

/// Leaves `<case>[-<variant>]-<seed>-<host>.pcapng` for every host, and the recording as `….events.bin`, in
/// the directory that `WIRELAB_CAPTURE_DIR` names, if it is set.
pub(crate) fn leave_recording(recording: &Recording) {
    let Some(directory) = directory() else { return };
    std::fs::create_dir_all(&directory).expect("WIRELAB_CAPTURE_DIR can be made");
    let RunInfo {
        case,
        variant,
        seed,
        ..
    } = &recording.run;
    let parts = [case.as_str(), variant.as_str()];
    let name: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let write = |end: &str, bytes: Vec<u8>| {
        let file = format!("{}-{seed}{end}", name.join("-"));
        std::fs::write(directory.join(file), bytes).expect("WIRELAB_CAPTURE_DIR can be written to");
    };
    let captures = Captures::of(recording);
    for (host, info) in recording.hosts() {
        let mut bytes = Vec::new();
        captures
            .write(host, &mut bytes)
            .expect("memory takes every capture");
        write(&format!("-{}.pcapng", info.name), bytes);
    }
    let mut bytes = Vec::new();
    events_file::write(recording, &mut bytes).expect("memory takes every recording");
    write(".events.bin", bytes);
}

fn directory() -> Option<PathBuf> {
    std::env::var_os("WIRELAB_CAPTURE_DIR").map(PathBuf::from)
}
