//! `wirelab step`: one variant or a saved recording, event by event, on a terminal or as lines.

mod again;
mod opened;
mod print;
#[cfg(feature = "terminal")]
mod screen;

use anyhow::{Result, anyhow};

use self::opened::Opened;
use super::Outcome;
use super::args::StepArgs;
use super::terminal::Terminal;
use crate::stepper::fork::{Fate, World};
use crate::stepper::{Filter, Search};

/// What was typed beside the recording.
#[derive(Debug, Default)]
struct Wishes {
    until: Option<Filter>,
    breaks: Vec<Filter>,
    fate: Option<Fate>,
}

/// Opens the interactive stepper, or prints where stdout is no terminal or `--print` is given.
pub(super) fn step(args: &StepArgs, terminal: Terminal) -> Result<Outcome> {
    let wishes = Wishes::of(args)?;
    let opened = Opened::of(args)?;
    if args.print || !terminal.is_interactive() {
        return print::print(opened, &wishes, terminal);
    }
    #[cfg(feature = "terminal")]
    return screen::show(opened, wishes, terminal);
    #[cfg(not(feature = "terminal"))]
    anyhow::bail!(
        "this program was built without its terminal (the cargo feature `terminal`): --print tells the run as lines"
    );
}

impl Wishes {
    fn of(args: &StepArgs) -> Result<Self> {
        let filter = |text: &String| {
            text.parse::<Filter>()
                .map_err(|error| anyhow!(error.to_string()))
        };
        Ok(Self {
            until: args.until.as_ref().map(filter).transpose()?,
            breaks: args.breaks.iter().map(filter).collect::<Result<_>>()?,
            fate: args
                .fork
                .as_ref()
                .map(|text| text.parse().map_err(|reason: String| anyhow!(reason)))
                .transpose()?,
        })
    }

    /// Goes to where these expressions say, if any was given.
    fn go(&self, world: &mut World) -> Result<bool> {
        let filters: Vec<_> = self.until.iter().chain(&self.breaks).cloned().collect();
        if filters.is_empty() {
            return Ok(false);
        }
        let texts: Vec<_> = filters.iter().map(ToString::to_string).collect();
        let found = Search::forward(&world.player, filters).finish(&world.player)?;
        let found = found
            .ok_or_else(|| anyhow!("nothing in this run matches `{}`", texts.join("` or `")))?;
        world.player.to_position(found)?;
        Ok(true)
    }
}
