//! Data as text that a page can hold: JSON, compressed (RFC 1950) and written in base64 (RFC 4648), which has no
//! letter that HTML knows.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;

/// Letters of base64.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Packs a value. The same value makes the same text on every machine.
///
/// # Panics
/// If the value has no JSON: a map with keys that are no text, or a number that is not finite.
pub(super) fn pack(value: &impl Serialize) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    serde_json::to_writer(&mut encoder, value).expect("the page's data has a form in JSON");
    encoder.flush().expect("memory takes every byte");
    base64(&encoder.finish().expect("memory takes every byte"))
}

/// Bytes in base64, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |position: usize| u32::from(group.get(position).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * position) & 63) as usize];
            let is_padding = position > group.len();
            text.push(if is_padding { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        // The test vectors of its section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn nothing_that_is_packed_ends_a_script_element() {
        let packed = pack(&vec!["</script>"; 100]);
        assert!(packed.len() < 100, "{packed}");
        assert!(!packed.contains('<'));
    }
}
