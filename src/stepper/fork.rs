//! Another fate for one frame, and the two futures that follow.

use std::fmt;
use std::str::FromStr;

use super::contents::Contents;
use super::player::Player;
use super::tape::Tape;
use crate::event::{DropCause, Event, SocketEvent};
use crate::measure::account::{Account, PageAccount, Window};
use crate::record::events_file::EventsFileError;
use crate::record::{Entry, Recording};
use crate::units::Span;
use crate::wire::FrameId;

/// What is to become of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is dropped.
    Drop,
    /// It arrives twice.
    Twice,
    /// It travels so much longer.
    Delay(Span),
    /// Neither chance nor a script touches it.
    Pass,
}

/// Another fate for one frame of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injection {
    /// The frame; in another run of the same plan it has the same name.
    pub frame: FrameId,
    /// What is to become of it.
    pub fate: Fate,
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct Future {
    /// Everything that happened.
    pub recording: Recording,
    /// What the account is of, if the case says so.
    pub window: Option<Window>,
    /// How long it took, in ms.
    pub total_ms: f64,
}

/// Whoever can run the same plan again.
pub trait Rerun {
    /// Runs it to its end, with these fates.
    ///
    /// # Errors
    /// A sentence that says why it cannot.
    fn rerun(&self, injections: &[Injection]) -> Result<Future, String>;
}

/// A frame that can be given another fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The frame.
    pub frame: FrameId,
    /// The position of the entry in which it leaves.
    pub sent: usize,
}

/// A recording to step through, with what is known of the whole.
#[derive(Clone, Debug)]
pub struct World {
    /// Where we are.
    pub player: Player,
    /// Where the time of the whole went, where that is known.
    pub account: Option<Account>,
    /// How long it took, in ms.
    pub total_ms: Option<f64>,
    /// The fates that were given to frames.
    pub injections: Vec<Injection>,
}

impl Target {
    /// The frame that the event which led here is about.
    pub fn here(player: &Player) -> Result<Self, String> {
        let read = |error: EventsFileError| error.to_string();
        let entry = player.current().map_err(read)?;
        let named = entry.as_ref().and_then(|entry| named(&entry.event));
        let Some(frame) = named.or_else(|| Some(player.view().last_frame()?.frame.id)) else {
            return Err("no frame has left yet: go to one first".to_owned());
        };
        let contents = player.contents();
        let sent = contents
            .number(frame)
            .and_then(|number| contents.frame_at(number));
        let first = sent
            .map(|sent| player.entry(sent))
            .transpose()
            .map_err(read)?;
        let Some((sent, Some(Event::FrameSent { frame, .. }))) =
            sent.zip(first.map(|entry| entry.map(|entry| entry.event)))
        else {
            return Err(format!(
                "{frame} was made on the way, by a link or a gateway: go to a frame that a host sent"
            ));
        };
        let is_ip = frame.bytes.get(12..14) == Some(&[0x08, 0x00]);
        if !is_ip || contents.destination(&frame.bytes).is_none() {
            return Err(format!("{} does not go beyond the gateway", frame.id));
        }
        Ok(Self {
            frame: frame.id,
            sent,
        })
    }

    /// This target with a fate.
    pub const fn with(self, fate: Fate) -> Injection {
        Injection {
            frame: self.frame,
            fate,
        }
    }
}

/// The frame that an event names.
const fn named(event: &Event) -> Option<FrameId> {
    match event {
        Event::FrameSent { frame, .. } | Event::FrameReceived { frame, .. } => Some(frame.id),
        Event::FrameQueued { frame, .. }
        | Event::FrameDropped { frame, .. }
        | Event::FrameDuplicated { frame, .. }
        | Event::FrameCorrupted { frame, .. }
        | Event::FrameDiscarded { frame, .. }
        | Event::Socket(_, SocketEvent::Segment { frame, .. }) => Some(*frame),
        _ => None,
    }
}

impl World {
    /// A run that has just ended.
    pub fn of(future: Future, injections: Vec<Injection>) -> Result<Self, EventsFileError> {
        let Future {
            recording,
            window,
            total_ms,
        } = future;
        let world = Self::open(Tape::of(recording), window, Some(total_ms))?;
        Ok(Self {
            injections,
            ..world
        })
    }

    /// A recording. There is an account if it is in memory and somebody says of what.
    pub fn open(
        tape: Tape,
        window: Option<Window>,
        total_ms: Option<f64>,
    ) -> Result<Self, EventsFileError> {
        let recording = tape.recording().zip(window);
        let account = recording.map(|(recording, window)| PageAccount::of(recording, window).page);
        Ok(Self {
            player: Player::open(tape)?,
            account,
            total_ms,
            injections: Vec::new(),
        })
    }

    /// What follows when the fates of `injections` are added to those of this world: the last one is that of
    /// `target`.
    pub fn fork(&self, target: Target, fate: Fate, rerun: &dyn Rerun) -> Result<Self, String> {
        let mut injections = self.injections.clone();
        injections.retain(|injection| injection.frame != target.frame);
        injections.push(target.with(fate));
        let future = rerun.rerun(&injections)?;
        self.same_before(target.sent, &future.recording)?;
        obeyed(target, fate, &future.recording, self.player.contents())?;
        let mut world = Self::of(future, injections).map_err(|error| error.to_string())?;
        let there = world.player.to_position(target.sent + 1);
        there.map_err(|error| error.to_string())?;
        Ok(world)
    }

    /// Whether another run was the same until a frame left; else it tells nothing of this one.
    fn same_before(&self, sent: usize, other: &Recording) -> Result<(), String> {
        let mut position = 0;
        while position <= sent {
            let (start, chunk) = self
                .player
                .chunk(position)
                .map_err(|error| error.to_string())?;
            let end = (start + chunk.len()).min(sent + 1);
            let own = &chunk[position - start..end - start];
            if other.entries.get(position..end) != Some(own) {
                return Err(
                    "the run cannot be repeated: it differs before the fork. The recording was made by \
                     another version of wirelab, or not whole: run the case again"
                        .to_owned(),
                );
            }
            position = end;
        }
        Ok(())
    }
}

/// Whether a frame met the fate that it was given.
fn obeyed(
    target: Target,
    fate: Fate,
    recording: &Recording,
    before: &Contents,
) -> Result<(), String> {
    let after = &recording.entries[target.sent..];
    let dropped = after.iter().find_map(|entry| match &entry.event {
        Event::FrameDropped { frame, cause, .. } if *frame == target.frame => Some(*cause),
        _ => None,
    });
    let happens = |wanted: &dyn Fn(&Entry) -> bool| after.iter().any(wanted);
    let frame = target.frame;
    match (fate, dropped) {
        (Fate::Drop, Some(DropCause::Injected)) => Ok(()),
        (Fate::Drop, Some(cause)) => Err(format!("{frame} is dropped anyhow: {cause}")),
        (_, Some(cause)) => Err(format!(
            "{frame} is dropped all the same: {cause}, which no verdict on one frame changes"
        )),
        (Fate::Drop, None) => Err(format!(
            "{frame} did not come to the path between the hosts"
        )),
        (Fate::Pass, None) if before.dropped(frame).is_none() => Err(format!(
            "{frame} was not dropped: there is nothing to let pass"
        )),
        (Fate::Twice, None) => {
            let copied = happens(
                &|entry| matches!(&entry.event, Event::FrameDuplicated { frame: copied, .. } if *copied == frame),
            );
            let reason = format!("{frame} did not come to the path between the hosts");
            copied.then_some(()).ok_or(reason)
        }
        (Fate::Delay(_) | Fate::Pass, None) => Ok(()),
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop => f.write_str("dropped"),
            Self::Twice => f.write_str("delivered twice"),
            Self::Delay(span) => write!(f, "{span} later"),
            Self::Pass => f.write_str("let pass"),
        }
    }
}

impl FromStr for Fate {
    type Err = String;

    /// `drop`, `twice`, `delay 20ms`, `pass`; the first letter will do.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (verb, rest) = text.split_once([' ', '=']).unwrap_or((text, ""));
        match (verb, rest.trim()) {
            ("d" | "drop", "") => Ok(Self::Drop),
            ("t" | "twice" | "duplicate", "") => Ok(Self::Twice),
            ("p" | "pass" | "deliver", "") => Ok(Self::Pass),
            ("l" | "delay" | "later", span) => match span.parse() {
                Ok(span) => Ok(Self::Delay(span)),
                Err(_) => Err("say how much later, for example `delay 20ms`".to_owned()),
            },
            _ => Err(format!(
                "`{text}` is no fate of a frame: write drop, twice, delay 20ms or pass"
            )),
        }
    }
}
