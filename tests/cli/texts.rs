//! Help, list, table and completions as they are printed.

use serde_json::Value;

use super::program::wirelab;
use super::scratch::Scratch;

fn printed(arguments: &[&str]) -> String {
    let scratch = Scratch::new(&format!("texts-{}", arguments.join("-")));
    let ended = wirelab(scratch.path(), arguments);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    ended.stdout
}

#[test]
fn the_help_shows_verbs_and_examples() {
    insta::assert_snapshot!(printed(&["--help"]), @r"
    Replays what happens on the wire, packet by packet, in virtual time

    Usage: wirelab <COMMAND>

    Commands:
      list         Shows the cases with their variants and knobs
      show         Prints a case, a scenario or a recorded page as a scenario file that runs the same
      run          Runs cases: prints measurement beside formula, writes captures and plots
      step         Steps through one variant or a saved recording, event by event, forward and back
      diagnose     Says which component is the constraint, and what each relief would gain
      plot         Draws the plots again from saved recordings
      sweep        Runs a variant over values of its knobs and seeds, and says how its times spread
      merge        Puts the shards of a sweep together
      accuracy     Compares the lab with measurements of Linux, with formulas and with bare smoltcp
      explain      Explains captures of tcpdump or Wireshark: losses, and where the time went
      attach       Lets real programs play hosts of a case, in real time (Linux, as root)
      completions  Prints a completion script for a shell

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Examples:
      wirelab list                          what there is to see
      wirelab run --all                     every case, with captures and plots in the current directory
      wirelab run handshake/syn-lost        one variant
      wirelab step handshake/syn-lost       the same, event by event
      wirelab show image-page/origin-h2     a case as a scenario file, to be changed and run
      wirelab diagnose page.har             what a recorded page waits for
      wirelab explain page.pcapng           a capture of your own

    Exit status: 0 if every expectation was kept, 1 if one was not, 2 for misuse and failed input or
    output.
    ");
}

#[test]
fn the_help_of_run_shows_flags_examples_and_files() {
    insta::assert_snapshot!(printed(&["run", "--help"]), @r"
    Runs cases: prints measurement beside formula, writes captures and plots

    Usage: wirelab run [OPTIONS] [CASE[/VARIANT] | FILE.toml | PAGE.har]...

    Arguments:
      [CASE[/VARIANT] | FILE.toml | PAGE.har]...
              Cases, or single variants of them; scenario files; pages from HTTP archives

    Options:
          --all              Run every variant of every case
          --set <KEY=VALUE>  Turn a knob of every selected case, for example rtt=150ms, loss=1%,
                             rate=10mbit, queue=100p, bytes=100kB, trace=FILE,
                             drop=s2c:data:20,c2s:syn:1; `wirelab list` shows the knobs
          --seed <N>         Seed of every chance, 1 unless a file says otherwise; the same seed gives
                             the same bytes
          --stack <STACK>    Transport profile of clients and servers: linux (default) or smoltcp
          --out <DIR>        Directory below which captures/ and plots/ are written
          --snaplen <N>      Keep only the first N bytes of each frame in captures, 64 at least
          --png              Write plots as PNG too
          --json             Print one JSON object per variant, one per line, and nothing else
      -q, --quiet            Print only expectations that were not kept, and no progress
      -h, --help             Print help

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
      plots/CASE/index.html                 the report of the variants that were run, for a browser
    ");
}

#[test]
fn the_help_of_accuracy_shows_flags_examples_and_files() {
    insta::assert_snapshot!(printed(&["accuracy", "--help"]), @r"
    Compares the lab with measurements of Linux, with formulas and with bare smoltcp

    Usage: wirelab accuracy [OPTIONS]

    Options:
      -v, --all        Print every metric, not one line per row
          --seeds <N>  Seeds of each row with random loss; Linux ran 400 times [default: 1000]
          --out <DIR>  Directory below which plots/accuracy/ is written
          --png        Write the plot as PNG too
          --json       Print one JSON object per row, one per line, then one with the errors, and
                       nothing else
      -q, --quiet      Print only what is out of its band, and no progress
      -h, --help       Print help

    Examples:
      wirelab accuracy                      one line per row, and the errors of each estimator
      wirelab accuracy --all | less         every metric, mechanism and note
      wirelab accuracy --seeds 100          faster, and less sure of the rows with random loss

    Files, below DIR (default: the current directory):
      plots/accuracy/accuracy.svg           the estimates against Linux
      plots/accuracy/accuracy.md            every row as a table

    Exit status: 0 if the lab is in its band in every row, 1 if it is not, 2 for misuse and failed input
    or output.
    ");
}

#[test]
fn help_fits_a_hundred_columns() {
    let verbs = [
        "list",
        "show",
        "run",
        "step",
        "diagnose",
        "plot",
        "sweep",
        "merge",
        "accuracy",
        "explain",
        "completions",
    ];
    for verb in verbs {
        let help = printed(&[verb, "--help"]);
        assert!(
            help.lines().all(|line| line.chars().count() <= 100),
            "{help}"
        );
    }
}

#[test]
fn the_list_names_every_variant_and_knob() {
    let text = printed(&["list"]);
    for case in wirelab::case::all() {
        assert!(text.contains(case.question()));
        for variant in case.variants() {
            assert!(text.contains(variant.about));
        }
        for knob in case.knobs() {
            assert!(text.contains(&format!("{}={}", knob.key, knob.default)));
        }
    }
    let (_, common) = text.split_once("every case also has").expect("once");
    for knob in wirelab::case::stack_knobs() {
        assert!(common.contains(&format!("  {}={}", knob.key, knob.default)));
    }
}

#[test]
fn the_words_that_a_choice_takes_are_told() {
    let listed = "(listed|small-first|large-first)";
    assert!(printed(&["list"]).contains(listed));
    let shown = printed(&["show", "image-page/origin-h2"]);
    assert!(shown.contains(listed), "{shown}");
    assert!(shown.contains("(linux|smoltcp)"), "{shown}");
}

#[test]
fn the_list_as_json_has_an_object_per_variant() {
    let text = printed(&["list", "--json"]);
    let variants = wirelab::case::all()
        .iter()
        .map(|case| case.variants().len());
    assert_eq!(text.lines().count(), variants.sum::<usize>());
    for line in text.lines() {
        let object: Value = serde_json::from_str(line).expect("a JSON object");
        assert!(
            object["knobs"]
                .as_array()
                .is_some_and(|knobs| !knobs.is_empty())
        );
    }
}

#[test]
fn the_table_shows_measurement_beside_formula() {
    let variants = [
        "handshake/open",
        "handshake/syn-lost",
        "handshake/syn-ack-lost",
        "handshake/ack-lost",
        "handshake/refused",
        "handshake/blackhole",
    ];
    let arguments = [&["run"], &variants[..], &["--set", "rtt=20ms"]].concat();
    insta::assert_snapshot!(printed(&arguments), @r"
    case       variant           time/ms      RTTs  frames   formula/ms  diff/ms  cause
    handshake  open               40.000      2.00      12       40.000        0
    handshake  syn-lost        1,040.000     52.00      13    1,040.000        0
    handshake  syn-ack-lost    1,040.000     52.00      16    1,040.000        0
    handshake  ack-lost           40.000      2.00      12       40.000        0
    handshake  refused            20.000      1.00       4       20.000        0
    handshake  blackhole     131,000.000  6,550.00      12  131,000.000        0

    6 variants, 10 of 10 expectations kept; captures/ and plots/ are in .
    ");
}

#[test]
fn shells_can_complete_verbs() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            printed(&["completions", shell]).contains("completions"),
            "{shell}"
        );
    }
}
