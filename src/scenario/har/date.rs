//! Moments as archives write them: ISO 8601 with an offset.

/// Milliseconds since 1970 of a text such as `2017-06-28T17:41:55.880+09:00`; without an offset it is UTC.
pub(super) fn millis(text: &str) -> Option<f64> {
    let (date, rest) = text.trim().split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (
        number(date.next()?)?,
        number(date.next()?)?,
        number(date.next()?)?,
    );
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, offset) = rest.split_at(end);
    let mut time = time.splitn(3, ':');
    let (hours, minutes) = (number(time.next()?)?, number(time.next()?)?);
    let seconds: f64 = time
        .next()
        .map_or(Some(0.0), |text| text.replace(',', ".").parse().ok())?;
    if hours > 24 || minutes > 59 || !(0.0..61.0).contains(&seconds) {
        return None;
    }
    let days = days(year, month, day);
    let minutes = (days * 24 + hours) * 60 + minutes - offset_minutes(offset)?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "minutes since 1970 are fewer than 2^53"
    )]
    let minutes = minutes as f64;
    Some(minutes * 60_000.0 + seconds * 1000.0)
}

fn number(text: &str) -> Option<i64> {
    let digits =
        !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// By how many minutes a clock is ahead of UTC: `Z`, `+09:00`, `-0730`, `+01`.
fn offset_minutes(text: &str) -> Option<i64> {
    let mut letters = text.chars();
    let sign = match letters.next() {
        None | Some('Z' | 'z') => return Some(0),
        Some('-') => -1,
        Some(_) => 1,
    };
    let digits: String = letters.filter(|letter| *letter != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() {
        0
    } else {
        number(minutes)?
    };
    Some(sign * (number(hours)? * 60 + minutes))
}

/// Days since 1970 of a date of the Gregorian calendar.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_fractions_are_understood() {
        assert_eq!(millis("1970-01-01T00:00:00.000Z"), Some(0.0));
        assert_eq!(millis("1970-01-02T09:00:00.250+09:00"), Some(86_400_250.0));
        assert_eq!(
            millis("2017-06-28T03:15:00.969Z"),
            Some(1_498_619_700_969.0)
        );
        assert_eq!(
            millis("2017-06-28T03:15:00"),
            millis("2017-06-27T20:15:00-0700")
        );
        for wrong in [
            "",
            "yesterday",
            "2017-13-01T00:00:00Z",
            "2017-06-28",
            "2017-06-28T99:00:00Z",
        ] {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }
}
