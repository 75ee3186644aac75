//! `wirelab sweep` and `wirelab merge`: many runs of a variant, in one process or in many, and what they say together.

mod args;
mod files;
mod pictures;
mod text;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::args::Told;
pub(super) use self::args::{MergeArgs, SweepArgs};
use self::files::{Folder, OpenJournal};
use super::Outcome;
use super::failure::StdoutError;
use super::output::Staging;
use super::selection;
use super::terminal::{self, Terminal};
use super::traces;

use crate::sweep::{self, Axis, Cell, Header, Row, Shard, Sweep, SweepError};

/// Makes the runs that are missing; those of a whole sweep become tables and pictures.
pub(super) fn sweep(args: &SweepArgs, terminal: Terminal) -> Result<Outcome> {
    let sweep = planned(args)?;
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let header = sweep.header();
    let folder = Folder::of(&args.told.out, &header);
    let mut journal = OpenJournal::open(&folder, &header, shard, args.resume)?;
    let numbers: Vec<u64> = shard
        .runs(sweep.runs())
        .filter(|number| !journal.has(*number))
        .collect();
    make(&sweep, &numbers, &mut journal, args, terminal)?;
    if shard != Shard::WHOLE {
        let made = shard.runs(sweep.runs()).count();
        let said = format!(
            "shard {shard}: {made} of {} runs are in {}; when all shards are there: wirelab merge {}\n",
            sweep.runs(),
            journal.path().display(),
            folder.path().display(),
        );
        terminal::print(if args.told.quiet || args.told.json {
            ""
        } else {
            &said
        })?;
        return Ok(Outcome::Kept);
    }
    let (header, rows) = sweep::merge(vec![journal.read()?])?;
    let outcome = finish(&header, &rows, &args.told)?;
    journal.remove()?;
    Ok(outcome)
}

/// Puts the journals of all shards together.
pub(super) fn merge(args: &MergeArgs) -> Result<Outcome> {
    let mut journals = Vec::new();
    for path in &args.journals {
        journals.extend(files::journals(path)?);
    }
    let (header, rows) = sweep::merge(journals)?;
    finish(&header, &rows, &args.told)
}

/// What was asked for, checked.
fn planned(args: &SweepArgs) -> Result<Sweep> {
    let axes: Result<Vec<Axis>, _> = args
        .vary
        .iter()
        .map(|text| text.parse().with_context(|| format!("`--vary {text}`")))
        .collect();
    let mut axes = axes?;
    let is_set = |axis: &&Axis| {
        args.settings
            .knobs
            .iter()
            .any(|(knob, _)| *knob == axis.knob)
    };
    if let Some(axis) = axes.iter().find(is_set) {
        return Err(SweepError::SetAndVaried(axis.knob.clone()).into());
    }
    if axes.is_empty() && args.seeds == 1 {
        bail!("one run is no sweep: give --vary KEY=A,B,C, or --seeds N");
    }
    let plan = selection::single(&args.case, &args.settings)?;
    let plan = plan.knowing(&traces::varied(&**plan.case(), &mut axes)?);
    let sweep = Sweep::new(plan, axes, args.seeds)?;
    Ok(match super::files::bytes(&args.case)? {
        Some(bytes) => sweep.of_file(&bytes),
        None => sweep,
    })
}

/// Makes runs and writes each into the journal.
fn make(
    sweep: &Sweep,
    numbers: &[u64],
    journal: &mut OpenJournal,
    args: &SweepArgs,
    terminal: Terminal,
) -> Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "somebody waits, and wants to know for how long; no byte depends on it"
    )]
    let clock = Instant::now;
    let (begun, mut told, mut made) = (clock(), clock(), 0_usize);
    let keep = |row: Row| {
        journal.append(&row)?;
        made += 1;
        if told.elapsed() > Duration::from_millis(200) && !args.told.quiet {
            told = clock();
            terminal.progress(&progress(made, numbers.len(), begun.elapsed()));
        }
        Ok(())
    };
    let done = sweep::run(
        sweep,
        numbers,
        args.jobs.map_or(0, |jobs| usize::from(jobs.get())),
        keep,
    );
    terminal.end_progress();
    done.with_context(|| format!("cannot write {}", journal.path().display()))
}

/// How far it has come, and how long it will take.
fn progress(made: usize, of: usize, spent: Duration) -> String {
    let left = u32::try_from(of - made).unwrap_or(u32::MAX);
    let each = spent / u32::try_from(made).unwrap_or(u32::MAX).max(1);
    let left = each.saturating_mul(left).as_secs();
    let left = match (left / 3600, left / 60 % 60, left % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    };
    format!("{made} of {of} runs, {left} left")
}

/// Writes tables and pictures of a whole sweep, and prints its cells.
fn finish(header: &Header, rows: &[Row], told: &Told) -> Result<Outcome> {
    let cells = sweep::cells(header, rows);
    let staging = Staging::below(&told.out);
    let mut written = files::write_tables(header, rows, &cells, &staging)?;
    written.extend(pictures::draw(header, &cells, told.png, &staging)?);
    let committed = staging.commit()?;
    let text = if told.json {
        text::json(header, &cells)
    } else if told.quiet {
        String::new()
    } else {
        text::of(header, &cells) + &text::files(&written, &told.out)
    };
    let printed = terminal::print(&text);
    // The files are whole whether or not anybody reads on.
    if printed
        .as_ref()
        .err()
        .is_none_or(StdoutError::is_broken_pipe)
    {
        committed.keep();
    }
    printed?;
    let is_kept = |cell: &Cell| cell.failed == 0 && cell.not_kept == 0;
    Ok(if cells.iter().all(is_kept) {
        Outcome::Kept
    } else {
        Outcome::NotKept
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_told_in_the_units_of_people() {
        let told = |made, of, secs| progress(made, of, Duration::from_secs(secs));
        assert_eq!(told(1, 31, 1), "1 of 31 runs, 30 s left");
        assert_eq!(told(10, 100, 20), "10 of 100 runs, 3 min 0 s left");
        assert_eq!(told(1, 10_001, 1), "1 of 10001 runs, 2 h 46 min left");
    }
}
