//! What each request of a page waited for: the answer, or the part of one, that told the browser of it.

use std::collections::BTreeMap;

use super::item::{Item, Kind};
use super::page::Notes;

/// What a request waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cause {
    /// Position of the request whose answer it was.
    pub(super) of: usize,
    /// How much of it.
    pub(super) part: Part,
    /// How long the browser worked then, in ms.
    pub(super) wait: f64,
}

/// A part of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Start,
    /// A part of its bytes, from 0 to 1.
    Share(f64),
    End,
}

/// How long a browser looks through what came, before it asks for what it found there, in ms.
const SCAN: f64 = 5.0;

/// What begins so soon after an answer was probably caused by it, in ms.
const SOON: f64 = 30.0;

/// A clock's error, in ms.
const ERROR: f64 = 1.5;

/// The causes of each item; none for those that the page begins with.
pub(super) fn causes(items: &[Item], notes: &mut Notes) -> Vec<Vec<Cause>> {
    let mut first: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, item) in items.iter().enumerate() {
        first.entry(&item.url.whole).or_default().push(position);
    }
    let mut all: Vec<Vec<Cause>> = Vec::new();
    for position in 0..items.len() {
        let causes = if position == 0 {
            Vec::new()
        } else {
            causes_of(items, position, &first, &all, notes)
        };
        all.push(causes);
    }
    all
}

fn causes_of(
    items: &[Item],
    own: usize,
    named: &BTreeMap<&str, Vec<usize>>,
    earlier: &[Vec<Cause>],
    notes: &mut Notes,
) -> Vec<Cause> {
    let item = &items[own];
    if let Some(of) = redirected(items, own) {
        let wait = (item.start - items[of].end()).max(0.0);
        return vec![Cause {
            of,
            part: Part::End,
            wait,
        }];
    }
    let told = item.initiators.iter().find_map(|url| {
        let url = url.split('#').next().unwrap_or_default();
        let places = named.get(url)?;
        places
            .iter()
            .rev()
            .copied()
            .find(|place| *place < own && items[*place].answered() <= item.start + ERROR)
    });
    let parent = told.or_else(|| document(items, own));
    if told.is_none() {
        notes.add("requests that do not say what asked for them, taken to be the document's, or caused by what had just come: #", 1);
    }
    let Some(parent) = parent else {
        return Vec::new();
    };
    let cause = part_of(items, parent, own);
    // A script or a style sheet that had just come, where the parent itself had come long before.
    if cause.wait > SOON
        && let Some(blocker) = just_before(items, own, parent, earlier)
    {
        let after = Cause {
            of: blocker,
            part: Part::End,
            wait: (item.start - items[blocker].end()).max(0.0),
        };
        let found = Cause {
            wait: cause.wait.min(SCAN),
            ..cause
        };
        return vec![found, after];
    }
    vec![cause]
}

/// The request whose answer redirected to this one.
fn redirected(items: &[Item], own: usize) -> Option<usize> {
    let item = &items[own];
    (0..own).rev().find(|place| {
        let other = &items[*place];
        let target = other.redirect.split('#').next().unwrap_or_default();
        let relative = target.starts_with('/') && item.url.whole.ends_with(target);
        !target.is_empty()
            && (target == item.url.whole || relative)
            && other.end() <= item.start + 2.0 * ERROR
    })
}

/// The document that a request probably belongs to: the last that had begun to come, of those that are no frames.
fn document(items: &[Item], own: usize) -> Option<usize> {
    let item = &items[own];
    let came = |place: &usize| items[*place].answered() <= item.start + ERROR;
    let is_page =
        |place: &usize| items[*place].kind == Kind::Document && items[*place].redirect.is_empty();
    let mut before = (0..own).filter(came);
    before.clone().find(is_page).or_else(|| before.next())
}

/// A script, style sheet or datum whose end was just before a request began, and that does not itself depend on it.
fn just_before(items: &[Item], own: usize, parent: usize, earlier: &[Vec<Cause>]) -> Option<usize> {
    let item = &items[own];
    let is_active = |place: &usize| {
        matches!(
            items[*place].kind,
            Kind::Script | Kind::Style | Kind::Data | Kind::Document
        )
    };
    let soon = |place: &usize| {
        let gap = item.start - items[*place].end();
        (-ERROR..=SOON).contains(&gap)
    };
    (0..own.min(earlier.len()))
        .filter(|place| *place != parent && is_active(place) && soon(place))
        .max_by(|one, other| items[*one].end().total_cmp(&items[*other].end()))
}

/// Which part of its parent's answer a request waited for.
fn part_of(items: &[Item], parent: usize, own: usize) -> Cause {
    let (item, other) = (&items[own], &items[parent]);
    let came = other.answered();
    if let Some(share) = mentioned(other, item) {
        let at = came + share * other.receive;
        if at <= item.start + ERROR {
            return Cause {
                of: parent,
                part: Part::Share(share),
                wait: (item.start - at).max(0.0),
            };
        }
    }
    if item.start + ERROR >= other.end() {
        return Cause {
            of: parent,
            part: Part::End,
            wait: (item.start - other.end()).max(0.0),
        };
    }
    let since = (item.start - came).max(0.0);
    let scan = since.min(SCAN);
    let share = (since - scan) / other.receive.max(f64::MIN_POSITIVE);
    Cause {
        of: parent,
        part: if share < 0.01 {
            Part::Start
        } else {
            Part::Share(share.min(1.0))
        },
        wait: scan,
    }
}

/// Where in a document's text another object is named, as a part of its length.
#[expect(
    clippy::cast_precision_loss,
    reason = "texts are shorter than 2^53 bytes"
)]
fn mentioned(document: &Item, item: &Item) -> Option<f64> {
    let text = document
        .text
        .as_deref()
        .filter(|_| document.kind == Kind::Document)?;
    let target = item.url.whole.split_once("://")?.1;
    let path = &target[target.find('/')?..];
    let name = path.rsplit('/').next().filter(|name| name.len() > 3)?;
    let end_of = |part: &str| text.find(part).map(|at| at + part.len());
    let end = end_of(path).or_else(|| end_of(name))?;
    Some(end as f64 / text.len().max(1) as f64)
}
