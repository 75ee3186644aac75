//! Looking for an event of which an expression holds, forward or back, a bounded piece at a time.

use super::filter::{Filter, Moment};
use super::player::{Place, Player};
use crate::record::events_file::EventsFileError;

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    filters: Vec<Filter>,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Forward(Place),
    /// Through the stretch from a kept world to `until`, then the one before that.
    Back {
        place: Place,
        start: usize,
        until: usize,
        found: Option<usize>,
    },
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The event that led to this position.
    Found(usize),
    /// There is none.
    Ended,
    /// It goes on from this position.
    Going(usize),
}

impl Search {
    /// For the next event of which one of the expressions holds.
    pub fn forward(player: &Player, filters: Vec<Filter>) -> Self {
        let place = player.place().clone();
        Self {
            filters,
            way: Way::Forward(place),
        }
    }

    /// For the last one before the event that led here.
    pub fn back(player: &Player, filters: Vec<Filter>) -> Self {
        let until = player.position().saturating_sub(1);
        let place = player.checkpoint(until);
        Self {
            filters,
            way: Way::Back {
                start: place.position,
                place,
                until,
                found: None,
            },
        }
    }

    /// Looks at up to about `events` more.
    pub fn run(&mut self, player: &Player, events: usize) -> Result<Progress, EventsFileError> {
        match &mut self.way {
            Way::Forward(place) => {
                let until = (place.position + events).min(player.len());
                let found = scan(&self.filters, player, place, until, true)?;
                Ok(match found {
                    Some(position) => Progress::Found(position),
                    None if place.position >= player.len() => Progress::Ended,
                    None => Progress::Going(place.position),
                })
            }
            Way::Back {
                place,
                start,
                until,
                found,
            } => {
                let stop = (place.position + events).min(*until);
                *found = scan(&self.filters, player, place, stop, false)?.or(*found);
                if place.position < *until {
                    return Ok(Progress::Going(*start));
                }
                match *found {
                    Some(position) => Ok(Progress::Found(position)),
                    None if *start == 0 => Ok(Progress::Ended),
                    None => {
                        *until = *start;
                        *place = player.checkpoint(*start - 1);
                        *start = place.position;
                        Ok(Progress::Going(*start))
                    }
                }
            }
        }
    }

    /// The whole search at once.
    pub fn finish(mut self, player: &Player) -> Result<Option<usize>, EventsFileError> {
        loop {
            match self.run(player, usize::MAX / 2)? {
                Progress::Found(position) => return Ok(Some(position)),
                Progress::Ended => return Ok(None),
                Progress::Going(_) => {}
            }
        }
    }
}

/// The first or the last event before `until` of which one of the expressions holds.
fn scan(
    filters: &[Filter],
    player: &Player,
    place: &mut Place,
    until: usize,
    first: bool,
) -> Result<Option<usize>, EventsFileError> {
    let mut found = None;
    while place.position < until {
        let (start, chunk) = player.chunk(place.position)?;
        let from = place.position - start;
        let to = chunk.len().min(until - start);
        for entry in &chunk[from..to] {
            let position = place.position;
            place.advance(entry);
            let moment = Moment {
                contents: player.contents(),
                position,
                entry,
                view: &place.view,
            };
            if filters.iter().any(|filter| filter.holds(&moment)) {
                found = Some(place.position);
                if first {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}
