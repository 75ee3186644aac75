//! Accounts of hand-made results.

use std::collections::BTreeMap;

use super::*;
use crate::plot::figure::Shape;

fn result(variant: &str, account: &[(Class, f64)]) -> CaseResult {
    let account: BTreeMap<_, _> = account
        .iter()
        .map(|(class, ms)| (class.key().to_owned(), *ms))
        .collect();
    CaseResult {
        variant: variant.to_owned(),
        total_ms: account.values().sum(),
        account: Some(account),
        ..CaseResult::default()
    }
}

/// Widths of the areas of a class, those of the legend left out.
fn widths(figure: &Figure, class: Class) -> Vec<i32> {
    let boxes = figure.shapes.iter().filter_map(|shape| match shape {
        Shape::Box {
            corner,
            opposite,
            ink,
        } if *ink == Ink::Time(class) => {
            (opposite.1 - corner.1 == BAR).then_some(opposite.0 - corner.0)
        }
        _ => None,
    });
    boxes.collect()
}

#[test]
fn areas_are_as_wide_as_their_times() {
    let results = [
        result(
            "one",
            &[(Class::Connect, 100.0), (Class::Propagation, 300.0)],
        ),
        result("two", &[(Class::Propagation, 150.0)]),
    ];
    let figure = account("case", "title", &results).expect("there are accounts");
    let propagation = widths(&figure, Class::Propagation);
    // Both ends are rounded to pixels.
    assert!((propagation[0] - 2 * propagation[1]).abs() <= 2);
    let connect = widths(&figure, Class::Connect)[0];
    assert!((propagation[0] - 3 * connect).abs() <= 2);
    assert_eq!(propagation.len(), 2, "similar totals need no shares");
    assert_eq!(figure.overlaps(), []);
}

#[test]
fn totals_that_differ_fiftyfold_are_shown_as_shares_too() {
    let results = [
        result("long-name-of-a-variant", &[(Class::Client, 60_000.0)]),
        result("short", &[(Class::Connect, 50.0), (Class::Rto, 150.0)]),
    ];
    let figure = account("case", "title", &results).expect("there are accounts");
    let shares = [Class::Connect, Class::Rto].map(|class| widths(&figure, class));
    assert_eq!(shares[0].last(), Some(&(SHARES / 4)));
    assert_eq!(shares[1].last(), Some(&(SHARES * 3 / 4)));
    assert_eq!(figure.overlaps(), []);
}

#[test]
fn without_any_account_there_is_no_picture() {
    assert_eq!(account("case", "title", &[CaseResult::default()]), None);
}
