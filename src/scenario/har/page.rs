//! Which requests of an archive are a page, and when that began and was there.

use std::collections::{BTreeMap, BTreeSet};

use super::item::Item;
use super::read::{Archive, Entry, HarError, PageInfo};
use super::url::{LONGEST_PATH, Url};

/// A page of an archive.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    /// Its id, or a name if it has none.
    pub(super) id: String,
    pub(super) title: String,
    /// Its requests in the order of their starts.
    pub(super) items: Vec<Item>,
    /// From its beginning until it was there, in ms.
    pub(super) time: f64,
    /// What that is: the load event, or the last answer.
    pub(super) until_load: bool,
    /// What was left out or assumed, and how often.
    pub(super) notes: Notes,
}

/// Sentences about a recording, each with how often it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(BTreeMap<&'static str, usize>);

impl Notes {
    pub(super) fn add(&mut self, sentence: &'static str, count: usize) {
        if count > 0 {
            *self.0.entry(sentence).or_default() += count;
        }
    }

    /// The sentences; `#` stands for the number.
    pub(super) fn sentences(&self) -> Vec<String> {
        let all = self.0.iter();
        all.map(|(sentence, count)| sentence.replace('#', &count.to_string()))
            .collect()
    }
}

/// Requests that begin after a silence as long as this belong to no page load, in ms.
const SILENCE: f64 = 5_000.0;

/// Objects that a replay has at most.
const MOST: usize = 2_000;

/// Servers that it has at most: a world has 512 hosts.
const MOST_SERVERS: usize = 400;

/// Bytes that an answer has at most.
const MOST_BYTES: u64 = 50_000_000;

/// Bytes that all answers together have at most.
const MOST_BYTES_TOGETHER: u64 = 200_000_000;

/// The pages of an archive that have something to replay.
pub(super) fn pages(archive: &Archive) -> Result<Vec<Recorded>, HarError> {
    if archive.entries.is_empty() {
        let message = "it is empty: open the page with the network panel open, and export then";
        return Err(HarError::Nothing(message.to_owned()));
    }
    let mut pages = archive.pages.clone();
    if pages.is_empty() {
        pages.push(PageInfo {
            id: "page".to_owned(),
            ..PageInfo::default()
        });
    }
    let mut entries: Vec<Vec<&Entry>> = pages.iter().map(|_| Vec::new()).collect();
    for entry in &archive.entries {
        entries[page_of(entry, &pages)].push(entry);
    }
    let found = std::iter::zip(&pages, entries);
    let found: Vec<_> = found
        .filter_map(|(page, entries)| Recorded::of(page, entries, archive.is_chromium()))
        .collect();
    if found.is_empty() {
        let message =
            "none of them went over the network: they were blocked, cached, or have data: URLs";
        return Err(HarError::Nothing(message.to_owned()));
    }
    Ok(found)
}

/// The page that an entry names, or else the last that had begun.
fn page_of(entry: &Entry, pages: &[PageInfo]) -> usize {
    let named = entry.pageref.as_ref();
    let named = named.and_then(|name| pages.iter().position(|page| page.id == *name));
    named.unwrap_or_else(|| {
        let begun = |page: &PageInfo| page.start.is_some_and(|start| start <= entry.start);
        pages.iter().rposition(begun).unwrap_or(0)
    })
}

impl Recorded {
    fn of(page: &PageInfo, entries: Vec<&Entry>, chromium: bool) -> Option<Self> {
        let mut notes = Notes::default();
        let mut kept: Vec<(&Entry, Url)> = Vec::new();
        for entry in entries {
            match Url::of(&entry.url) {
                None => notes.add("requests left out, without http:// or https://: #", 1),
                Some(_) if entry.cached => {
                    notes.add("requests left out, answered by a cache: #", 1);
                }
                Some(_) if is_lost(entry) => {
                    notes.add("requests left out, blocked or failed: #", 1);
                }
                Some(url) => {
                    let pushed = usize::from(entry.pushed);
                    notes.add("answers that servers pushed, here asked for: #", pushed);
                    kept.push((entry, url));
                }
            }
        }
        kept.sort_by(|(one, _), (other, _)| one.start.total_cmp(&other.start));
        let first = kept.first()?.0.start;
        let beginning = page
            .start
            .filter(|start| (first - SILENCE..=first).contains(start))
            .unwrap_or(first);
        let items = kept
            .into_iter()
            .map(|(entry, url)| Item::of(entry, url, beginning, chromium));
        let mut items: Vec<_> = items.collect();
        let load = page
            .load
            .zip(page.start)
            .map(|(load, start)| start + load - beginning);
        let is_page = |item: &Item, load: f64| item.start < load && item.end() <= load + 1.0;
        let load = load.filter(|load| items.iter().any(|item| is_page(item, *load)));
        let wanted = items.len();
        match load {
            Some(load) => items.retain(|item| item.start < load),
            None => cut_at_silence(&mut items),
        }
        notes.add(
            "requests left out, begun after the page was there: #",
            wanted - items.len(),
        );
        limit(&mut items, &mut notes);
        let last = items.iter().map(Item::end).fold(0.0, f64::max);
        let untimed = items.iter().filter(|item| !item.timed).count();
        notes.add(
            "requests without times, taken to be answered at once: #",
            untimed,
        );
        Some(Self {
            id: page.id.clone(),
            title: page.title.clone(),
            time: load.unwrap_or(last),
            until_load: load.is_some(),
            items,
            notes,
        })
    }
}

/// Leaves out what is more than a world can carry.
fn limit(items: &mut Vec<Item>, notes: &mut Notes) {
    let mut cut = |items: &mut Vec<Item>, sentence, most: usize| {
        notes.add(sentence, items.len().saturating_sub(most));
        items.truncate(most);
    };
    cut(items, "requests left out, after the first 2,000: #", MOST);
    let mut servers = BTreeSet::new();
    let known = items.iter().position(|item| {
        servers.insert((item.url.secure, item.url.host.clone(), item.url.port));
        servers.len() > MOST_SERVERS
    });
    if let Some(most) = known {
        cut(
            items,
            "requests left out, after the first 400 servers: #",
            most,
        );
    }
    let long = items.iter_mut().filter(|item| item.bytes > MOST_BYTES);
    let long = long.map(|item| item.bytes = MOST_BYTES).count();
    let mut together = 0;
    let carried = items.iter().position(|item| {
        together += item.bytes;
        together > MOST_BYTES_TOGETHER
    });
    if let Some(most) = carried {
        cut(items, "requests left out, after the first 200 MB: #", most);
    }
    notes.add("answers cut to their first 50 MB: #", long);
    let paths = items.iter();
    let paths = paths.filter(|item| item.url.path.len() > LONGEST_PATH);
    notes.add("paths cut to their first 200 letters: #", paths.count());
}

/// Whether an entry never got an answer.
fn is_lost(entry: &Entry) -> bool {
    let sizes = &entry.sizes;
    let sizes = [sizes.body, sizes.transfer, sizes.content];
    let came = sizes.iter().flatten().any(|size| *size > 0);
    entry.status <= 0 && !came
}

fn cut_at_silence(items: &mut Vec<Item>) {
    let mut busy = f64::NEG_INFINITY;
    let end = items.iter().position(|item| {
        let silent = busy > f64::NEG_INFINITY && item.start > busy + SILENCE;
        busy = busy.max(item.end());
        silent
    });
    items.truncate(end.unwrap_or(items.len()));
}
