//! The header field `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use http::HeaderValue;
use rand::Rng;

use crate::rng::Stream;

/// The name of the field.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A key of a client's making: a UUID (RFC 9562 section 5.4), as the draft recommends.
pub fn draw(dice: &mut Stream) -> String {
    let bits = (u128::from(dice.next_u64()) << 64) | u128::from(dice.next_u64());
    let version = bits & !(0xf << 76) | (4 << 76);
    let variant = version & !(0b11 << 62) | (0b10 << 62);
    let digits = format!("{variant:032x}");
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}

/// The field's value: a string of structured fields (RFC 8941 section 3.3.3), which stands in quotes.
pub(super) fn quoted(key: &str) -> String {
    format!("\"{key}\"")
}

/// The key in the field's value; `None` if it is not a string, or an empty one.
pub(super) fn unquoted(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?.trim_matches(' ');
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut letters = inner.chars();
    let mut key = String::with_capacity(inner.len());
    while let Some(letter) = letters.next() {
        key.push(match letter {
            '"' => return None, // the string ends before the value does
            '\\' => letters
                .next()
                .filter(|escaped| matches!(escaped, '"' | '\\'))?,
            letter => letter,
        });
    }
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Dice;

    #[test]
    fn a_drawn_key_is_a_uuid_of_version_4() {
        let key = draw(&mut Dice::new(1).stream("keys"));
        let lengths: Vec<_> = key.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&key[14..15], "4");
        assert!("89ab".contains(&key[19..20]), "{key}");
        assert_ne!(key, draw(&mut Dice::new(2).stream("keys")));
    }

    #[test]
    fn a_key_is_a_string_in_quotes() {
        let read = |value: &'static str| unquoted(&HeaderValue::from_static(value));
        assert_eq!(read("\"8e03978e\""), Some("8e03978e".to_owned()));
        assert_eq!(read(" \"a b\" "), Some("a b".to_owned()));
        assert_eq!(read(r#""a\"b\\c""#), Some("a\"b\\c".to_owned()));
        for wrong in [
            "8e03978e", "\"\"", "\"", "\"a", "\"a\"b\"", r#""a\b""#, r#""a\""#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(
            read("\"x\"").map(|key| quoted(&key)).as_deref(),
            Some("\"x\"")
        );
    }
}
