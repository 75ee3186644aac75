//! Stepping without a terminal: lines up to a place, or both futures of a fork.

use anyhow::{Result, anyhow};

use super::Wishes;
use super::opened::Opened;
use crate::cli::{Outcome, table, terminal};
use crate::stepper::Player;
use crate::stepper::comparison::Comparison;
use crate::stepper::fork::Target;

/// Width of each half of a comparison.
const HALF: usize = 84;

/// Prints everything that happened, or what happened until an expression held, or both futures of a fork.
pub(super) fn print(
    opened: Opened,
    wishes: &Wishes,
    terminal: terminal::Terminal,
) -> Result<Outcome> {
    let outcome = opened.outcome();
    let failures = opened.result().map_or_else(String::new, |result| {
        table::failures(std::slice::from_ref(result), terminal)
    });
    let command = opened.tape().run().command();
    let (mut world, again) = opened.world(wishes.fate.is_some())?;
    let stops = wishes.go(&mut world)?;
    let Some(fate) = wishes.fate else {
        terminal::print(&format!("{command}\n"))?;
        let end = if stops {
            world.player.position()
        } else {
            world.player.len()
        };
        lines(&world.player, end)?;
        if !stops {
            terminal::print(&failures)?;
        }
        return Ok(if stops { Outcome::Kept } else { outcome });
    };
    let again = again.map_err(|reason| anyhow!(reason))?;
    let target = Target::here(&world.player).map_err(|reason| anyhow!(reason))?;
    let forked = world
        .fork(target, fate, &again)
        .map_err(|reason| anyhow!(reason))?;
    let comparison = Comparison::of(&world, &forked, target.sent)?;
    let text = format!(
        "{command}\nfork: {} {fate}\n\n{:<24} {:>14} {:>14} {:>14}\n{}\n\n{:<HALF$}   {}\n{}",
        target.frame,
        "",
        "as it was",
        "forked",
        "difference",
        comparison.sums().join("\n"),
        "as it was",
        "forked (< only left, > only right, ~ changed)",
        comparison.text(HALF)
    );
    terminal::print(&text)?;
    Ok(Outcome::Kept)
}

/// Prints the events up to a position.
fn lines(player: &Player, end: usize) -> Result<()> {
    let mut text = String::new();
    for position in 0..end {
        if let Some(entry) = player.entry(position)? {
            text.push_str(&player.contents().line(position, &entry));
            text.push('\n');
        }
        if text.len() > 1 << 16 {
            terminal::print(&text)?;
            text.clear();
        }
    }
    terminal::print(&text)?;
    Ok(())
}
