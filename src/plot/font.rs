//! The one font of all pictures, embedded, and the widths that follow from it.
//!
//! Widths are sums of integer advances without kerning, as a browser's are to within a pixel or two.

use std::sync::{LazyLock, Once};

use ab_glyph::{Font, FontRef};
use plotters::style::{FontStyle, register_font};

/// Font family of every picture: the embedded font, then those that are about as wide.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Size of ordinary text in pixels.
pub(super) const BODY: i32 = 12;
/// Size of secondary text in pixels, the smallest there is.
pub(super) const SMALL: i32 = 11;
/// Size of host names in pixels.
pub(super) const HEADING: i32 = 14;
/// Size of the title in pixels.
pub(super) const TITLE: i32 = 19;

static BYTES: &[u8] = include_bytes!("../../assets/fonts/DejaVuSans.ttf");

static FONT: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(BYTES).expect("the embedded font is a TrueType font"));

/// Makes the font known to plotters under [`FAMILY`].
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let known = register_font(FAMILY, FontStyle::Normal, BYTES).is_ok();
        assert!(known, "the embedded font is a TrueType font");
    });
}

/// Width of `text` in pixels at `size` pixels per em, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a TrueType font has at most 16384 units per em"
)]
pub(super) fn width(text: &str, size: i32) -> i32 {
    let advance = |c| FONT.h_advance_unscaled(FONT.glyph_id(c)) as i32;
    let units: i32 = text.chars().map(advance).sum();
    let per_em = FONT.units_per_em().map_or(1, |units| units as i32);
    (units * size + per_em - 1) / per_em
}

/// Height of a line, ascent and descent, per em.
pub(super) fn line_per_em() -> f64 {
    let units = FONT
        .units_per_em()
        .expect("a TrueType font has units per em");
    f64::from(FONT.height_unscaled()) / f64::from(units)
}

/// `text` cut to `most` pixels, with an ellipsis if anything is missing.
pub(super) fn elided(text: &str, size: i32, most: i32) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let room = most - width("…", size);
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) > room {
            kept.pop();
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// `text` broken at spaces into lines of at most `most` pixels; a longer word has a line of its own.
pub(super) fn wrapped(text: &str, size: i32, most: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(word, size) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
