//! What keys do.

use super::app::{App, Breakpoint, Overlay, Panel};
use super::prompt::{Ask, Prompt, Typed};
use super::{Effect, Key};
use crate::stepper::fork::{Fate, Target};
use crate::stepper::{Filter, FilterError, Kind};
use crate::units::{SimTime, Span};

impl App {
    /// Does what a key means.
    pub fn update(&mut self, key: Key) -> Effect {
        if let Some(prompt) = self.prompt.take() {
            return self.typed(prompt, key);
        }
        if key == Key::Interrupt {
            return Effect::Quit;
        }
        if self.search.take().is_some() && matches!(key, Key::Esc | Key::Char('q')) {
            "search given up".clone_into(&mut self.message);
            return Effect::None;
        }
        self.message.clear();
        match self.overlay {
            Some(Overlay::Help) => {
                self.overlay = None;
                Effect::None
            }
            Some(Overlay::Breakpoints) => self.choose(key),
            None => self.command(key),
        }
    }

    fn command(&mut self, key: Key) -> Effect {
        match key {
            Key::Char('q') | Key::Esc => return Effect::Quit,
            Key::Char('f') => self.ask_fate(),
            Key::Char('F') => self.unfork(),
            Key::Char('?') => self.overlay = Some(Overlay::Help),
            Key::Char('B') => self.overlay = Some(Overlay::Breakpoints),
            Key::Char('/' | 'u') => {
                let last = self.wanted.as_ref().map(|filter| filter.text().to_owned());
                self.prompt = Some(Prompt::new(Ask::Until, last.unwrap_or_default()));
            }
            Key::Char('b') => self.prompt = Some(Prompt::new(Ask::Break, String::new())),
            Key::Char('g') => self.prompt = Some(Prompt::new(Ask::Goto, String::new())),
            Key::Char('n') => self.again(true),
            Key::Char('N') => self.again(false),
            Key::Char('c') => self.go_on(true),
            Key::Char('C') => self.go_on(false),
            Key::Char('x') => self.fingerprint = !self.fingerprint,
            Key::Char('[') => self.scroll(false),
            Key::Char(']') => self.scroll(true),
            Key::Tab => self.turn(1),
            Key::BackTab => self.turn(Panel::ALL.len() - 1),
            key => self.travel(key),
        }
        Effect::None
    }

    /// Goes elsewhere.
    fn travel(&mut self, key: Key) {
        let page = isize::try_from(self.page.max(1)).unwrap_or(1);
        let player = self.player_mut();
        let gone = match key {
            Key::Right | Key::Char('l' | ' ') => player.by(1),
            Key::Left | Key::Char('h') => player.by(-1),
            Key::Down | Key::Char('j') => player.by_frames(1),
            Key::Up | Key::Char('k') => player.by_frames(-1),
            Key::PageDown => player.by_frames(page),
            Key::PageUp => player.by_frames(-page),
            Key::Home => player.to_position(0),
            Key::End => player.to_position(usize::MAX),
            Key::Char(letter) => {
                self.jump(letter);
                return;
            }
            _ => return,
        };
        self.told(gone);
        self.arrived();
    }

    /// To the next event of a kind, or with a capital letter to the previous one.
    fn jump(&mut self, letter: char) {
        let kind = match letter.to_ascii_lowercase() {
            'd' => Kind::Drop,
            'r' => Kind::Retransmission,
            't' => Kind::Timer,
            's' => Kind::State,
            'a' => Kind::Application,
            _ => {
                self.message = format!("`{letter}` does nothing; ? shows the keys");
                return;
            }
        };
        let player = self.player_mut();
        let (found, way) = if letter.is_ascii_lowercase() {
            (player.next(kind), "no later")
        } else {
            (player.previous(kind), "no earlier")
        };
        match found {
            Ok(true) => self.arrived(),
            Ok(false) => self.message = format!("{way} {}", kind.name()),
            Err(error) => self.message = error.to_string(),
        }
    }

    fn again(&mut self, forward: bool) {
        match self.wanted.clone() {
            Some(filter) => self.seek(vec![filter], forward),
            None => "no expression yet: / asks for one".clone_into(&mut self.message),
        }
    }

    fn go_on(&mut self, forward: bool) {
        let on = self.breakpoints.iter().filter(|point| point.on);
        let filters: Vec<_> = on.map(|point| point.filter.clone()).collect();
        if filters.is_empty() {
            "no breakpoint is on: b sets one".clone_into(&mut self.message);
        } else {
            self.seek(filters, forward);
        }
    }

    fn turn(&mut self, by: usize) {
        let panels = Panel::ALL.len() - usize::from(self.comparisons.is_empty());
        let by = if by == 1 { 1 } else { panels - 1 };
        self.focus = Panel::ALL[(self.focus.index() + by) % panels];
    }

    fn scroll(&mut self, down: bool) {
        let step = |value: usize| {
            if down {
                value + 1
            } else {
                value.saturating_sub(1)
            }
        };
        if self.focus == Panel::Bytes {
            self.field = step(self.field);
        } else {
            let scroll = &mut self.scrolls[self.focus.index()];
            *scroll = step(*scroll);
        }
    }

    /// A key in the list of breakpoints.
    fn choose(&mut self, key: Key) -> Effect {
        let last = self.breakpoints.len().saturating_sub(1);
        match key {
            Key::Down | Key::Char('j') => self.chosen = (self.chosen + 1).min(last),
            Key::Up | Key::Char('k') => self.chosen = self.chosen.saturating_sub(1),
            Key::Char(' ') => {
                if let Some(point) = self.breakpoints.get_mut(self.chosen) {
                    point.on = !point.on;
                }
            }
            Key::Char('x') if self.chosen < self.breakpoints.len() => {
                self.breakpoints.remove(self.chosen);
                self.chosen = self.chosen.min(last.saturating_sub(1));
            }
            Key::Char('b') => self.prompt = Some(Prompt::new(Ask::Break, String::new())),
            _ => self.overlay = None,
        }
        Effect::None
    }

    fn ask_fate(&mut self) {
        let reason = match &self.unrepeatable {
            Some(reason) => Some(reason.clone()),
            None => Target::here(self.player()).err(),
        };
        match reason {
            Some(reason) => self.message = reason,
            None => self.prompt = Some(Prompt::new(Ask::Fork, String::new())),
        }
    }

    fn unfork(&mut self) {
        if self.comparisons.pop().is_none() {
            "this was not forked".clone_into(&mut self.message);
            return;
        }
        self.worlds.pop();
        if self.comparisons.is_empty() && self.focus == Panel::Fork {
            self.focus = Panel::Frames;
        }
        "back to what it was forked from".clone_into(&mut self.message);
        self.arrived();
    }

    /// A key while a line is typed.
    fn typed(&mut self, mut prompt: Prompt, key: Key) -> Effect {
        match prompt.key(key) {
            Typed::On => self.prompt = Some(prompt),
            Typed::Cancelled => {}
            Typed::Done => return self.enter(prompt),
        }
        Effect::None
    }

    fn enter(&mut self, mut prompt: Prompt) -> Effect {
        let done = match prompt.ask {
            Ask::Until => understood(&prompt.text).map(|filter| self.until(filter)),
            Ask::Break => understood(&prompt.text).map(|filter| {
                self.message = format!("breakpoint on {filter}");
                self.breakpoints.push(Breakpoint { filter, on: true });
            }),
            Ask::Goto => self.go_to(prompt.text.trim()).map_err(|reason| (0, reason)),
            Ask::Fork => {
                let fate = prompt.text.parse::<Fate>();
                let target = || Target::here(self.player());
                match fate.and_then(|fate| Ok((target()?, fate))) {
                    Ok((target, fate)) => return Effect::Fork(target, fate),
                    Err(reason) => Err((0, reason)),
                }
            }
        };
        if let Err((at, reason)) = done {
            prompt.wrong(at, reason);
            self.prompt = Some(prompt);
        }
        Effect::None
    }

    fn go_to(&mut self, text: &str) -> Result<(), String> {
        if let Ok(number) = text.parse::<usize>() {
            let count = self.player().contents().frame_count();
            return match self.player_mut().to_frame(number) {
                Ok(true) => {
                    self.arrived();
                    Ok(())
                }
                Ok(false) => Err(format!("frames have numbers from 1 to {count}")),
                Err(error) => Err(error.to_string()),
            };
        }
        // The header shows the time in seconds, without a unit.
        let seconds = || format!("{text}s").parse();
        let at: Span = text
            .parse()
            .or_else(|_| seconds())
            .map_err(|_| "write a time as 150ms or 1.5s, or a frame number".to_owned())?;
        let gone = self.player_mut().to_time(SimTime::ZERO + at);
        self.arrived();
        gone.map_err(|error| error.to_string())
    }
}

fn understood(text: &str) -> Result<Filter, (usize, String)> {
    text.parse()
        .map_err(|error: FilterError| (error.at, error.reason))
}
