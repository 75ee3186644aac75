//! What can be wrong with a capture file, in sentences that say where and what to do.

use std::fmt;

use pcap_file::DataLink;

/// Where in a file something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// `packet` in pcap, `block` in pcapng.
    pub what: &'static str,
    /// Which one, from 1.
    pub number: u64,
    /// Bytes of the file before it.
    pub offset: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at byte {}", self.what, self.number, self.offset)
    }
}

/// Why a capture, or the rest of it, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// The file has no bytes.
    #[error(
        "the file is empty; capture again, and stop tcpdump with Ctrl-C so that it writes what it holds"
    )]
    Empty,
    /// The first bytes are of no capture.
    #[error(
        "the file begins with {magic}, as no pcap or pcapng does; give a file that tcpdump -w or Wireshark wrote"
    )]
    NoCapture {
        /// The bytes in hexadecimal.
        magic: String,
    },
    /// The file is something that people take for a capture.
    #[error("the file is {what}; {remedy}")]
    OtherFormat {
        /// What it is.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The file's header is not all there.
    #[error(
        "the file ends after {length} of the {needed} bytes of its header; copy it again, or capture again"
    )]
    HeaderCut {
        /// Bytes that are there.
        length: usize,
        /// Bytes that a header has.
        needed: usize,
    },
    /// A version of the format that nobody writes.
    #[error(
        "the file says that it is pcap {major}.{minor}, and 2.4 is what is understood; convert it with \
             `editcap -F pcapng`"
    )]
    Version {
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// A link layer that is not understood.
    #[error(
        "link type {number} ({name}) is not understood; what is: Ethernet, Linux cooked (v1 and v2), raw IP, \
             loopback. Capture on such an interface, for example with tcpdump -i any"
    )]
    LinkType {
        /// Its number.
        number: u32,
        /// Its name.
        name: String,
    },
    /// The file ends within something.
    #[error(
        "{place}: the file ends {missing} bytes too early, as it does when a capture is cut off; what comes before \
             is whole"
    )]
    Cut {
        /// Where.
        place: Place,
        /// Bytes that are missing.
        missing: usize,
    },
    /// A length that no packet has.
    #[error(
        "{place} claims {length} captured bytes, and no packet has more than {most}; the file is damaged from \
             there on: copy it again, in binary mode"
    )]
    Length {
        /// Where.
        place: Place,
        /// What it claims.
        length: u32,
        /// The most there can be.
        most: u32,
    },
    /// A block of pcapng that cannot be read.
    #[error(
        "{place} cannot be read: {cause}; the file is damaged from there on: copy it again, in binary mode, or try \
             to save it again with Wireshark"
    )]
    Block {
        /// Where.
        place: Place,
        /// What is wrong.
        cause: String,
    },
    /// A time that cannot be counted in nanoseconds since 1970.
    #[error(
        "{place} has a time beyond the year 2554; the clock or if_tsresol of the capture is wrong: set it right \
             with `editcap -t`"
    )]
    Time {
        /// Where.
        place: Place,
    },
}

impl CaptureError {
    /// What the first bytes say that are no capture's.
    pub(super) fn of_magic(bytes: &[u8]) -> Self {
        let known: [(&[u8], &str, &str); 8] = [
            (
                &[0x1f, 0x8b],
                "compressed by gzip",
                "decompress it with gunzip",
            ),
            (
                &[0x28, 0xb5, 0x2f, 0xfd],
                "compressed by zstd",
                "decompress it with unzstd",
            ),
            (
                &[0xfd, 0x37, 0x7a],
                "compressed by xz",
                "decompress it with unxz",
            ),
            (b"BZh", "compressed by bzip2", "decompress it with bunzip2"),
            (b"PK", "a ZIP archive", "unpack it"),
            (
                b"snoop",
                "a capture of snoop",
                "convert it with `editcap -F pcapng`",
            ),
            (
                &[0x34, 0xcd, 0xb2, 0xa1],
                "a modified pcap",
                "convert it with `editcap -F pcapng`",
            ),
            (
                &[0xa1, 0xb2, 0xcd, 0x34],
                "a modified pcap",
                "convert it with `editcap -F pcapng`",
            ),
        ];
        match known.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
            Some((_, what, remedy)) => Self::OtherFormat { what, remedy },
            None => Self::NoCapture {
                magic: bytes
                    .iter()
                    .take(4)
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<Vec<_>>()
                    .join(" "),
            },
        }
    }

    /// A link layer that is not understood, with its name in the registry.
    pub(super) fn link_type(number: u32) -> Self {
        let name = match DataLink::from(number) {
            DataLink::Unknown(_) => "unassigned".to_owned(),
            known => format!("{known:?}"),
        };
        Self::LinkType { number, name }
    }
}
