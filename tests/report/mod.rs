//! What belongs here: the report of a case as readers meet it, in a real browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Browser;

/// The report of some variants, which is removed in the end.
struct Page {
    directory: PathBuf,
    file: PathBuf,
}

impl Page {
    /// Runs variants of one case, for a test of that name.
    fn of(name: &str, variants: &[&str], settings: &[&str]) -> Self {
        let directory = format!("report-{name}-{}", std::process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(directory);
        let mut run = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        run.arg("run")
            .args(variants)
            .arg("-q")
            .arg("--out")
            .arg(&directory);
        for setting in settings {
            run.args(["--set", setting]);
        }
        let ended = run.output().expect("the program can be started");
        assert_ne!(ended.status.code(), Some(2), "{ended:?}");
        let case = variants[0].split('/').next().unwrap();
        let file = directory.join(format!("plots/{case}/index.html"));
        Self { directory, file }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The number of the chosen frame, as the address has it.
fn frame_in_address(browser: &mut Browser) -> Option<u64> {
    let asked = "new URLSearchParams(location.hash.slice(1)).get('frame')";
    browser.ask(asked).as_str()?.parse().ok()
}

/// A figure of one end of the connection: 1 is the client.
fn figure(browser: &mut Browser, name: &str, end: usize) -> String {
    browser.text(&format!(
        ".state tr:has([data-figure^='{name}']) td:nth-of-type({end})"
    ))
}

#[test]
fn a_report_answers_at_once_and_nothing_is_cut_at_any_width() {
    let Some(mut browser) = Browser::find("opens", 1000) else {
        return;
    };
    let page = Page::of(
        "opens",
        &["handshake/open", "handshake/syn-lost"],
        &["rtt=100ms"],
    );
    for colours in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", colours);
        browser.open(&page.file, "#variant=syn-lost");
        assert!(browser.text("title").contains("handshake"));
        let answer = browser.text("#answer");
        assert!(
            answer.contains("1200 ms") && answer.contains("(83 %)"),
            "{answer}"
        );
        assert_eq!(
            browser.ask("document.querySelectorAll('tr[data-variant]').length"),
            2
        );
        for width in [400, 1000, 1800] {
            browser.resize(width);
            let wide = browser.ask("document.documentElement.scrollWidth - innerWidth");
            assert!(
                wide.as_i64().unwrap() <= 0,
                "{width} pixels are too few by {wide}"
            );
        }
    }
    assert!(
        browser.complaints().is_empty(),
        "{:?}",
        browser.complaints()
    );
}

#[test]
fn a_slow_stretch_leads_to_the_frame_behind_it_with_its_bytes() {
    let Some(mut browser) = Browser::find("slice", 1400) else {
        return;
    };
    let page = Page::of("slice", &["handshake/syn-lost"], &[]);
    browser.open(&page.file, "");
    browser.click(".slice.c-rto");
    let frame = frame_in_address(&mut browser).expect("a frame was chosen");
    let shown = browser.text("#frame-h");
    assert!(shown.starts_with(&format!("Frame #{frame}")), "{shown}");
    let remarks = browser.text(".remarks");
    assert!(
        remarks.contains("dropped") || remarks.contains("SYN timer"),
        "{remarks}"
    );
    let flags = browser.text(".fields tr:has(th + td) ~ tr:nth-last-child(n)");
    assert!(!flags.is_empty());
    assert!(browser.text(".fields").contains("tcp.flags"));
    let bytes = browser.ask("document.querySelectorAll('.hex [data-field]').length");
    assert!(bytes.as_u64().unwrap() >= 54, "a SYN has {bytes} bytes");
    // A field lights up the bytes that it is read from.
    browser.click(".fields tr[data-field='0']");
    let lit = browser.ask("document.querySelectorAll('.hex .lit').length");
    assert_eq!(lit, 6, "an Ethernet address has six bytes");
    assert!(
        browser.complaints().is_empty(),
        "{:?}",
        browser.complaints()
    );
}

#[test]
fn stepping_goes_through_the_states_of_both_hosts_and_back() {
    let Some(mut browser) = Browser::find("steps", 1400) else {
        return;
    };
    let page = Page::of("steps", &["handshake/open"], &[]);
    browser.open(&page.file, "");
    let mut states = Vec::new();
    let last = browser.ask("Number(document.querySelector('.player input').max)");
    for _ in 0..last.as_u64().unwrap() {
        browser.click("[aria-label='Step forward']");
        if browser.ask("Boolean(document.querySelector('.state'))") == true {
            let now = figure(&mut browser, "State", 1);
            if states.last() != Some(&now) {
                states.push(now);
            }
        }
    }
    let opens = ["SYN-SENT", "ESTAB"].map(|state| states.iter().position(|seen| seen == state));
    assert!(opens[0].is_some() && opens[0] < opens[1], "{states:?}");
    let step = browser.ask("document.querySelector('.player input').value");
    browser.click("[aria-label='Step back']");
    let before = browser.ask("document.querySelector('.player input').value");
    let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(number(&before) + 1, number(&step));
}

#[test]
fn the_run_plays_and_pauses() {
    let Some(mut browser) = Browser::find("plays", 1400) else {
        return;
    };
    let page = Page::of("plays", &["handshake/open"], &[]);
    browser.open(&page.file, "");
    browser.click("#play");
    browser.until("Number(document.querySelector('.player input').value) >= 3");
    assert_eq!(
        browser.ask("document.querySelector('#play').ariaLabel"),
        "Pause"
    );
    browser.click("#play");
    assert_eq!(
        browser.ask("document.querySelector('#play').ariaLabel"),
        "Play"
    );
    let moves = "(async () => { const slider = document.querySelector('.player input'); \
                 const before = slider.value; await new Promise((done) => setTimeout(done, 700)); \
                 return slider.value !== before; })()";
    assert_eq!(browser.ask(moves), false, "it goes on after a pause");
}

#[test]
fn everything_can_be_reached_with_keys() {
    let Some(mut browser) = Browser::find("keys", 1400) else {
        return;
    };
    let page = Page::of("keys", &["head-of-line/h1-six"], &[]);
    browser.open(&page.file, "");
    browser.press("Tab");
    assert_eq!(browser.ask("document.activeElement.className"), "skip");
    let outline = browser.ask("getComputedStyle(document.activeElement).outlineStyle");
    assert_ne!(outline, "none", "where the focus is can be seen");
    // From stretch to stretch of the critical path, and into one.
    browser.ask("document.querySelector('.path .slice').focus()");
    browser.press("ArrowRight");
    let second = "document.activeElement === document.querySelectorAll('.path .slice')[1]";
    assert_eq!(browser.ask(second), true);
    browser.press("Enter");
    assert!(frame_in_address(&mut browser).is_some());
    // From object to object of the waterfall.
    browser.ask("document.querySelector('.waterfall').focus()");
    browser.press("ArrowDown");
    browser.press("Enter");
    let object = frame_in_address(&mut browser).expect("an object's stretch leads to a frame");
    assert!(browser.text("#frame-h").contains(&object.to_string()));
    // Steps and play, wherever nothing else wants the keys.
    browser.ask("document.activeElement.blur()");
    let step = "Number(document.querySelector('.player input').value)";
    let before = browser.ask(step).as_u64().unwrap();
    browser.press("ArrowRight");
    assert_eq!(browser.ask(step), before + 1);
    browser.press("ArrowLeft");
    assert_eq!(browser.ask(step), before);
    browser.press(" ");
    assert_eq!(
        browser.ask("document.querySelector('#play').ariaLabel"),
        "Pause"
    );
    assert!(
        browser.complaints().is_empty(),
        "{:?}",
        browser.complaints()
    );
}

#[test]
fn the_theme_follows_the_system_until_it_is_chosen() {
    let Some(mut browser) = Browser::find("theme", 1000) else {
        return;
    };
    let page = Page::of("theme", &["handshake/open"], &[]);
    // Red of the canvas: bright or not.
    let bright = "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]) > 128";
    browser.prefer("prefers-color-scheme", "dark");
    browser.open(&page.file, "");
    assert_eq!(browser.ask(bright), false);
    browser.click("#theme");
    assert_eq!(browser.ask(bright), true, "first light");
    browser.click("#theme");
    assert_eq!(browser.ask(bright), false, "then dark");
    browser.prefer("prefers-reduced-motion", "reduce");
    let moving = "[...document.querySelectorAll('*')].filter((node) => \
                  Number.parseFloat(getComputedStyle(node).transitionDuration) > 0.001).length";
    assert_eq!(browser.ask(moving), 0);
}

#[test]
fn an_address_names_a_place_and_the_way_back_leads_through_places() {
    let Some(mut browser) = Browser::find("address", 1400) else {
        return;
    };
    let page = Page::of("address", &["handshake/open", "handshake/syn-lost"], &[]);
    browser.open(&page.file, "#variant=syn-lost&frame=3");
    assert!(browser.text("#answer-of").starts_with("syn-lost"));
    assert!(browser.text("#frame-h").starts_with("Frame #3"));
    browser.click("tr[data-variant='open'] a");
    browser.until("document.querySelector('#answer-of').textContent.startsWith('open')");
    browser.ask("history.back()");
    browser.until("document.querySelector('#answer-of').textContent.startsWith('syn-lost')");
    browser.until("document.querySelector('#frame-h').textContent.startsWith('Frame #3')");
    browser.ask("history.forward()");
    browser.until("document.querySelector('#answer-of').textContent.startsWith('open')");
    assert!(
        browser.complaints().is_empty(),
        "{:?}",
        browser.complaints()
    );
}

#[test]
fn the_same_runs_make_the_same_page_also_from_what_was_saved() {
    let variants = ["handshake/open", "handshake/ack-lost"];
    let [first, second] = ["same-1", "same-2"].map(|name| Page::of(name, &variants, &[]));
    let page = fs::read(&first.file).unwrap();
    assert!(page == fs::read(&second.file).unwrap());
    fs::remove_file(&second.file).unwrap();
    let mut plot = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    plot.arg("plot").arg(&second.directory);
    assert!(
        plot.output()
            .expect("the program can be started")
            .status
            .success()
    );
    assert!(page == fs::read(&second.file).unwrap());
}

#[test]
fn a_page_of_five_hundred_objects_is_small_and_opens_soon() {
    let Some(mut browser) = Browser::find("large", 1400) else {
        return;
    };
    let sizes = format!("sizes={}", vec!["10kB"; 500].join(","));
    let page = Page::of("large", &["image-page/origin-h1-six"], &[&sizes]);
    let bytes = fs::metadata(&page.file).unwrap().len();
    browser.open(&page.file, "");
    let ms = browser.busy_ms();
    println!("{bytes} bytes, open after {ms:.0} ms of work");
    assert!(bytes < 5_000_000, "{bytes} bytes");
    assert!(ms < 2_000.0, "{ms} ms");
    // Only the rows in sight exist.
    let rows = browser.ask("document.querySelectorAll('.waterfall [role=option]').length");
    assert!((5..100).contains(&rows.as_u64().unwrap()), "{rows}");
    let frames = browser.ask("document.querySelectorAll('.list tbody tr').length");
    assert!((5..200).contains(&frames.as_u64().unwrap()), "{frames}");
    assert!(
        browser.complaints().is_empty(),
        "{:?}",
        browser.complaints()
    );
}
