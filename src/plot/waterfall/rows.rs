//! Which requests a waterfall shows, in words and in spans since its beginning.

use std::collections::{BTreeMap, BTreeSet};

use super::MOST_ROWS;
use crate::event::{Phase, SocketId};
use crate::measure::account::Class;
use crate::measure::{Exchange, Page, Phases, Protocols};
use crate::record::{Index, Recording};
use crate::units::{SimTime, Span};

/// The requests of a recording.
pub(super) struct Rows {
    /// Those that are drawn, in the order in which they were wanted.
    pub(super) drawn: Vec<Row>,
    /// How many there are.
    pub(super) total: usize,
    /// From the beginning to the end of the last one.
    pub(super) span: Span,
}

/// One request.
pub(super) struct Row {
    pub(super) name: String,
    /// Version of HTTP, and the ordinal of the connection among those of the recording's requests.
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
    pub(super) fn of(recording: &Recording, pages: &[Page]) -> Self {
        let index = Index::of(recording);
        let exchanges = || pages.iter().flat_map(|page| &page.exchanges);
        let protocols = Protocols::of(&index, exchanges());
        let from = pages.iter().map(|page| page.window.from).min();
        let teller = Teller {
            protocols,
            ordinals: ordinals(exchanges()),
            from: from.unwrap_or_default(),
            end: recording.end(),
            many: pages.len() > 1,
        };
        let mut all: Vec<_> = pages
            .iter()
            .flat_map(|page| {
                let critical = page.critical();
                page.exchanges.iter().map(move |exchange| {
                    let is_critical = critical.contains(&exchange.request);
                    (page, exchange, is_critical)
                })
            })
            .collect();
        all.sort_by_key(|(_, exchange, _)| (exchange.wanted, exchange.request));
        let important = |(_, exchange, critical): &(&Page, &Exchange, bool)| {
            *critical || exchange.error.is_some() || exchange.ended.is_none()
        };
        let wanted: Vec<bool> = all.iter().map(important).collect();
        let drawn = chosen(&wanted, MOST_ROWS).into_iter();
        let drawn = drawn.map(|position| teller.row(all[position])).collect();
        let until = pages.iter().map(|page| page.window.until).max();
        Self {
            drawn,
            total: all.len(),
            span: until.map_or(Span::ZERO, |until| until - from.unwrap_or_default()),
        }
    }

    /// The classes that occur, in the order in which an exchange meets them.
    pub(super) fn classes(&self) -> impl Iterator<Item = Class> {
        let slices = self.drawn.iter().flat_map(|row| &row.slices);
        let used: BTreeSet<_> = slices.map(|(_, _, class)| *class).collect();
        Class::ALL
            .into_iter()
            .filter(move |class| used.contains(class))
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

/// The connections of requests, counted from 1 in the order in which they were first used.
fn ordinals<'e>(exchanges: impl Iterator<Item = &'e Exchange>) -> BTreeMap<SocketId, usize> {
    let mut used: Vec<_> = exchanges
        .filter_map(|exchange| Some((exchange.at(Phase::RequestStart)?, exchange.socket?)))
        .collect();
    used.sort_unstable();
    let mut ordinals = BTreeMap::new();
    for (_, socket) in used {
        let next = ordinals.len() + 1;
        ordinals.entry(socket).or_insert(next);
    }
    ordinals
}

/// What rows are told from.
struct Teller<'a> {
    protocols: Protocols<'a>,
    ordinals: BTreeMap<SocketId, usize>,
    from: SimTime,
    end: SimTime,
    /// Whether there are several pages, so that rows need their hosts.
    many: bool,
}

impl Teller<'_> {
    fn row(&self, (page, exchange, critical): (&Page, &Exchange, bool)) -> Row {
        let phases = Phases::of(exchange, self.end);
        let since = |at: SimTime| at - self.from;
        let marks = phases.marks();
        let ready = marks[5];
        let begin = exchange.wanted;
        let end = exchange.ended.unwrap_or(self.end).max(begin);
        let slices = page.account_of(exchange.request).into_iter();
        let slices = slices.flat_map(|object| object.account.slices());
        Row {
            name: match self.many {
                true => format!("{} {}", page.name, exchange.path()),
                false => exchange.path().to_owned(),
            },
            protocol: self.protocol(exchange),
            marks: [begin, ready, marks[7], end].map(since),
            inner: marks[..5]
                .iter()
                .filter(|mark| begin < **mark && **mark < ready)
                .map(|mark| since(*mark))
                .collect(),
            slices: slices
                .map(|slice| (since(slice.from), since(slice.until), slice.class))
                .collect(),
            critical,
            failed: exchange.status == 0,
        }
    }

    fn protocol(&self, exchange: &Exchange) -> String {
        let version = self.protocols.version(exchange);
        let ordinal = exchange.socket.and_then(|socket| self.ordinals.get(&socket));
        ordinal.map_or_else(
            || version.to_owned(),
            |ordinal| format!("{version} #{ordinal}"),
        )
    }
}
