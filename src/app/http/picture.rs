//! Pictures for real browsers, of any size.

use bytes::Bytes;

/// A GIF of one black pixel up to where its comment goes: header, logical screen, global colour table.
const BEGINNING: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff";

/// What follows: image descriptor, the pixel, trailer.
const END: &[u8] = b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

/// Larger bodies are not made: a picture is in memory as a whole.
const LARGEST: u64 = 64_000_000;

/// A picture of exactly so many bytes; nothing if there is none of that size. Its comment (`GIF89a` section 24) comes before
/// the pixel, so that no decoder is done, and no browser gives up, before the last byte is there.
///
/// # Panics
/// Never: a block of the comment is no longer than its length can say.
pub fn picture(bytes: u64) -> Option<Bytes> {
    if bytes > LARGEST {
        return None;
    }
    let bytes = usize::try_from(bytes).ok()?;
    let mut filling = bytes.checked_sub(BEGINNING.len() + END.len())?;
    let mut picture = Vec::with_capacity(bytes);
    picture.extend(BEGINNING);
    // The comment's introducer, label and end take three bytes, each of its blocks one more than it holds.
    if filling >= 5 {
        picture.extend(b"\x21\xfe");
        filling -= 3;
        while filling >= 2 {
            // No rest of one byte is left, which would be a block of nothing: that is the end.
            let held = if filling == 257 {
                254
            } else {
                (filling - 1).min(255)
            };
            picture.push(u8::try_from(held).expect("a block has at most 255 bytes"));
            picture.resize(picture.len() + held, b'.');
            filling -= held + 1;
        }
        picture.push(0);
    }
    picture.extend(END);
    // Behind the trailer nobody reads.
    picture.resize(bytes, 0);
    Some(picture.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks over the blocks of the comment to the image descriptor.
    fn is_a_picture(picture: &[u8]) -> bool {
        let rest = picture.strip_prefix(BEGINNING).expect("it begins as one");
        let Some(mut rest) = rest.strip_prefix(b"\x21\xfe") else {
            return rest.starts_with(END);
        };
        while rest[0] > 0 {
            rest = &rest[1 + usize::from(rest[0])..];
        }
        rest[1..].starts_with(END)
    }

    #[test]
    fn a_picture_is_as_long_as_it_is_asked_to_be_or_not_there() {
        let least = (BEGINNING.len() + END.len()) as u64;
        assert_eq!(picture(least - 1), None);
        assert_eq!(picture(LARGEST + 1), None);
        for bytes in (least..least + 1_100).chain([10_000, 1_000_000]) {
            let picture = picture(bytes).expect("it can be made");
            assert_eq!(picture.len() as u64, bytes);
            assert!(is_a_picture(&picture), "{bytes}");
        }
    }
}
