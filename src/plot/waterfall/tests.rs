//! Which rows a waterfall keeps.

use super::rows::chosen;

#[test]
fn all_important_rows_are_kept_and_the_others_are_spread() {
    let important: Vec<bool> = (0..500).map(|position| position % 50 == 7).collect();
    let kept = chosen(&important, 100);
    assert_eq!(kept.len(), 100);
    assert!(kept.is_sorted());
    assert!((0..10).all(|ordinal| kept.contains(&(ordinal * 50 + 7))));
    let widest = kept.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(widest <= Some(7), "{widest:?}");
}

#[test]
fn few_rows_are_all_kept() {
    assert_eq!(chosen(&[false, true, false], 100), [0, 1, 2]);
}
