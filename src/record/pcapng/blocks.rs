//! The blocks before and after the packets.

use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::time::Duration;

use pcap_file::pcapng::RawBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::interface_statistics::{
    InterfaceStatisticsBlock, InterfaceStatisticsOption,
};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, NameResolutionBlock, Record};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness};

use super::EPOCH;
use crate::event::HostInfo;
use crate::record::recording::RunInfo;

/// Block type of a decryption secrets block, which the crate does not know.
const SECRETS: u32 = 0x0000_000a;
/// Secrets type of a TLS key log.
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// The section header; its comment is the command that makes the same bytes again.
pub(super) fn section(run: &RunInfo, host: &HostInfo) -> SectionHeaderBlock<'static> {
    let comment = format!(
        "{}\nThe frames that {} sent and received in a simulated network, in virtual time.",
        run.command(),
        host.name
    );
    SectionHeaderBlock {
        endianness: Endianness::Little, // the same bytes on every platform
        options: vec![
            SectionHeaderOption::Common(CommonOption::Comment(comment.into())),
            SectionHeaderOption::Hardware("simulated host".into()),
            SectionHeaderOption::OS(format!("{} transport profile", host.stack).into()),
            SectionHeaderOption::UserApplication(
                concat!("wirelab ", env!("CARGO_PKG_VERSION")).into(),
            ),
        ],
        ..SectionHeaderBlock::default()
    }
}

/// The host's tap.
pub(super) fn interface(
    host: &HostInfo,
    snaplen: Option<u32>,
) -> InterfaceDescriptionBlock<'static> {
    let addresses: Vec<_> = host.addresses.iter().map(ToString::to_string).collect();
    let description = format!(
        "tap of {} ({} stack) at {}, gateway {}",
        host.name,
        host.stack,
        addresses.join(", "),
        host.gateway
    );
    InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: snaplen.unwrap_or(0), // zero means no limit
        options: vec![
            InterfaceDescriptionOption::IfName(format!("{}-tap0", host.name).into()),
            InterfaceDescriptionOption::IfDescription(description.into()),
            InterfaceDescriptionOption::IfMacAddr(host.mac.0.to_vec().into()),
            InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
        ],
    }
}

/// The names of all hosts' addresses.
pub(super) fn names<'a>(hosts: impl Iterator<Item = &'a HostInfo>) -> NameResolutionBlock<'a> {
    let hosts = hosts.filter(|host| is_name(&host.domain));
    let records = hosts.flat_map(|host| {
        let record = |ip_addr: &Ipv4Addr| Ipv4Record {
            ip_addr: *ip_addr,
            names: vec![Cow::Borrowed(host.domain.as_str())],
        };
        host.addresses
            .iter()
            .map(move |address| Record::Ipv4(record(address)))
    });
    NameResolutionBlock {
        records: records.collect(),
        options: Vec::new(),
    }
}

/// Names end with NUL in the file, so they cannot contain one, and an empty name would not be read back.
fn is_name(domain: &str) -> bool {
    !domain.is_empty() && domain.len() < 256 && !domain.contains('\0')
}

/// The TLS secrets; Wireshark wants them before the packets that they decrypt.
pub(super) fn secrets(log: &str) -> RawBlock<'static> {
    let mut body = Vec::with_capacity(log.len() + 11);
    body.extend_from_slice(&TLS_KEY_LOG.to_le_bytes());
    body.extend_from_slice(&u32_len(log.len()).to_le_bytes());
    body.extend_from_slice(log.as_bytes());
    body.resize(body.len().next_multiple_of(4), 0);
    raw(SECRETS, Cow::Owned(body))
}

/// A block of `body`, whose length is a multiple of four.
pub(super) fn raw(type_: u32, body: Cow<'_, [u8]>) -> RawBlock<'_> {
    let length = u32_len(body.len() + 12);
    RawBlock {
        type_,
        initial_len: length,
        body,
        trailer_len: length,
    }
}

/// What the tap saw from beginning to end; `end` is in nanoseconds since 1970.
pub(super) fn statistics(end: u64, frames: u64) -> InterfaceStatisticsBlock<'static> {
    let end = Duration::from_nanos(end);
    InterfaceStatisticsBlock {
        interface_id: 0,
        timestamp: end,
        options: vec![
            InterfaceStatisticsOption::IsbStartTime(EPOCH.into()),
            InterfaceStatisticsOption::IsbEndTime(end),
            InterfaceStatisticsOption::IsbIfRecv(frames),
            InterfaceStatisticsOption::IsbIfDrop(0),
        ],
    }
}

fn u32_len(length: usize) -> u32 {
    u32::try_from(length).expect("a block is far shorter than 4 GiB")
}
