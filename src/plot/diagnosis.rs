//! A diagnosis: the page as it is and after each relief, by what its time is spent on.

use super::account;
use super::figure::Figure;
use crate::measure::CaseResult;
use crate::measure::diagnosis::{Combination, Diagnosis};

/// Reliefs that are drawn at most, the best first.
const MOST: usize = 12;

/// Draws the account of the page as it is, after each relief that gains something, after the best pair, and after what
/// meets the target.
///
/// # Panics
/// Never: every row has an account.
pub fn diagnosis(diagnosis: &Diagnosis) -> Figure {
    let row = |name: String, total_ms: f64, account: &std::collections::BTreeMap<String, f64>| {
        CaseResult {
            case: diagnosis.case.clone(),
            variant: name,
            total_ms,
            account: Some(account.clone()),
            ..CaseResult::default()
        }
    };
    let together = |one: &Combination| row(one.words.join(" + "), one.total_ms, &one.account);
    let mut rows = vec![row(
        "as it is".to_owned(),
        diagnosis.total_ms,
        &diagnosis.account,
    )];
    rows.extend(diagnosis.reliefs.iter().take(MOST).map(|relieved| {
        let (words, layer) = (&relieved.remedy.words, relieved.remedy.layer);
        row(
            format!("{words} ({layer})"),
            relieved.total_ms,
            &relieved.account,
        )
    }));
    let target = diagnosis
        .target
        .as_ref()
        .and_then(|target| target.met_by.as_ref());
    let more = diagnosis
        .pairs
        .first()
        .into_iter()
        .chain(target.filter(|met| met.components.len() > 1));
    for one in more.map(together) {
        if rows.iter().all(|row| row.variant != one.variant) {
            rows.push(one);
        }
    }
    let place = format!("{}/{}", diagnosis.case, diagnosis.variant);
    let title = heading(&diagnosis.constraint.sentence);
    account(&place, &title, &rows).expect("every row has an account")
}

/// The sentence up to its figures.
fn heading(sentence: &str) -> String {
    let short = sentence.split(" (of ").next().unwrap_or(sentence);
    let mut letters = short.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_the_sentence_without_its_figures() {
        assert_eq!(
            heading("the constraint is rate (of 4 s 3.9 s are serialization); a faster line ..."),
            "The constraint is rate"
        );
    }
}
