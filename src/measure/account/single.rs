//! What only the account of a single request has: waits for others of its connection.

use super::flight::blank;
use super::stream::Moment;
use super::trail::Name;
use super::walk::{Place, Scope, Walk};
use super::{Class, Slice};
use crate::event::{Layer, Phase};

impl Walk<'_, '_> {
    /// A single request was read by the server's application later than it came: behind others of its connection.
    pub(super) fn waited_for_others(&mut self, place: Place) -> Option<Place> {
        let exchange =
            &self.trail.exchanges[self.request.filter(|_| self.scope == Scope::Request)?];
        let begins = exchange.at(Phase::ServerStart)?;
        if exchange.server != Some(place.host) || begins != place.when.at {
            return None;
        }
        let name = Name::Tcp(exchange.socket?);
        let last = exchange.sent.get(&Layer::Transport)?.end.checked_sub(1)?;
        let came = self.trail.stream(name)?.readable_at(last)?;
        if came.at >= begins {
            return None;
        }
        self.put_one(came.at, begins, Class::EarlierResponse);
        Some(Place {
            when: came,
            socket: self.trail.index.peer(exchange.socket?),
            ..place
        })
    }

    /// The end of a single request: its last byte may have been there before, behind a gap.
    pub(super) fn tail(&mut self, place: Place) -> Place {
        let trail = self.trail;
        let Some(position) = self.request else {
            return place;
        };
        let exchange = &trail.exchanges[position];
        let Some((name, last)) = trail.last_byte(exchange) else {
            return place;
        };
        let Some(stream) = trail.stream(name) else {
            return place;
        };
        let Some(readable) = stream
            .readable_at(last)
            .filter(|when| when.at <= place.when.at)
        else {
            return place;
        };
        self.put_one(readable.at, place.when.at, Class::Client);
        let here = Place {
            when: readable,
            ..place
        };
        let gap = stream.readable_before(readable);
        let owner = trail.owner(name, gap);
        let Some(came) = trail
            .first_arrival(name, last, exchange.client)
            .filter(|(when, _)| when.at < readable.at)
        else {
            return here;
        };
        if owner == exchange.stream() || exchange.stream().is_none() {
            return here; // what was missing was its own
        }
        let missing = stream.first_sent(gap).map(|sent| sent.frame);
        self.put([Slice {
            class: Class::HeadOfLine,
            stream: owner,
            ..blank(came.0.at, readable.at, missing)
        }]);
        let Some(story) = trail.story(came.1) else {
            return here;
        };
        let Some(sent) = story.sent else {
            return here;
        };
        self.put(trail.flight(story, came.0.at, self.own));
        let left = Place {
            host: sent.host,
            when: Moment {
                at: sent.at,
                entry: sent.entry,
            },
            socket: trail.sender(story),
        };
        self.byte(name, last, left)
    }
}
