//! Figures in rows and columns: city against server, and what each visit cost.

use std::collections::BTreeMap;

use super::map::{City, Region};
use super::observe::Visit;
use crate::measure::Table;
use crate::units::Span;

/// A time in milliseconds, to the nanosecond.
pub(super) fn ms(span: Span) -> String {
    let ms = format!("{:.6}", span.as_millis_f64());
    let short = ms.trim_end_matches('0').trim_end_matches('.');
    format!("{short} ms")
}

/// The same, or `none`.
pub(super) fn some_ms(span: Option<Span>) -> String {
    span.map_or_else(|| "none".to_owned(), ms)
}

/// The number alone.
pub(super) fn number(span: Option<Span>) -> String {
    let text = span.map_or_else(|| "-".to_owned(), ms);
    text.trim_end_matches(" ms").to_owned()
}

/// The city of a user's host.
pub(super) fn city(visit: &Visit) -> Option<City> {
    let place = visit.user.strip_prefix("user.")?;
    City::ALL
        .into_iter()
        .find(|city| place.starts_with(city.name()))
}

/// City against server, and every visit.
pub(super) fn tables(visits: &[Visit]) -> Vec<Table> {
    let mut tables = Vec::new();
    tables.extend(matrix(visits));
    tables.push(journal(visits));
    tables
}

/// The longest request on an open connection, for each city and server that met; `None` if none did.
fn matrix(visits: &[Visit]) -> Option<Table> {
    let mut cells: BTreeMap<(City, Region), Span> = BTreeMap::new();
    for visit in visits {
        if let (Some(city), Some(region), Some(warm)) = (city(visit), visit.region, visit.warm()) {
            let cell = cells.entry((city, region)).or_default();
            *cell = warm.max(*cell);
        }
    }
    if cells.is_empty() {
        return None;
    }
    let regions = [Region::UsEast].into_iter().chain(Region::REGIONAL);
    let regions = regions.filter(|region| cells.keys().any(|(_, met)| met == region));
    let regions: Vec<_> = regions.collect();
    let cities = City::ALL.into_iter();
    let cities = cities.filter(|city| cells.keys().any(|(met, _)| met == city));
    let row = |city: City| {
        let times = regions
            .iter()
            .map(|region| cells.get(&(city, *region)).copied());
        [city.name().to_owned()]
            .into_iter()
            .chain(times.map(number))
            .collect()
    };
    let names = regions.iter().map(|region| region.name().to_owned());
    Some(Table {
        title: "a request on an open connection in ms, city against server, as measured".to_owned(),
        columns: [String::new()].into_iter().chain(names).collect(),
        rows: cities.map(row).collect(),
    })
}

/// What each visit cost.
fn journal(visits: &[Visit]) -> Table {
    let row = |(count, visit): (usize, &Visit)| {
        let first = visit.requests.first();
        let failed = first.is_some_and(|request| request.error.is_some());
        vec![
            format!("{count} {}", visit.user),
            visit.region.map_or("-", Region::name).to_owned(),
            number(visit.dns),
            if failed {
                "failed".to_owned()
            } else {
                number(visit.cold())
            },
            number(visit.warm()),
        ]
    };
    let columns = [
        "visit",
        "server",
        "lookup",
        "first object",
        "further request",
    ];
    Table {
        title: "visits in ms".to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: (1..).zip(visits).map(row).collect(),
    }
}
