//! What can be typed: verbs, flags and their help. What it means is decided in `selection`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use super::attach::AttachArgs;
use super::sweep::{MergeArgs, SweepArgs};
use crate::case::accuracy::SEEDS;
use crate::units::Span;

/// Replays what happens on the wire, packet by packet, in virtual time.
#[derive(Debug, Parser)]
#[command(name = "wirelab", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(disable_help_subcommand = true, arg_required_else_help = false)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  wirelab list                          what there is to see
  wirelab run --all                     every case, with captures and plots in the current directory
  wirelab run handshake/syn-lost        one variant
  wirelab step handshake/syn-lost       the same, event by event
  wirelab show image-page/origin-h2     a case as a scenario file, to be changed and run
  wirelab diagnose page.har             what a recorded page waits for
  wirelab explain page.pcapng           a capture of your own

Exit status: 0 if every expectation was kept, 1 if one was not, 2 for misuse and failed input or output.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Shows the cases with their variants and knobs
    List(ListArgs),
    /// Prints a case, a scenario or a recorded page as a scenario file that runs the same
    Show(ShowArgs),
    /// Runs cases: prints measurement beside formula, writes captures and plots
    Run(RunArgs),
    /// Steps through one variant or a saved recording, event by event, forward and back
    Step(StepArgs),
    /// Says which component is the constraint, and what each relief would gain
    Diagnose(DiagnoseArgs),
    /// Draws the plots again from saved recordings
    Plot(PlotArgs),
    /// Runs a variant over values of its knobs and seeds, and says how its times spread
    Sweep(SweepArgs),
    /// Puts the shards of a sweep together
    Merge(MergeArgs),
    /// Compares the lab with measurements of Linux, with formulas and with bare smoltcp
    Accuracy(AccuracyArgs),
    /// Explains captures of tcpdump or Wireshark: losses, and where the time went
    Explain(ExplainArgs),
    /// Lets real programs play hosts of a case, in real time (Linux, as root)
    Attach(AttachArgs),
    /// Prints a completion script for a shell
    Completions(CompletionsArgs),
}

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Print one JSON object per variant, one per line
    #[arg(long)]
    pub(super) json: bool,
}

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub(super) struct ShowArgs {
    /// The case, or one variant; a scenario file; an HTTP archive, or one page of it
    #[arg(
        value_name = "CASE[/VARIANT] | FILE.toml | PAGE.har",
        required_unless_present = "schema"
    )]
    pub(super) case: Option<String>,

    #[command(flatten)]
    pub(super) settings: Settings,

    /// Print the JSON schema of scenario files, for editors
    #[arg(long, conflicts_with = "case")]
    pub(super) schema: bool,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  wirelab show image-page/origin-h2 > mine.toml      every knob, its value and what it does
  wirelab show page.har > page.toml                  a recorded page, to be changed and run
  wirelab show --schema > scenario.schema.json       for `#:schema ./scenario.schema.json` in a file's first line";

/// What changes a run.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Settings {
    /// Turn a knob of every selected case, for example rtt=150ms, loss=1%, rate=10mbit, queue=100p,
    /// bytes=100kB, trace=FILE, drop=s2c:data:20,c2s:syn:1; `wirelab list` shows the knobs
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub(super) knobs: Vec<(String, String)>,

    /// Seed of every chance, 1 unless a file says otherwise; the same seed gives the same bytes
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,

    /// Transport profile of clients and servers: linux (default) or smoltcp
    #[arg(long, value_name = "STACK")]
    pub(super) stack: Option<String>,
}

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that can be typed"
)]
#[command(after_help = RUN_EXAMPLES)]
pub(super) struct RunArgs {
    /// Cases, or single variants of them; scenario files; pages from HTTP archives
    #[arg(
        value_name = "CASE[/VARIANT] | FILE.toml | PAGE.har",
        conflicts_with = "all"
    )]
    pub(super) cases: Vec<String>,

    /// Run every variant of every case
    #[arg(long)]
    pub(super) all: bool,

    #[command(flatten)]
    pub(super) settings: Settings,

    /// Directory below which captures/ and plots/ are written
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    pub(super) out: PathBuf,

    /// Keep only the first N bytes of each frame in captures, 64 at least
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(64..))]
    pub(super) snaplen: Option<u32>,

    /// Write plots as PNG too
    #[arg(long)]
    pub(super) png: bool,

    /// Print one JSON object per variant, one per line, and nothing else
    #[arg(long)]
    pub(super) json: bool,

    /// Print only expectations that were not kept, and no progress
    #[arg(short, long)]
    pub(super) quiet: bool,
}

const RUN_EXAMPLES: &str = "\
Examples:
  wirelab run --all
  wirelab run handshake transfer --set rtt=20ms
  wirelab run transfer --set bytes=1MB --set loss=1% --seed 7 --out /tmp/lossy
  wirelab run transfer --stack smoltcp --json
  wirelab run shop.toml/h3              one variant of a scenario of your own
  wirelab run page.har --set rtt=150ms --set protocol=h3
                                        a recorded page, as it would be elsewhere

Files, below DIR (default: the current directory):
  captures/CASE/VARIANT/HOST.pcapng     what each host's tap saw, for Wireshark
  captures/CASE/VARIANT/events.bin      everything that happened, for plot
  captures/CASE/VARIANT/result.json     the figures
  captures/CASE/VARIANT/page.har        the requests as HAR 1.2, for waterfall viewers
  captures/CASE/VARIANT/*.mahimahi.log  each link that follows a trace, for mm-throughput-graph
  plots/CASE/VARIANT.svg                the ladder; -waterfall.svg the requests, -sequence.svg a
                                        connection's bytes, -distribution.svg times of messages
  plots/CASE/account.svg                where the time went, when all of a case were run
  plots/CASE/comparison.svg             the variants side by side, when all of a case were run
  plots/CASE/index.html                 the report of the variants that were run, for a browser";

/// Arguments of `step`.
#[derive(Debug, clap::Args)]
#[command(after_help = STEP_EXAMPLES)]
pub(super) struct StepArgs {
    /// The variant, of a case, a scenario file or an HTTP archive; or a recording that `wirelab run` has written, an
    /// events.bin or its directory
    #[arg(value_name = "CASE/VARIANT | FILE | DIR")]
    pub(super) case: String,

    #[command(flatten)]
    pub(super) settings: Settings,

    /// Go to the first event of which the expression holds; its syntax is that of Wireshark's display
    /// filters, with fields of the lab under `wirelab.`
    #[arg(long, value_name = "EXPR")]
    pub(super) until: Option<String>,

    /// Set a breakpoint; may be given several times
    #[arg(long = "break", value_name = "EXPR")]
    pub(super) breaks: Vec<String>,

    /// Give the frame at that place another fate and compare both futures: drop, twice, `delay 20ms`, or
    /// pass (if it was dropped)
    #[arg(long, value_name = "FATE", requires = "until")]
    pub(super) fork: Option<String>,

    /// Print and end, which is also what happens where stdout is no terminal
    #[arg(long)]
    pub(super) print: bool,
}

const STEP_EXAMPLES: &str = "\
Examples:
  wirelab step handshake/syn-lost                    on the terminal; ? shows the keys
  wirelab step captures/handshake/syn-lost           the recording of an earlier run
  wirelab step transfer/download --set drop=s2c:data:3 | less
  wirelab step transfer/download --print --until 'tcp.len > 0 && ip.src == 198.18.1.2'
  wirelab step transfer/download --print --until 'tcp.seq == 1461' --fork drop

Expressions: tcp.flags.syn && !tcp.flags.ack; ip.addr == 198.18.0.2; frame.time_relative > 150ms;
  http contains \"GET\"; wirelab.event == \"drop\"; wirelab.host == \"client\" && wirelab.cwnd < 20000;
  wirelab.state == \"TIME-WAIT\"; wirelab.mechanism == \"RTO\"; wirelab.request == 3";

/// Arguments of `diagnose`.
#[derive(Debug, clap::Args)]
#[command(after_help = DIAGNOSE_EXAMPLES)]
pub(super) struct DiagnoseArgs {
    /// The variant; a scenario file, or a page from an HTTP archive
    #[arg(value_name = "CASE/VARIANT | FILE.toml | PAGE.har")]
    pub(super) case: String,

    #[command(flatten)]
    pub(super) settings: Settings,

    /// Look for the cheapest combination of reliefs with which the page takes no longer
    #[arg(long, value_name = "TIME")]
    pub(super) target: Option<Span>,

    /// Lose each frame of the run once, in a run of its own, and say what that costs
    #[arg(long)]
    pub(super) losses: bool,

    /// Directory below which plots/ is written
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

    /// Print one JSON object, and nothing else
    #[arg(long)]
    pub(super) json: bool,
}

const DIAGNOSE_EXAMPLES: &str = "\
Examples:
  wirelab diagnose image-page/origin-h1-six
  wirelab diagnose image-page/origin-h2 --set loss=2% --target 300ms
  wirelab diagnose transfer/download --set bytes=1MB --losses --out /tmp/losses
  wirelab diagnose page.har --target 1s

Files, below DIR (default: the current directory):
  plots/CASE/VARIANT-diagnosis.svg      the page as it is and after each relief, by what it spends time on
  plots/CASE/VARIANT-losses.svg         what the loss of each frame costs, with --losses

Exit status: 0, 1 if no combination meets the target, 2 for misuse and failed input or output.";

/// Arguments of `plot`.
#[derive(Debug, clap::Args)]
#[command(after_help = PLOT_EXAMPLES)]
pub(super) struct PlotArgs {
    /// Directories of earlier runs: OUT, or below it captures, captures/CASE or captures/CASE/VARIANT
    #[arg(value_name = "DIR", required = true)]
    pub(super) directories: Vec<PathBuf>,

    /// Write plots as PNG too
    #[arg(long)]
    pub(super) png: bool,
}

const PLOT_EXAMPLES: &str = "\
Examples:
  wirelab plot .                        all plots of the current directory's captures
  wirelab plot captures/handshake --png

Files, beside the captures:
  plots/CASE/VARIANT.svg                the ladder, -waterfall.svg the requests, -sequence.svg a connection's bytes,
                                        -distribution.svg the times of messages or requests
  plots/CASE/comparison.svg             the variants side by side, account.svg where their time went
  plots/CASE/index.html                 the report of the variants that are given, for a browser";

/// Arguments of `accuracy`.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that can be typed"
)]
#[command(after_help = ACCURACY_EXAMPLES)]
pub(super) struct AccuracyArgs {
    /// Print every metric, not one line per row
    #[arg(short = 'v', long)]
    pub(super) all: bool,

    /// Seeds of each row with random loss; Linux ran 400 times
    #[arg(long, value_name = "N", default_value_t = SEEDS, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(super) seeds: u64,

    /// Directory below which plots/accuracy/ is written
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    pub(super) out: PathBuf,

    /// Write the plot as PNG too
    #[arg(long)]
    pub(super) png: bool,

    /// Print one JSON object per row, one per line, then one with the errors, and nothing else
    #[arg(long)]
    pub(super) json: bool,

    /// Print only what is out of its band, and no progress
    #[arg(short, long)]
    pub(super) quiet: bool,
}

const ACCURACY_EXAMPLES: &str = "\
Examples:
  wirelab accuracy                      one line per row, and the errors of each estimator
  wirelab accuracy --all | less         every metric, mechanism and note
  wirelab accuracy --seeds 100          faster, and less sure of the rows with random loss

Files, below DIR (default: the current directory):
  plots/accuracy/accuracy.svg           the estimates against Linux
  plots/accuracy/accuracy.md            every row as a table

Exit status: 0 if the lab is in its band in every row, 1 if it is not, 2 for misuse and failed input or output.";

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub(super) struct ExplainArgs {
    /// Captures: pcap or pcapng
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,

    /// Explain this conversation only, by its number in the table
    #[arg(long, value_name = "N")]
    pub(super) conversation: Option<usize>,

    /// Draw the ladder and the time-sequence graph of what is explained, into this directory
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,

    /// Print one JSON object per capture, one per line, and nothing else
    #[arg(long)]
    pub(super) json: bool,

    /// Print one line per conversation: its constraint
    #[arg(short, long)]
    pub(super) quiet: bool,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  wirelab explain page.pcapng                     the table, and the three busiest conversations
  wirelab explain page.pcapng --conversation 7    that one
  wirelab explain page.pcapng --out pictures      pictures/page-1.svg, pictures/page-1-sequence.svg
  wirelab explain *.pcap --json | jq .conversations[].constraint

A capture sees one place. What follows from that is told; what does not is listed as not known.
`wireshark` has the flags of tcp.analysis, `again` what made the sender act.

Exit status: 0 if everything was read, also if the capture was cut off; 2 for misuse, failed input or
output, and damaged captures, of which the part before the damage is explained.";

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: Shell,
}

/// `KEY=VALUE` in its two parts.
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => {
            Ok((key.to_owned(), value.to_owned()))
        }
        _ => Err("write it as KEY=VALUE, for example --set rtt=150ms".to_owned()),
    }
}
