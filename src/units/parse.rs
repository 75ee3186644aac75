//! Reading a decimal number with a unit, exactly: no floating point, no silent rounding.

use thiserror::Error;

/// A text that is not the quantity that was expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not {expected}")]
pub struct ParseUnitError {
    text: String,
    expected: &'static str,
}

impl ParseUnitError {
    pub(super) fn new(text: &str, expected: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            expected,
        }
    }
}

/// `text` as a whole multiple of the smallest unit. `units` maps each spelling to its size; a size of zero
/// lets only the number zero stand with that spelling.
pub(super) fn scaled(
    text: &str,
    units: &[(&str, u64)],
    expected: &'static str,
) -> Result<u64, ParseUnitError> {
    let refuse = || ParseUnitError::new(text, expected);
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (_, size) = units
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(refuse)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.len() > 18 {
        return Err(refuse());
    }
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| refuse())?;
    if *size == 0 {
        return if digits == 0 { Ok(0) } else { Err(refuse()) };
    }
    let denominator = 10u128.pow(u32::try_from(fraction.len()).map_err(|_| refuse())?);
    let product = digits.checked_mul(u128::from(*size)).ok_or_else(refuse)?;
    if product % denominator != 0 {
        return Err(refuse());
    }
    u64::try_from(product / denominator).map_err(|_| refuse())
}
