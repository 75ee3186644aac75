//! Reading the frames of a packet that is not encrypted (RFC 9000 section 19).

use crate::event::{ByteRange, QuicFrame};
use crate::units::Span;

/// An ACK's delay counts units of eight microseconds, as no endpoint of the lab asks for others (RFC 9000 section
/// 18.2).
const ACK_DELAY_UNIT: u64 = 8_000;

/// The frames of a payload, up to the first whose end cannot be told.
pub(super) fn parse(payload: &[u8]) -> Vec<QuicFrame> {
    let mut reader = Reader(payload);
    let mut frames = Vec::new();
    while let Some(frame) = reader.frame() {
        match (frames.last_mut(), frame) {
            (Some(QuicFrame::Padding(bytes)), QuicFrame::Padding(more)) => *bytes += more,
            (_, frame) => frames.push(frame),
        }
    }
    frames
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn frame(&mut self) -> Option<QuicFrame> {
        let kind = self.number()?;
        Some(match kind {
            0x00 => QuicFrame::Padding(1),
            0x02 | 0x03 => self.ack(kind == 0x03)?,
            0x06 => {
                let start = self.number()?;
                let length = self.number()?;
                QuicFrame::Crypto(self.bytes(start, length)?)
            }
            0x08..=0x0f => self.stream(kind)?,
            _ => {
                self.other(kind)?;
                QuicFrame::Other(kind)
            }
        })
    }

    /// Section 19.3.
    fn ack(&mut self, counts: bool) -> Option<QuicFrame> {
        let mut last = self.number()?;
        let delay = Span::from_nanos(self.number()?.checked_mul(ACK_DELAY_UNIT)?);
        let further = self.number()?;
        let mut first = last.checked_sub(self.number()?)?;
        let mut ranges = vec![(first, last)];
        for _ in 0..further {
            last = first.checked_sub(self.number()?.checked_add(2)?)?;
            first = last.checked_sub(self.number()?)?;
            ranges.push((first, last));
        }
        if counts {
            self.numbers(3)?; // of marks of congestion
        }
        Some(QuicFrame::Ack { ranges, delay })
    }

    /// Section 19.8: the last bits of the type say which fields there are.
    fn stream(&mut self, kind: u64) -> Option<QuicFrame> {
        let stream = self.number()?;
        let start = if kind & 0x04 == 0 { 0 } else { self.number()? };
        let length = if kind & 0x02 == 0 {
            self.0.len() as u64
        } else {
            self.number()?
        };
        Some(QuicFrame::Stream {
            stream,
            range: self.bytes(start, length)?,
            fin: kind & 0x01 != 0,
        })
    }

    /// Passes over the fields of a frame of which only the type is told.
    fn other(&mut self, kind: u64) -> Option<()> {
        match kind {
            0x01 | 0x1e | 0x1f => Some(()),
            0x10 | 0x12..=0x14 | 0x16 | 0x17 | 0x19 => self.numbers(1),
            0x05 | 0x11 | 0x15 => self.numbers(2),
            0x04 => self.numbers(3),
            0x07 | 0x31 => self.counted(),
            0x18 => {
                self.numbers(2)?;
                let length = self.byte()?;
                self.skip(u64::from(length) + 16) // the id and a token for stateless reset
            }
            0x1a | 0x1b => self.skip(8),
            0x1c => {
                self.numbers(2)?;
                self.counted()
            }
            0x1d => {
                self.numbers(1)?;
                self.counted()
            }
            0xaf => self.numbers(4),
            _ => self.skip(self.0.len() as u64), // a datagram without length, or nothing that quinn sends
        }
    }

    fn counted(&mut self) -> Option<()> {
        let length = self.number()?;
        self.skip(length)
    }

    fn numbers(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.number().map(drop))
    }

    fn bytes(&mut self, start: u64, length: u64) -> Option<ByteRange> {
        self.skip(length)?;
        let end = start.checked_add(length)?;
        Some(ByteRange { start, end })
    }

    fn skip(&mut self, length: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(length).ok()?..)?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A variable-length integer (section 16): the first two bits say how many bytes it has.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        (1..1 << (first >> 6)).try_fold(u64::from(first & 0x3f), |value, _| {
            Some(value << 8 | u64::from(self.byte()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, end: u64) -> ByteRange {
        ByteRange { start, end }
    }

    #[test]
    fn numbers_have_one_to_eight_bytes() {
        // The examples of RFC 9000 appendix A.1.
        let read = |bytes: &[u8]| Reader(bytes).number();
        assert_eq!(read(&[0x25]), Some(37));
        assert_eq!(read(&[0x7b, 0xbd]), Some(15_293));
        assert_eq!(read(&[0x9d, 0x7f, 0x3e, 0x7d]), Some(494_878_333));
        let eight = [0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c];
        assert_eq!(read(&eight), Some(151_288_809_941_952_652));
        assert_eq!(read(&eight[..7]), None);
    }

    #[test]
    fn frames_follow_one_another() {
        let payload = [
            &[0x06, 0x00, 0x03, b'a', b'b', b'c'][..],   // CRYPTO
            &[0x02, 0x0a, 0x02, 0x01, 0x00, 0x01, 0x03], // ACK 10, and 4 to 7
            &[0x0b, 0x04, 0x02, b'h', b'i'],             // STREAM with length and FIN
            &[0x00, 0x00, 0x00],
            &[0x1e],
            &[0x0c, 0x04, 0x02, b'!'], // STREAM with offset, to the end
        ]
        .concat();
        assert_eq!(
            parse(&payload),
            [
                QuicFrame::Crypto(range(0, 3)),
                QuicFrame::Ack {
                    ranges: vec![(10, 10), (4, 7)],
                    delay: Span::from_nanos(16_000)
                },
                QuicFrame::Stream {
                    stream: 4,
                    range: range(0, 2),
                    fin: true
                },
                QuicFrame::Padding(3),
                QuicFrame::Other(0x1e),
                QuicFrame::Stream {
                    stream: 4,
                    range: range(2, 3),
                    fin: false
                },
            ]
        );
    }

    #[test]
    fn fields_of_other_frames_are_passed_over() {
        let ping = [0x01];
        let others: [&[u8]; 6] = [
            &[
                0x18, 0x01, 0x00, 0x02, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
            ],
            &[0x1c, 0x0a, 0x00, 0x02, b'n', b'o'],
            &[0x1d, 0x41, 0x00, 0x00],
            &[0x1a, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0x07, 0x01, 0xff],
            &[0x04, 0x00, 0x01, 0x02],
        ];
        for other in others {
            let frames = parse(&[other, &ping].concat());
            let expected = [QuicFrame::Other(other[0].into()), QuicFrame::Other(0x01)];
            assert_eq!(frames, expected);
        }
    }

    #[test]
    fn what_breaks_off_is_not_told() {
        assert_eq!(parse(&[0x06, 0x00, 0x05, b'a']), []);
        assert_eq!(parse(&[0x02, 0x01, 0x00, 0x00, 0x02]), []); // ranges below 0
    }
}
