//! The variants of a case side by side: what the time of each was spent on, and how much it was.

use std::collections::BTreeSet;

use super::figure::{Align, Figure, MARGIN};
use super::font::{self, BODY, SMALL};
use super::scale::{Ruler, from_millis, spoken};
use super::stack::{self, Area};
use super::theme::Ink;
use crate::measure::CaseResult;
use crate::measure::account::Class;
use crate::units::Span;

#[cfg(test)]
mod tests;

/// Width of the panel of times in pixels.
const TIMES: i32 = 460;
/// Width of the panel of shares.
const SHARES: i32 = 300;
/// Height of a row.
const ROW: i32 = 28;
/// Height of a bar.
const BAR: i32 = 18;
/// Pixels between columns.
const CLEARANCE: i32 = 12;
/// Ratio of totals from which on the shortest bars show nothing, and shares are drawn beside them.
const WIDE: u64 = 50;

/// Draws the accounts of these results under `title`; nothing if none has one. Where totals differ fiftyfold or more, a
/// second panel shows each as shares of its own total: a logarithmic axis would give stacked areas the wrong sizes.
pub fn account(case: &str, title: &str, results: &[CaseResult]) -> Option<Figure> {
    let rows: Vec<Row> = results.iter().filter_map(Row::of).collect();
    let longest = rows.iter().map(|row| row.total.as_nanos()).max()?;
    let shortest = rows.iter().map(|row| row.total.as_nanos()).min()?.max(1);
    let ruler = Ruler::of(longest);
    let names = rows.iter().map(|row| font::width(&row.name, BODY)).max()?;
    let left = MARGIN + names + CLEARANCE;
    let totals = rows.iter().map(|row| {
        ruler.position(row.total.as_nanos(), TIMES) + 8 + font::width(&spoken(row.total), BODY)
    });
    let right = left + totals.max()?.max(TIMES + 20);
    let shares = (longest / shortest >= WIDE).then_some(right + 2 * CLEARANCE);
    let width = shares.map_or(right, |left| left + SHARES + 20) + MARGIN;
    let mut figure = Figure::new(title);
    figure.description = description(case, &rows);
    let top = figure.put_heading(&format!("case {case} · where the time went"), width) + 14;
    let bottom = top + ROW * i32::try_from(rows.len()).unwrap_or(0);
    put_times(&mut figure, ruler, left, top, bottom);
    if let Some(left) = shares {
        put_shares(&mut figure, left, top, bottom);
    }
    let mut classes = BTreeSet::new();
    for (index, row) in (0..).zip(&rows) {
        let top = top + index * ROW;
        row.put(&mut figure, ruler, left, top, &mut classes);
        if let Some(left) = shares {
            row.put_share(&mut figure, left, top, &mut classes);
        }
    }
    let end = stack::put_legend(
        &mut figure,
        &classes,
        (MARGIN, bottom + 46),
        width - 2 * MARGIN,
    );
    figure.size = (width, end + MARGIN);
    Some(figure)
}

/// One variant.
struct Row {
    name: String,
    total: Span,
    spans: Vec<(Class, Span)>,
}

impl Row {
    fn of(result: &CaseResult) -> Option<Self> {
        let account = result.account.as_ref()?;
        let spans: Vec<_> = Class::ALL
            .into_iter()
            .filter_map(|class| Some((class, from_millis(*account.get(class.key())?))))
            .collect();
        let total: Span = spans.iter().map(|(_, span)| *span).sum();
        (!total.is_zero()).then(|| Self {
            name: result.variant.clone(),
            total,
            spans,
        })
    }

    /// Its areas on a ruler of so many pixels.
    fn areas(&self, ruler: Ruler, left: i32, width: i32) -> Vec<Area> {
        let mut until = Span::ZERO;
        let areas = self.spans.iter().map(|(class, span)| {
            let from = until;
            until += *span;
            Area {
                class: *class,
                from: left + ruler.position(from.as_nanos(), width),
                until: left + ruler.position(until.as_nanos(), width),
            }
        });
        stack::joined(areas)
    }

    fn put(
        &self,
        figure: &mut Figure,
        ruler: Ruler,
        left: i32,
        top: i32,
        classes: &mut BTreeSet<Class>,
    ) {
        let baseline = top + ROW / 2 + 4;
        let name = (left - CLEARANCE, baseline);
        figure.put_label(name, &self.name, BODY, Ink::Text, Align::End);
        let areas = self.areas(ruler, left, TIMES);
        classes.extend(areas.iter().map(|area| area.class));
        stack::put(figure, &areas, top + (ROW - BAR) / 2, BAR);
        let end = left + ruler.position(self.total.as_nanos(), TIMES).max(1);
        figure.put_line((end, top + 4), (end, top + ROW - 4), Ink::Text, 1);
        figure.put_label(
            (end + 8, baseline),
            &spoken(self.total),
            BODY,
            Ink::Text,
            Align::Start,
        );
    }

    fn put_share(&self, figure: &mut Figure, left: i32, top: i32, classes: &mut BTreeSet<Class>) {
        let whole = Ruler {
            step: self.total.as_nanos(),
            steps: 1,
        };
        let areas = self.areas(whole, left, SHARES);
        classes.extend(areas.iter().map(|area| area.class));
        stack::put(figure, &areas, top + (ROW - BAR) / 2, BAR);
    }
}

fn put_times(figure: &mut Figure, ruler: Ruler, left: i32, top: i32, bottom: i32) {
    for tick in ruler.ticks() {
        let x = left + ruler.position(tick, TIMES);
        figure.put_line((x, top - 4), (x, bottom + 4), Ink::Rule, 1);
        let number = spoken(Span::from_nanos(tick));
        figure.put_label((x, bottom + 18), &number, SMALL, Ink::Muted, Align::Middle);
    }
    let at = (left + TIMES / 2, bottom + 34);
    figure.put_label(at, "time", SMALL, Ink::Muted, Align::Middle);
}

fn put_shares(figure: &mut Figure, left: i32, top: i32, bottom: i32) {
    for quarter in 0..=4 {
        let x = left + SHARES * quarter / 4;
        figure.put_line((x, top - 4), (x, bottom + 4), Ink::Rule, 1);
        let number = format!("{}%", 25 * quarter);
        figure.put_label((x, bottom + 18), &number, SMALL, Ink::Muted, Align::Middle);
    }
    let at = (left + SHARES / 2, bottom + 34);
    figure.put_label(
        at,
        "share of the variant's own total",
        SMALL,
        Ink::Muted,
        Align::Middle,
    );
}

fn description(case: &str, rows: &[Row]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let most = row.spans.iter().max_by_key(|(_, span)| *span);
            let most = most.map_or_else(String::new, |(class, span)| {
                format!(", of which {class} {}", spoken(*span))
            });
            format!("{} {}{most}", row.name, spoken(row.total))
        })
        .collect();
    format!(
        "Stacked bars of the variants of {case}: {}.",
        rows.join("; ")
    )
}
