//! What can be typed after `sweep` and `merge`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use super::super::args::Settings;
use crate::sweep::Shard;

/// Where the result goes, and how it is told.
#[derive(Debug, clap::Args)]
pub(super) struct Told {
    /// Directory below which sweeps/ and plots/ are written
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    pub(super) out: PathBuf,

    /// Write plots as PNG too
    #[arg(long)]
    pub(super) png: bool,

    /// Print one JSON object per combination, one per line, and nothing else
    #[arg(long)]
    pub(super) json: bool,

    /// Print nothing, and no progress
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// Arguments of `sweep`.
#[derive(Debug, clap::Args)]
#[command(after_help = SWEEP_EXAMPLES)]
pub(in crate::cli) struct SweepArgs {
    /// The variant
    #[arg(value_name = "CASE/VARIANT | FILE.toml | PAGE.har")]
    pub(super) case: String,

    /// Turn a knob through these values; several times for every combination
    #[arg(long, value_name = "KEY=A,B,C | KEY=A..B/N")]
    pub(super) vary: Vec<String>,

    /// Run each combination with N seeds, from --seed on; all combinations have the same luck
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seeds: u64,

    #[command(flatten)]
    pub(super) settings: Settings,

    /// Make N runs at a time [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroU16>,

    /// Make every Nth run only, beginning with the Kth; `wirelab merge` puts the shards together
    #[arg(long, value_name = "K/N")]
    pub(super) shard: Option<Shard>,

    /// Go on with a sweep that was interrupted; its runs are not made again
    #[arg(long)]
    pub(super) resume: bool,

    #[command(flatten)]
    pub(super) told: Told,
}

const SWEEP_EXAMPLES: &str = "\
Examples:
  wirelab sweep transfer/download --vary rtt=5ms,50ms,150ms --vary loss=0%,1%,2% --seeds 20
  wirelab sweep image-page/origin-h2 --vary rate=1mbit..20mbit/20 --seeds 50 --set loss=1%
  wirelab sweep transfer/download --set loss=1% --seeds 1000
  wirelab sweep transfer/download --vary rtt=10ms..300ms/30 --seeds 1000 --shard 3/8

Files, below DIR (default: the current directory); NAME is VARIANT-KEY-KEY:
  sweeps/CASE/NAME/runs.csv             a row for each run: knobs, seed, time, account; .parquet the same
  sweeps/CASE/NAME/cells.csv            a row for each combination: percentiles, paired difference to the first
  sweeps/CASE/NAME/sweep.json           the configuration
  sweeps/CASE/NAME/shard-K-of-N.jsonl   the runs so far; gone once all are made, with --shard kept for merge
  plots/CASE/NAME.svg                   spread along one knob, heat map of two; NAME-seeds.svg a distribution

Exit status: 0, 1 if a run did not end or not as its case expects, 2 for misuse and failed input or output.";

/// Arguments of `merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = MERGE_EXAMPLES)]
pub(in crate::cli) struct MergeArgs {
    /// Journals of all shards of one sweep, or directories that hold them
    #[arg(value_name = "FILE|DIR", required = true)]
    pub(super) journals: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) told: Told,
}

const MERGE_EXAMPLES: &str = "\
Examples:
  wirelab merge sweeps/transfer/download-rtt
  wirelab merge node-*/sweeps/transfer/download-rtt --out /tmp/whole

The files are those of `wirelab sweep`, with the same bytes as if one process had made all runs.";
