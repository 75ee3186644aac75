//! Which requests a waterfall shows, in words and in spans since its beginning.

use std::collections::BTreeSet;

use super::MOST_ROWS;
use crate::measure::account::Class;
use crate::measure::{Carrier, Exchange, HostView, Page, Phases};
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// The requests of a recording.
pub(super) struct Rows {
    /// Those that are drawn, in the order in which they were wanted.
    pub(super) drawn: Vec<Row>,
    /// How many there are.
    pub(super) total: usize,
    /// From the page's beginning to its end.
    pub(super) span: Span,
    /// From the page's beginning until all of them are over: longer than `span` where the page does not wait for some.
    pub(super) reach: Span,
    /// What the time is counted from, in words.
    pub(super) since: &'static str,
}

/// One request.
pub(super) struct Row {
    pub(super) name: String,
    /// Version of HTTP, and the ordinal of the connection among its host's.
    pub(super) protocol: String,
    /// When it was wanted, when it was sent, when the first byte came, and when it was over.
    pub(super) marks: [Span; 4],
    /// The steps before it was sent: where one ends and another begins.
    pub(super) inner: Vec<Span>,
    /// What its time went to.
    pub(super) slices: Vec<(Span, Span, Class)>,
    /// Whether the page's end depended on it.
    pub(super) critical: bool,
    pub(super) failed: bool,
}

impl Row {
    /// How long it took.
    pub(super) fn total(&self) -> Span {
        self.marks[3] - self.marks[0]
    }
}

impl Rows {
    /// The requests of these pages; nothing if there are none.
    pub(super) fn of(recording: &Recording, pages: &[Page]) -> Option<Self> {
        let from = pages.iter().map(|page| page.window.from).min()?;
        let until = pages.iter().map(|page| page.window.until).max()?;
        let teller = Teller {
            from,
            end: recording.end(),
            many: pages.len() > 1,
        };
        let mut all: Vec<_> = pages.iter().flat_map(of_page).collect();
        all.sort_by_key(|asked| (asked.exchange.wanted, asked.exchange.request));
        let ends = all.iter().map(|asked| teller.end_of(asked.exchange));
        let last = ends.max().unwrap_or(until).max(until);
        let important: Vec<bool> = all.iter().map(Asked::is_important).collect();
        let drawn = chosen(&important, MOST_ROWS).into_iter();
        Some(Self {
            drawn: drawn.map(|position| teller.row(&all[position])).collect(),
            total: all.len(),
            span: until - from,
            reach: last - from,
            since: since(recording, pages, from),
        })
    }

    /// The classes that occur.
    pub(super) fn classes(&self) -> BTreeSet<Class> {
        let slices = self.drawn.iter().flat_map(|row| &row.slices);
        slices.map(|(_, _, class)| *class).collect()
    }
}

/// What is at the origin, in words: connections may be older than a page, and a page older than its first request.
fn since(recording: &Recording, pages: &[Page], from: SimTime) -> &'static str {
    let firsts = pages.iter().flat_map(|page| {
        let sent = HostView::named(recording, &page.name).first_sent();
        let wanted = page.exchanges.iter().map(|exchange| exchange.wanted);
        wanted.chain([sent])
    });
    if firsts.min() == Some(from) {
        "time since the first frame or request"
    } else {
        "time since the page began"
    }
}

/// Positions of at most `most` rows: the important ones first, and of the others every so many.
pub(super) fn chosen(important: &[bool], most: usize) -> Vec<usize> {
    let (first, rest): (Vec<usize>, Vec<usize>) =
        (0..important.len()).partition(|position| important[*position]);
    let mut kept = spread(&first, most);
    kept.extend(spread(&rest, most - kept.len()));
    kept.sort_unstable();
    kept
}

/// So many of them, at equal distances.
fn spread(positions: &[usize], most: usize) -> Vec<usize> {
    let count = positions.len();
    if count <= most {
        return positions.to_vec();
    }
    (0..most)
        .map(|index| positions[index * count / most])
        .collect()
}

/// A request of a page.
struct Asked<'a> {
    page: &'a Page,
    exchange: &'a Exchange,
    carrier: Carrier,
    critical: bool,
}

impl Asked<'_> {
    /// Whether a waterfall that leaves rows out should have it.
    fn is_important(&self) -> bool {
        self.critical || self.exchange.status == 0
    }
}

fn of_page(page: &Page) -> impl Iterator<Item = Asked<'_>> {
    let critical = page.critical();
    let exchanges = page.exchanges.iter().zip(&page.carriers);
    exchanges.map(move |(exchange, carrier)| Asked {
        page,
        exchange,
        carrier: *carrier,
        critical: critical.contains(&exchange.request),
    })
}

/// What rows are told from.
struct Teller {
    from: SimTime,
    end: SimTime,
    /// Whether there are several pages, so that rows need their hosts.
    many: bool,
}

impl Teller {
    /// When a request was over.
    fn end_of(&self, exchange: &Exchange) -> SimTime {
        let end = exchange.ended.unwrap_or(self.end);
        end.max(exchange.wanted)
    }

    fn row(&self, asked: &Asked<'_>) -> Row {
        let Asked { page, exchange, .. } = asked;
        let phases = Phases::of(exchange, self.end);
        let since = |at: SimTime| at - self.from;
        let marks = phases.marks();
        let ready = marks[5];
        let begin = exchange.wanted;
        let end = self.end_of(exchange);
        let slices = page.account_of(exchange.request).into_iter();
        let slices = slices.flat_map(|object| object.account.slices());
        Row {
            name: if self.many {
                format!("{} {}", page.name, exchange.path())
            } else {
                exchange.path().to_owned()
            },
            protocol: protocol(asked.carrier),
            marks: [begin, ready, marks[7], end].map(since),
            inner: marks[..5]
                .iter()
                .filter(|mark| begin < **mark && **mark < ready)
                .map(|mark| since(*mark))
                .collect(),
            slices: slices
                .map(|slice| (since(slice.from), since(slice.until), slice.class))
                .collect(),
            critical: asked.critical,
            failed: exchange.status == 0,
        }
    }
}

fn protocol(carrier: Carrier) -> String {
    carrier.connection.map_or_else(
        || carrier.version.to_owned(),
        |ordinal| format!("{} #{ordinal}", carrier.version),
    )
}
