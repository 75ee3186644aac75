//! Claims about sweeps, their journals, and what comes of them.

use proptest::prelude::*;

use super::*;
use crate::event::{Event, LinkId};
use crate::record::Recording;

fn axis(text: &str) -> Axis {
    text.parse().expect("it is an axis")
}

fn sweep(vary: &[&str], seeds: u64) -> Sweep {
    let plan = Plan::new("handshake", "open", 5, []).expect("it is a plan");
    let axes = vary.iter().map(|text| axis(text)).collect();
    Sweep::new(plan, axes, seeds).expect("it is a sweep")
}

fn part(number: u32, of: u32) -> Shard {
    Shard::new(number, of).expect("it is a shard")
}

/// A journal with all runs of a shard.
fn journal(sweep: &Sweep, shard: Shard, threads: usize) -> String {
    let numbers: Vec<u64> = shard.runs(sweep.runs()).collect();
    let mut text = header_line(&sweep.header(), shard);
    let keep = |row: Row| {
        text.push_str(&row_line(&row));
        Ok(())
    };
    run(sweep, &numbers, threads, keep).expect("memory takes it");
    text
}

fn read(text: &str) -> Journal {
    Journal::read(text.as_bytes()).expect("it is a journal")
}

/// The tables as bytes.
fn tables(header: &Header, rows: &[Row]) -> [Vec<u8>; 3] {
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    write_csv(header, rows, &mut all[0]).expect("memory takes it");
    #[cfg(feature = "parquet")]
    write_parquet(header, rows, &mut all[1]).expect("memory takes it");
    write_cells(header, &cells(header, rows), &mut all[2]).expect("memory takes it");
    all
}

#[test]
fn runs_are_numbered_by_cell_and_seed() {
    let sweep = sweep(&["rtt=10ms,20ms", "client_stack=linux,smoltcp"], 3);
    assert_eq!(sweep.runs(), 12);
    let header = sweep.header();
    let told = |run: u64| {
        let plan = sweep.plan(run);
        let both = [plan.text("rtt"), plan.text("client_stack")];
        assert_eq!(header.values(run / 3), both);
        (plan.text("rtt").to_owned(), plan.seed())
    };
    assert_eq!(told(0), ("10ms".to_owned(), 5));
    assert_eq!(told(4), ("10ms".to_owned(), 6));
    assert_eq!(told(11), ("20ms".to_owned(), 7));
}

#[test]
fn any_number_of_shards_and_threads_gives_the_same_bytes() {
    let sweep = sweep(&["rtt=10ms..90ms/5"], 4);
    let whole = |of: u32, threads: usize| {
        let shards = (1..=of).map(|number| read(&journal(&sweep, part(number, of), threads)));
        let (header, rows) = merge(shards.collect()).expect("all are there");
        tables(&header, &rows)
    };
    let one = whole(1, 1);
    assert!(one == whole(1, 2) && one == whole(2, 1) && one == whole(7, 2));
    let csv = String::from_utf8_lossy(&one[0]);
    assert!(
        csv.starts_with("case,variant,rtt,seed,total_ms,kept,"),
        "{csv}"
    );
    assert!(csv.contains("\nhandshake,open,90ms,8,180,true,"), "{csv}");
}

#[test]
fn a_sweep_that_was_cut_anywhere_goes_on_without_loss_or_repetition() {
    let sweep = sweep(&["rtt=10ms,20ms"], 4);
    let text = journal(&sweep, Shard::WHOLE, 1);
    let whole = tables(&sweep.header(), &read(&text).rows);
    for cut in 0..text.len() {
        let known = match Journal::read(&text.as_bytes()[..cut]) {
            Err(JournalError::Empty) => continue,
            other => other.expect("what is left of a journal is one"),
        };
        let made: Vec<u64> = known.rows.iter().map(|row| row.run).collect();
        let missing: Vec<u64> = (0..sweep.runs())
            .filter(|run| !made.contains(run))
            .collect();
        let mut rows = known.rows;
        if cut % 97 == 0 {
            let keep = |row| {
                rows.push(row);
                Ok(())
            };
            run(&sweep, &missing, 1, keep).expect("memory takes it");
            rows.sort_by_key(|row| row.run);
            assert!(whole == tables(&sweep.header(), &rows), "cut at {cut}");
        }
        assert_eq!(made.len() + missing.len(), 8, "cut at {cut}");
    }
}

#[test]
fn what_is_no_sweep_is_refused() {
    let plan = || Plan::new("handshake", "open", 1, []).expect("it is a plan");
    let refused = |vary: &[&str], seeds: u64, words: &str| {
        let axes = vary.iter().map(|text| axis(text)).collect();
        let error = Sweep::new(plan(), axes, seeds)
            .expect_err(words)
            .to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(&["rtt=1ms,2ms", "rtt=3ms"], 1, "`--vary rtt` comes twice");
    refused(&["rtt=1ms,2ms,1000us"], 1, "1ms twice");
    refused(&["rtt=1ms"], 0, "--seeds 1");
    refused(&["rtt=1ms"], 20_000_000, "10000000 runs");
    refused(
        &["rtt=1ms..9ms/1000", "delack=1..9/1000"],
        1,
        "100000 cells",
    );
    refused(&["speed=1,2"], 1, "`speed`");
    refused(&["rtt=1ms,fast"], 1, "rtt=fast");
}

#[test]
fn journals_that_do_not_make_a_whole_are_refused() {
    let sweep = sweep(&["rtt=10ms,20ms"], 3);
    let shard = |number| read(&journal(&sweep, part(number, 2), 1));
    let refused = |journals: Vec<Journal>, words: &[&str]| {
        let error = merge(journals).expect_err("no whole").to_string();
        for word in words {
            assert!(error.contains(word), "{error}");
        }
    };
    refused(vec![], &["--shard 1/2"]);
    refused(
        vec![shard(1)],
        &["3 of 6 runs are missing", "run 1 of shard 2/2"],
    );
    refused(
        vec![shard(1), shard(2), shard(2)],
        &["run 1 is there twice"],
    );
    let other = sweep_of_other_seeds();
    refused(vec![shard(1), other], &["--seeds: 3, and here 4"]);
    let mut beyond = shard(2);
    beyond.rows[0].run = 99;
    refused(vec![shard(1), beyond], &["a run 99", "6 runs"]);
}

#[test]
fn a_journal_of_no_sweep_is_refused() {
    let good = journal(&sweep(&["rtt=10ms,20ms"], 3), part(1, 2), 1);
    for (before, after, words) in [
        (r#""number":1,"of":2"#, r#""number":1,"of":0"#, "1/0"),
        (r#""number":1,"of":2"#, r#""number":3,"of":2"#, "3/2"),
        (r#""seeds":3"#, r#""seeds":0"#, "no 0 seeds"),
        (
            r#""first_seed":5"#,
            r#""first_seed":18446744073709551615"#,
            "seeds follow",
        ),
        (r#"["10ms","20ms"]"#, "[]", "`rtt` takes no value"),
        (
            r#""case":"handshake""#,
            r#""case":"../../etc""#,
            "`../../etc`",
        ),
        (r#""knob":"rtt""#, r#""knob":"a/b""#, "`a/b`"),
        (r#""seeds":3"#, r#""seeds":30000000"#, "10000000 runs"),
    ] {
        let bad = good.replacen(before, after, 1);
        assert_ne!(bad, good, "{before}");
        let error = Journal::read(bad.as_bytes()).expect_err(after).to_string();
        assert!(error.contains(words), "{after}: {error}");
    }
    let plan = Plan::new("handshake", "open", u64::MAX, []).expect("it is a plan");
    let error = Sweep::new(plan, Vec::new(), 2).expect_err("there are no such seeds");
    assert!(error.to_string().contains("smaller --seed"), "{error}");
}

fn sweep_of_other_seeds() -> Journal {
    read(&journal(&sweep(&["rtt=10ms,20ms"], 4), part(2, 2), 1))
}

#[test]
fn a_line_that_is_none_is_named() {
    let good = journal(&sweep(&["rtt=10ms"], 2), Shard::WHOLE, 1);
    let bad = good.replacen("{\"run\"", "{\"walk\"", 1);
    let error = Journal::read(bad.as_bytes())
        .expect_err("it is none")
        .to_string();
    assert!(
        error.contains("line 2") && error.contains("remove it"),
        "{error}"
    );
}

/// Which of the frames that a link was offered it lost, in order.
fn losses(recording: &Recording, link: LinkId) -> Vec<bool> {
    let mut losses = Vec::new();
    for entry in &recording.entries {
        match &entry.event {
            Event::FrameDropped { link: at, .. } if *at == link => losses.push(true),
            Event::FrameQueued { link: at, .. } if *at == link => losses.push(false),
            _ => {}
        }
    }
    losses
}

#[test]
fn the_same_seed_has_the_same_luck_in_every_cell() {
    let run = |rtt: &str, rate: &str, seed| {
        let settings = [
            ("loss", "5%"),
            ("bytes", "200kB"),
            ("rtt", rtt),
            ("rate", rate),
        ];
        let plan = Plan::new("transfer", "download", seed, settings).expect("it is a plan");
        crate::case::Run::start(&plan)
            .finish()
            .expect("it ends")
            .recording
    };
    let mut compared = 0;
    for seed in 1..6 {
        let (near, far) = (run("10ms", "100mbit", seed), run("200ms", "5mbit", seed));
        for link in 0..16 {
            let (near, far) = (losses(&near, LinkId(link)), losses(&far, LinkId(link)));
            let both = near.len().min(far.len());
            assert_eq!(near[..both], far[..both], "seed {seed}, link {link}");
            compared += near[..both].iter().filter(|lost| **lost).count();
        }
    }
    assert!(compared > 20, "{compared} losses were compared");
}

proptest! {
    #[test]
    fn rows_survive_the_journal(run: u64, total: u64, kept: bool, frames: u64, spent: u64, why in ".*") {
        let figures = Figures {
            total_ns: total,
            kept,
            frames,
            account_ns: [("rto".to_owned(), spent)].into(),
            ..Figures::default()
        };
        let row = Row { run, figures: Some(figures), error: Some(why) };
        let text = header_line(&sweep(&["rtt=1ms"], 1).header(), Shard::WHOLE) + &row_line(&row);
        prop_assert_eq!(&read(&text).rows, &[row]);
    }
}
