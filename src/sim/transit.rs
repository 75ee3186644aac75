//! Frames on their way from tap to tap.

use std::rc::Rc;

use bytes::Bytes;

use super::gateway;
use super::topology::{CORE, Route};
use super::world::{Entry, World};
use crate::event::HostId;
use crate::link::{Arrival, Outcome};
use crate::wire::Frame;

impl World {
    /// Takes what a host has put into its outbox.
    pub(super) fn collect(&mut self, id: HostId) {
        if self.host(id).borrow_mut().outbox().is_empty() {
            return; // as after most frames that arrive: what they cause leaves with the next flush
        }
        let host = Rc::clone(self.host(id));
        let mut taken = std::mem::take(&mut self.outbox);
        loop {
            std::mem::swap(host.borrow_mut().outbox(), &mut taken);
            if taken.is_empty() {
                break;
            }
            for (at, timer) in taken.timers.drain(..) {
                self.agenda.push(at, Entry::Host(id, timer));
            }
            for frame in taken.frames.drain(..) {
                self.send(id, frame);
            }
        }
        self.outbox = taken;
    }

    /// A frame left the tap of a host.
    pub(super) fn send(&mut self, from: HostId, frame: Frame) {
        if let Some(route) = self.route_of(from, &frame) {
            self.forward(route, 0, frame);
            return;
        }
        let answer = gateway::answer_arp(from.0, self.host(from).borrow().info(), &frame);
        if let Some(bytes) = answer {
            let answer = Frame::new(self.names.next(), bytes);
            self.arrive(from, answer);
        }
    }

    /// The route of an IPv4 frame; ARP has none.
    pub(super) fn route_of(&self, from: HostId, frame: &Frame) -> Option<usize> {
        if frame.bytes.get(12..14)? != [0x08, 0x00] {
            return None;
        }
        let destination: [u8; 4] = frame.bytes.get(30..34)?.try_into().ok()?;
        self.table.get(&(from, destination.into())).copied()
    }

    /// Carries a frame on from the beginning of a leg, as far as it gets at this moment.
    pub(super) fn forward(&mut self, route: usize, mut leg: usize, mut frame: Frame) {
        let Route { from, to, legs } = self.routes[route];
        while let Some(id) = legs.get(leg) {
            let link = usize::from(id.0);
            let is_core = leg == CORE;
            leg += 1;
            if is_core
                && !self.verdicts.is_empty()
                && !self.links[link].holds()
                && let Some(verdict) = self.verdicts.remove(&frame.id)
            {
                self.links[link].inject(verdict);
            }
            if self.links[link].is_ideal() {
                continue;
            }
            let now = self.now();
            let mut arrivals = std::mem::take(&mut self.arrivals);
            let names = &self.names;
            let outcome = self.links[link].offer(
                now,
                frame,
                &self.probe,
                &mut || names.next(),
                &mut arrivals,
            );
            if let Outcome::TooBig { mtu, frame } = outcome {
                self.report_too_big(from, &frame, mtu);
            }
            for Arrival { at, frame } in arrivals.drain(..) {
                let arrival = Entry::Arrival { route, leg, frame };
                self.agenda.push_in_line(id.0, at, arrival);
            }
            self.arrivals = arrivals;
            return;
        }
        frame = gateway::route(to.0, self.host(to).borrow().info(), frame);
        self.arrive(to, frame);
        self.collect(to);
    }

    /// A frame that nobody in this world has sent comes to a host, out of its tap.
    pub fn deliver(&mut self, to: HostId, bytes: Bytes) {
        let frame = Frame::new(self.names.next(), bytes);
        self.arrive(to, frame);
        self.collect(to);
    }

    /// Lets frames go on that were held; returns whether there were any.
    pub(super) fn release(&mut self) -> bool {
        let mut released = false;
        for at in 0..self.valves.len() {
            while let Some(frame) = self.valves[at].1.released() {
                self.forward(self.valves[at].0, CORE, frame);
                released = true;
            }
        }
        released
    }

    fn report_too_big(&mut self, from: HostId, offender: &Frame, mtu: u16) {
        let bytes = gateway::too_big(from.0, self.host(from).borrow().info(), offender, mtu);
        self.deliver(from, bytes);
    }
}
