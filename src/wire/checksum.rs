//! Internet checksums (RFC 1071), filled once at the tap and verified once on arrival.

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
    let sum = Sum::default().add(&ip[..layout.header]).complement();
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
    if Sum::default().add(&ip[..layout.header]).complement() != 0 {
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
        let mut sum = Sum::default().add(payload);
        if self.protocol != ICMP {
            let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
            sum = sum
                .add(&ip[12..20])
                .add(&[0, self.protocol])
                .add(&length.to_be_bytes());
        }
        sum.complement()
    }
}

/// A one's complement sum under way. Its words are wider than RFC 1071's 16 bits and in the machine's byte
/// order, which changes nothing once it is folded (RFC 1071 section 2), so that the compiler adds many at once.
#[derive(Clone, Copy, Debug, Default)]
struct Sum(u64);

impl Sum {
    /// Adds bytes. A slice of odd length is padded with a zero, as RFC 1071 has it for the end of the data.
    fn add(self, bytes: &[u8]) -> Self {
        let (blocks, rest) = bytes.as_chunks::<16>();
        let mut lanes = [0; 4];
        for block in blocks {
            let (words, _) = block.as_chunks::<4>();
            for (lane, word) in lanes.iter_mut().zip(words) {
                *lane += u64::from(u32::from_ne_bytes(*word));
            }
        }
        let (words, last) = rest.as_chunks::<2>();
        let mut sum: u64 = lanes.iter().sum();
        for word in words {
            sum += u64::from(u16::from_ne_bytes(*word));
        }
        if let [byte] = last {
            sum += u64::from(u16::from_ne_bytes([*byte, 0]));
        }
        Self(self.0 + sum)
    }

    /// The checksum, in the machine's byte order.
    #[expect(clippy::cast_possible_truncation, reason = "folded to 16 bits")]
    const fn complement(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !u16::from_be(sum as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::checksum::Sum16BitWords;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_sum_is_rfc_1071s(bytes in prop::collection::vec(any::<u8>(), 0..200), more in any::<[u8; 2]>()) {
            let expected = Sum16BitWords::new().add_slice(&bytes).add_2bytes(more).ones_complement().to_be();
            prop_assert_eq!(Sum::default().add(&more).add(&bytes).complement(), expected);
        }
    }
}
