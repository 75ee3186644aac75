//! tshark as a subprocess.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Expert information of this severity is an error (`PI_ERROR`).
const EXPERT_ERROR: u64 = 0x0080_0000;

/// The fields that are asked for, besides the flags.
const FIELDS: [&str; 6] = [
    "_ws.malformed",
    "_ws.expert.severity",
    "ip.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
    "tcp.completeness",
];

/// The flags of `tcp.analysis` that say what happened.
pub(crate) const FLAGS: [&str; 15] = [
    "retransmission",
    "fast_retransmission",
    "spurious_retransmission",
    "out_of_order",
    "lost_segment",
    "ack_lost_segment",
    "duplicate_ack",
    "window_update",
    "window_full",
    "zero_window",
    "zero_window_probe",
    "zero_window_probe_ack",
    "keep_alive",
    "keep_alive_ack",
    "reused_ports",
];

/// A tshark that can be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tshark;

/// What tshark thinks of one frame.
#[derive(Debug)]
pub(crate) struct Opinion {
    /// Malformed, wrong checksum, expert error.
    pub(crate) fault: Option<String>,
    /// The flags of `tcp.analysis`.
    pub(crate) flags: BTreeSet<&'static str>,
    /// Completeness of the conversation so far.
    pub(crate) completeness: Option<u32>,
}

impl Tshark {
    /// The installed tshark; says so where there is none.
    pub(crate) fn find() -> Option<Self> {
        if Command::new("tshark")
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
        {
            return Some(Self);
        }
        assert!(
            std::env::var_os("CI").is_none(),
            "tshark is required in CI: apt-get install tshark"
        );
        println!("skipped: tshark is not installed (apt-get install tshark)");
        None
    }

    /// Frames of a capture that a display filter shows.
    #[expect(
        clippy::unused_self,
        reason = "who has a `Tshark` knows that it is there"
    )]
    pub(crate) fn count(self, name: &str, capture: &[u8], filter: &str) -> usize {
        let file = format!("wirelab-count-{}-{name}.pcapng", std::process::id());
        let path = std::env::temp_dir().join(file);
        fs::write(&path, capture).expect("the temporary directory is writable");
        let mut command = Command::new("tshark");
        command.arg("-r").arg(&path).args(["-Y", filter]);
        let output = command.output().expect("tshark was found");
        fs::remove_file(&path).expect("the capture was written");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {error}");
        String::from_utf8_lossy(&output.stdout).lines().count()
    }

    /// Its opinion of every frame of a capture.
    #[expect(
        clippy::unused_self,
        reason = "who has a `Tshark` knows that it is there"
    )]
    pub(crate) fn read(self, name: &str, capture: &[u8]) -> Vec<Opinion> {
        let path = scratch(name, capture);
        let mut command = Command::new("tshark");
        // Two passes: completeness is then that of the whole conversation on each of its frames.
        command.args(["-2", "-r"]).arg(&path).args([
            "-T",
            "fields",
            "-E",
            "separator=;",
            "-E",
            "aggregator=,",
        ]);
        // Without it tshark calls a retransmission malformed where it also reassembles HTTP/2 frames.
        command.args(["-o", "tcp.reassemble_out_of_order:TRUE"]);
        for layer in ["ip", "tcp", "udp"] {
            command.args(["-o", &format!("{layer}.check_checksum:TRUE")]);
        }
        for field in FIELDS {
            command.args(["-e", field]);
        }
        for flag in FLAGS {
            command.args(["-e", &format!("tcp.analysis.{flag}")]);
        }
        let output = command.output().expect("tshark was found");
        fs::remove_file(&path).expect("the capture was written");
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).expect("tshark prints text");
        text.lines().map(opinion).collect()
    }

    /// These fields of every frame of a capture. Fragments of IP are left as they are.
    #[expect(
        clippy::unused_self,
        reason = "who has a `Tshark` knows that it is there"
    )]
    pub(crate) fn fields(self, name: &str, capture: &[u8], fields: &[&str]) -> Vec<Vec<String>> {
        let path = scratch(&format!("fields-{name}"), capture);
        let mut command = Command::new("tshark");
        command.args(["-2", "-r"]).arg(&path);
        command.args(["-T", "fields", "-E", "separator=;", "-E", "occurrence=f"]);
        command.args(["-o", "ip.defragment:FALSE"]);
        for field in fields {
            command.args(["-e", field]);
        }
        let output = command.output().expect("tshark was found");
        fs::remove_file(&path).expect("the capture was written");
        let text = String::from_utf8_lossy(&output.stdout);
        let rows = text
            .lines()
            .map(|line| line.split(';').map(str::to_owned).collect());
        rows.collect()
    }

    /// All values of a field, in order.
    #[expect(
        clippy::unused_self,
        reason = "who has a `Tshark` knows that it is there"
    )]
    pub(crate) fn values(self, name: &str, capture: &[u8], field: &str) -> Vec<String> {
        let path = scratch(&format!("values-{name}"), capture);
        let mut command = Command::new("tshark");
        command
            .arg("-r")
            .arg(&path)
            .args(["-T", "fields", "-e", field]);
        let output = command.output().expect("tshark was found");
        fs::remove_file(&path).expect("the capture was written");
        let text = String::from_utf8(output.stdout).expect("tshark prints text");
        let values = text.split([',', '\n']).filter(|value| !value.is_empty());
        values.map(str::to_owned).collect()
    }
}

/// A file of a test's own with this capture.
fn scratch(name: &str, capture: &[u8]) -> PathBuf {
    let file = format!(
        "wirelab-{}-{}.pcapng",
        std::process::id(),
        name.replace('/', "-")
    );
    let path = std::env::temp_dir().join(file);
    fs::write(&path, capture).expect("the temporary directory is writable");
    path
}

fn opinion(line: &str) -> Opinion {
    let columns: Vec<_> = line.split(';').collect();
    let [malformed, severity, ip, tcp, udp, completeness] = columns[..FIELDS.len()] else {
        panic!("tshark printed {line:?}")
    };
    let flags = FLAGS
        .iter()
        .zip(&columns[FIELDS.len()..])
        .filter(|(_, value)| !value.is_empty());
    Opinion {
        fault: fault(malformed, severity, [ip, tcp, udp]),
        flags: flags.map(|(flag, _)| *flag).collect(),
        completeness: completeness.parse().ok(),
    }
}

/// What is wrong with a frame in itself. A checksum status of 1 is "good".
fn fault(malformed: &str, severity: &str, checksums: [&str; 3]) -> Option<String> {
    if !malformed.is_empty() {
        return Some("malformed".to_owned());
    }
    if severity
        .split(',')
        .filter_map(|value| value.parse::<u64>().ok())
        .any(|value| value >= EXPERT_ERROR)
    {
        return Some(format!("expert severity {severity}"));
    }
    // An ICMP error quotes a header, whose checksum is of the packet that it came from: the first one counts.
    let bad = checksums.iter().any(|status| {
        status
            .split(',')
            .next()
            .is_some_and(|first| !["", "1"].contains(&first))
    });
    bad.then(|| format!("checksum status {checksums:?}"))
}
