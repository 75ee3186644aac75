//! Spans and amounts as sentences and tables have them.

use crate::units::Span;

/// A span with four significant digits at most: `1.05 s`, `75 ms`, `812.3 us`.
pub fn spoken(span: Span) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    let ns = span.as_nanos();
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| ns >= *unit) else {
        return if ns == 0 {
            "0 ms".to_owned()
        } else {
            format!("{ns} ns")
        };
    };
    let digits = (ns / unit).ilog10() + 1;
    let decimals = 4_u32.saturating_sub(digits).min(unit.ilog10());
    let parts = 10_u64.pow(decimals);
    let step = unit / parts;
    let rounded = ns.saturating_add(step / 2) / step;
    let text = format!(
        "{}.{:0width$}",
        rounded / parts,
        rounded % parts,
        width = decimals as usize
    );
    let text = if decimals == 0 {
        grouped(rounded / parts)
    } else {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    format!("{text} {name}")
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut apart = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// A part of the whole in percent.
pub fn percent(part: Span, whole: Span) -> String {
    let per_mille = u128::from(part.as_nanos()) * 1000 / u128::from(whole.as_nanos().max(1));
    if per_mille < 10 && per_mille > 0 {
        format!("0.{per_mille}%")
    } else {
        format!("{}%", (per_mille + 5) / 10)
    }
}

/// `1 frame`, `2 frames`.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_four_digits_at_most() {
        let texts = [
            0,
            7,
            1_500,
            12_345_678,
            999_999_999,
            1_050_000_000,
            131_000_000_000,
        ]
        .map(|ns| spoken(Span::from_nanos(ns)));
        assert_eq!(
            texts,
            [
                "0 ms", "7 ns", "1.5 us", "12.35 ms", "1000 ms", "1.05 s", "131 s"
            ]
        );
    }

    #[test]
    fn small_parts_are_not_nothing() {
        let whole = Span::from_nanos(1_000_000);
        let texts = [0, 3_000, 45_600, 999_999].map(|part| percent(Span::from_nanos(part), whole));
        assert_eq!(texts, ["0%", "0.3%", "5%", "100%"]);
    }
}
