//! Where the time went so far: the account of the whole, cut off at the place.

use std::collections::BTreeMap;

use ratatui::text::{Line, Span as Part};

use crate::measure::account::{Account, Class};
use crate::stepper::tui::app::App;
use crate::units::{SimTime, Span};

/// A bar for each class that anything was spent on.
pub(super) fn lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let world = app.world();
    let Some(account) = &world.account else {
        let mut lines = vec![Line::raw(
            "no account: the recording does not say whose time",
        )];
        lines.push(Line::raw("it is, or is too long to be held in memory."));
        if let Some(total) = world.total_ms {
            lines.push(Line::raw(format!("It took {total:.3} ms.")));
        }
        return lines;
    };
    let spent = until(account, world.player.now());
    let sum: Span = spent.values().copied().sum();
    let whole = account.total();
    let mut lines = vec![Line::raw(format!(
        "{:.3} of {:.3} ms",
        sum.as_millis_f64(),
        whole.as_millis_f64()
    ))];
    let room = width.saturating_sub(40).max(4);
    for class in Class::ALL {
        let Some(span) = spent.get(&class).filter(|span| !span.is_zero()) else {
            continue;
        };
        let long = share(*span, whole, room);
        let style = app.palette.class(class);
        lines.push(Line::from(vec![
            Part::raw(format!(
                "{:<21} {:>10.3} ms ",
                class.to_string(),
                span.as_millis_f64()
            )),
            Part::styled("\u{2588}".repeat(long), style),
            Part::raw(format!(" {}%", share(*span, sum, 100))),
        ]));
    }
    lines
}

/// What was spent up to a moment.
fn until(account: &Account, now: SimTime) -> BTreeMap<Class, Span> {
    let mut spent = BTreeMap::new();
    for slice in account.slices().iter().filter(|slice| slice.from < now) {
        let end = slice.until.min(now);
        *spent.entry(slice.class).or_default() += end - slice.from;
    }
    spent
}

/// `part` of `whole` in `of` steps, rounded up so that nothing disappears.
fn share(part: Span, whole: Span, of: usize) -> usize {
    let (part, whole) = (u128::from(part.as_nanos()), u128::from(whole.as_nanos()));
    let steps = (part * of as u128).div_ceil(whole.max(1));
    usize::try_from(steps).unwrap_or(of)
}
