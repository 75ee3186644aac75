//! Internet checksums (RFC 1071), filled once at the tap and verified once on arrival.

use etherparse::checksum::Sum16BitWords;

use super::frame::ETHERNET_HEADER;

/// IP protocol number of TCP.
pub const TCP: u8 = 6;
/// IP protocol number of UDP.
pub const UDP: u8 = 17;
/// IP protocol number of ICMP.
pub const ICMP: u8 = 1;

/// Fills the IPv4 header checksum and the TCP, UDP or ICMP checksum of an IPv4 frame whose lengths are right.
pub fn fill(frame: &mut [u8]) {
    let Some(layout) = Layout::of(frame) else {
        return;
    };
    let ip = &mut frame[ETHERNET_HEADER..];
    ip[10..12].fill(0);
    let sum = Sum16BitWords::new()
        .add_slice(&ip[..layout.header])
        .ones_complement()
        .to_be();
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    let Some(place) = layout.place() else { return };
    ip[place..place + 2].fill(0);
    let mut sum = layout.sum(ip);
    if layout.protocol == UDP && sum == 0 {
        sum = 0xffff; // RFC 768: zero means that there is no checksum
    }
    ip[place..place + 2].copy_from_slice(&sum.to_be_bytes());
}

/// Whether the header checksum of an IPv4 frame and that of its TCP, UDP or ICMP payload are right.
pub fn verify(frame: &[u8]) -> bool {
    let Some(layout) = Layout::of(frame) else {
        return false;
    };
    let ip = &frame[ETHERNET_HEADER..];
    if Sum16BitWords::new()
        .add_slice(&ip[..layout.header])
        .ones_complement()
        != 0
    {
        return false;
    }
    layout.place().is_none() || layout.sum(ip) == 0
}

/// Where the parts of an IPv4 packet are.
struct Layout {
    protocol: u8,
    header: usize,
    total: usize,
}

impl Layout {
    fn of(frame: &[u8]) -> Option<Self> {
        let ip = frame.get(ETHERNET_HEADER..)?;
        let first = *ip.first()?;
        let header = usize::from(first & 0x0f) * 4;
        if first >> 4 != 4 || header < 20 || ip.len() < header {
            return None;
        }
        let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
        (total >= header && total <= ip.len()).then_some(Self {
            protocol: ip[9],
            header,
            total,
        })
    }

    /// Offset of the payload's checksum in the packet, if it has one and is long enough.
    fn place(&self) -> Option<usize> {
        let offset = match self.protocol {
            TCP => 16,
            UDP => 6,
            ICMP => 2,
            _ => return None,
        };
        let place = self.header + offset;
        (place + 2 <= self.total).then_some(place)
    }

    /// Checksum over payload and, except for ICMP, the pseudo header (RFC 9293 section 3.1).
    fn sum(&self, ip: &[u8]) -> u16 {
        let payload = &ip[self.header..self.total];
        let mut sum = Sum16BitWords::new().add_slice(payload);
        if self.protocol != ICMP {
            let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
            sum = sum
                .add_slice(&ip[12..20])
                .add_2bytes([0, self.protocol])
                .add_2bytes(length.to_be_bytes());
        }
        sum.ones_complement().to_be()
    }
}
