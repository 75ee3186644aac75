//! The answer in one sentence, and numbers as people read them.

use crate::measure::CaseResult;
use crate::measure::account::Class;

/// Which component a run's time hung on: what its case says, else what its account says.
pub(super) fn answer(result: &CaseResult) -> String {
    match &result.constraint {
        Some(constraint) => sentence(constraint),
        None => largest(result).unwrap_or_else(|| format!("It took {}.", millis(result.total_ms))),
    }
}

/// A sentence made of the class that most time was spent on.
fn largest(result: &CaseResult) -> Option<String> {
    let account = result.account.as_ref()?;
    let spent = |class: Class| account.get(class.key()).copied().unwrap_or_default();
    let class = Class::ALL
        .into_iter()
        .max_by(|one, other| spent(*one).total_cmp(&spent(*other)))?;
    let (most, total) = (spent(class), result.total_ms);
    (most > 0.0 && total > 0.0).then(|| {
        format!(
            "Of {}, {} went to {} ({:.0} %).",
            millis(total),
            millis(most),
            in_a_sentence(class),
            100.0 * most / total
        )
    })
}

/// A class where a sentence says what time went to.
fn in_a_sentence(class: Class) -> String {
    match class {
        Class::Rto => "waiting for the retransmission timer (RTO)".to_owned(),
        Class::Propagation => "propagation: signals on their way".to_owned(),
        Class::Pool => "waiting for a connection".to_owned(),
        Class::Connect => "opening connections".to_owned(),
        class if class.is_window() => format!("waiting for the {class}"),
        class => class.to_string(),
    }
}

/// The text with a capital letter first and a full stop last.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    let mut sentence = first.unwrap_or_default() + letters.as_str();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// Milliseconds with the digits that matter: `12.15 s`, `612.4 ms`, `0.08 ms`.
pub(super) fn millis(ms: f64) -> String {
    let (value, unit) = if ms.abs() >= 10_000.0 {
        (ms / 1_000.0, "s")
    } else {
        (ms, "ms")
    };
    let digits = match value.abs() {
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let text = if text == "-0" { "0" } else { text };
    format!("{text} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_without_a_constraint_is_answered_by_its_account() {
        let mut result = CaseResult {
            total_ms: 1_200.0,
            account: Some([("rto".to_owned(), 1_000.0), ("connect".to_owned(), 200.0)].into()),
            ..CaseResult::default()
        };
        let said = "Of 1200 ms, 1000 ms went to waiting for the retransmission timer (RTO) (83 %).";
        assert_eq!(answer(&result), said);
        result.constraint = Some("the constraint is the line".to_owned());
        assert_eq!(answer(&result), "The constraint is the line.");
        result.constraint = None;
        result.account = None;
        assert_eq!(answer(&result), "It took 1200 ms.");
    }

    #[test]
    fn numbers_have_the_digits_that_matter() {
        let said = [12_150.0, 1_200.0, 612.44, 12.5, 0.0801, -0.000_01, 0.0].map(millis);
        assert_eq!(
            said,
            [
                "12.15 s", "1200 ms", "612.4 ms", "12.5 ms", "0.08 ms", "0 ms", "0 ms"
            ]
        );
    }
}
