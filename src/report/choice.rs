//! Which frames a page embeds, when there are more than it takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{ByteRange, Layer, SocketId};
use crate::measure::Exchange;
use crate::measure::account::{Account, PageAccount};
use crate::record::{FrameStory, Index};
use crate::wire::FrameId;

/// The frames that a page embeds, at most `most`, in the order of their departure: those on the critical path, those
/// that were lost or sent again, the first and the last of each request, those that an object waited for, and then
/// the earliest of the rest.
pub(super) fn choose(
    index: &Index<'_>,
    account: Option<&PageAccount>,
    exchanges: &[Exchange],
    most: usize,
) -> Vec<FrameId> {
    let mut chosen = Chosen {
        frames: BTreeSet::new(),
        most,
    };
    let stories = index.frames();
    if stories.len() > most {
        chosen.extend(account.iter().flat_map(|account| named(&account.page)));
        chosen.extend(
            stories
                .iter()
                .filter(|story| is_special(story))
                .map(|story| story.id),
        );
        chosen.extend(edges(index, exchanges));
        let objects = account.iter().flat_map(|account| &account.objects);
        chosen.extend(objects.flat_map(|object| named(&object.account)));
    }
    chosen.extend(stories.iter().map(|story| story.id));
    let is_chosen = |story: &&FrameStory<'_>| chosen.frames.contains(&story.id);
    let mut frames: Vec<_> = stories.iter().filter(is_chosen).collect();
    frames.sort_by_key(|story| story.sent.or(story.received).map(|seen| seen.entry));
    frames.into_iter().map(|story| story.id).collect()
}

struct Chosen {
    frames: BTreeSet<FrameId>,
    most: usize,
}

impl Chosen {
    fn extend(&mut self, frames: impl IntoIterator<Item = FrameId>) {
        for frame in frames {
            if self.frames.len() >= self.most {
                return;
            }
            self.frames.insert(frame);
        }
    }
}

/// The frames that an account names.
fn named(account: &Account) -> impl Iterator<Item = FrameId> {
    account.slices().iter().filter_map(|slice| slice.frame)
}

/// Whether something befell a frame that befalls few.
pub(super) const fn is_special(story: &FrameStory<'_>) -> bool {
    let again = matches!(story.segment, Some(segment) if segment.again.is_some());
    story.dropped.is_some()
        || story.discarded.is_some()
        || story.corrupted.is_some()
        || story.copy_of.is_some()
        || again
}

/// The first and the last frame of each request and of each response that a TCP stream carried.
fn edges(index: &Index<'_>, exchanges: &[Exchange]) -> Vec<FrameId> {
    let mut segments: BTreeMap<SocketId, Vec<(u64, FrameId)>> = BTreeMap::new();
    for story in index.frames() {
        if let Some(segment) = story.segment.filter(|segment| segment.len > 0) {
            let end = segment.offset + u64::from(segment.len);
            segments
                .entry(segment.socket)
                .or_default()
                .push((end, story.id));
        }
    }
    for ends in segments.values_mut() {
        ends.sort_unstable();
    }
    let carrier = |socket: SocketId, byte: u64| {
        let ends = segments.get(&socket)?;
        let position = ends.partition_point(|(end, _)| *end <= byte);
        ends.get(position).map(|(_, frame)| *frame)
    };
    let mut edges = Vec::new();
    for exchange in exchanges {
        let Some(client) = exchange.socket else {
            continue;
        };
        let ends = [
            (Some(client), exchange.sent.get(&Layer::Transport)),
            (index.peer(client), exchange.response.get(&Layer::Transport)),
        ];
        for (socket, range) in ends {
            let (Some(socket), Some(ByteRange { start, end })) = (socket, range) else {
                continue;
            };
            edges.extend(carrier(socket, *start));
            edges.extend(carrier(socket, end.saturating_sub(1)));
        }
    }
    edges
}
