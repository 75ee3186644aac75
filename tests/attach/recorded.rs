//! A page that Chromium has recorded on one network, and what its archive says of three others, against what Chromium then
//! measures there.
//!
//! `chrome-har-capturer` is npm's; `.ci/run` installs it below `target/tools`.

use std::fmt::{self, Write};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Claim, PROGRAM, Scratch, agree, attach, has, turn};

/// Opens the page of the first argument and writes its archive to the second; the third is a profile's directory, the
/// fourth the program that records.
const RECORD: &str = r#"
chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --ignore-certificate-errors \
    --remote-debugging-port=9222 "--user-data-dir=$3" about:blank >/dev/null 2>&1 &
browser=$!
for turn in $(seq 200); do
    bash -c '</dev/tcp/127.0.0.1/9222' 2>/dev/null && break
    sleep 0.1
done
sleep 1.5
"$4" --insecure --output "$2" --timeout 60000 --grace 300 "$1" >/dev/null
status=$?
kill $browser
wait $browser
exit $status
"#;

/// What a page has beside its document.
struct Page {
    images: usize,
    /// Their sizes in kB, over and over.
    sizes: &'static [u32],
}

const GALLERY: Page = Page {
    images: 20,
    sizes: &[5, 20, 2, 10, 40],
};

/// Where a page is loaded, and over which version of HTTP.
struct Conditions {
    http: u8,
    rtt: &'static str,
    rate: &'static str,
}

const RECORDED: Conditions = Conditions::new(1, "100ms", "unlimited");

const ELSEWHERE: [Conditions; 3] = [
    Conditions::new(2, "150ms", "unlimited"),
    Conditions::new(2, "100ms", "1600kbit"),
    Conditions::new(1, "60ms", "5mbit"),
];

impl Conditions {
    const fn new(http: u8, rtt: &'static str, rate: &'static str) -> Self {
        Self { http, rtt, rate }
    }

    const fn is_secure(&self) -> bool {
        self.http == 2
    }

    fn url(&self) -> String {
        let scheme = if self.is_secure() { "https" } else { "http" };
        format!("{scheme}://gallery.test/")
    }

    const fn protocol(&self) -> &'static str {
        if self.is_secure() { "h2" } else { "http/1.1" }
    }

    /// A document, and images of several sizes that it names.
    fn scenario(&self, page: &Page) -> String {
        let (url, protocol) = (self.url(), self.protocol());
        let mut text = format!(
            "[hosts.client]\n[hosts.shop]\n[[link]]\nfrom = \"client\"\nto = \"shop\"\n[[serve]]\nhost = \"shop\"\n\
             name = \"gallery.test\"\nprotocol = \"{protocol}\"\n[[page.object]]\nurl = \"{url}\"\nbytes = \"6kB\"\n"
        );
        for (ordinal, size) in (1..=page.images).zip(page.sizes.iter().cycle()) {
            writeln!(
                text,
                "[[page.object]]\nurl = \"{url}{ordinal}.gif\"\nbytes = \"{size}kB\"\nafter = [{{ of = \"/\" }}]"
            )
            .expect("a string takes every text");
        }
        text
    }

    fn settings(&self) -> [String; 4] {
        let (rtt, rate) = (self.rtt, self.rate);
        [
            "--set".to_owned(),
            format!("rtt={rtt}"),
            "--set".to_owned(),
            format!("rate={rate}"),
        ]
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("h{} {} {}", self.http, self.rtt, self.rate))
    }
}

fn recorder() -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    let program = tools.join("node_modules/.bin/chrome-har-capturer");
    if program.exists() {
        return Some(program);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "chrome-har-capturer is required in CI: npm install --prefix target/tools chrome-har-capturer"
    );
    println!(
        "skipped: no chrome-har-capturer (npm install --prefix target/tools chrome-har-capturer)"
    );
    None
}

/// Lets Chromium load the page, with its archive in a file; the page's time, and by how much the latest frame was late, in
/// ms.
fn measure(
    page: &Page,
    conditions: &Conditions,
    out: &Scratch,
    (recorder, archive): (&Path, &Path),
) -> (f64, f64) {
    let (file, script) = (out.0.join("gallery.toml"), out.0.join("record.sh"));
    fs::write(&file, conditions.scenario(page)).expect("it can be written");
    fs::write(&script, RECORD).expect("it can be written");
    let profile = out.0.join("profile");
    let _ = fs::remove_dir_all(&profile);
    let paths =
        [&file, &script, archive, &profile, recorder].map(|path: &Path| path.display().to_string());
    let [file, script, archive, profile, recorder] = &paths;
    let (settings, url) = (conditions.settings(), conditions.url());
    let mut arguments = vec![file.as_str()];
    arguments.extend(settings.iter().map(String::as_str));
    arguments.extend(["--", "bash", script, &url, archive, profile, recorder]);
    let attached = attach("recorded", &arguments);
    let text = fs::read(archive).expect("it was recorded");
    let archive: Value = serde_json::from_slice(&text).expect("it is JSON");
    let time = archive["log"]["pages"][0]["pageTimings"]["onLoad"].as_f64();
    (time.expect("the page was loaded"), attached.worst())
}

/// The page's time under other conditions, in ms, as its archive alone says.
fn predict(archive: &Path, conditions: &Conditions, out: &Scratch) -> f64 {
    let secure = if conditions.is_secure() {
        "tls=on"
    } else {
        "tls=off"
    };
    let mut command = Command::new(PROGRAM);
    command.arg("run").arg(archive).args(conditions.settings());
    command.args(["--set", &format!("protocol={}", conditions.protocol())]);
    command
        .args(["--set", secure, "--json", "--out"])
        .arg(&out.0);
    let output = command.output().expect("it runs");
    let result: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    result["total_ms"].as_f64().expect("the page has a time")
}

#[test]
fn a_recorded_page_says_how_long_it_takes_elsewhere() {
    let Some(_turn) = turn() else { return };
    let Some(recorder) = recorder().filter(|_| has("chromium", "chromium")) else {
        return;
    };
    let out = Scratch::new("recorded-page");
    let archive = out.0.join("page.har");
    let (there, worst) = measure(&GALLERY, &RECORDED, &out, (&recorder, &archive));
    println!("recorded: {there:.0} ms; the latest frame was {worst:.1} ms late");
    for conditions in &ELSEWHERE {
        let what = conditions.to_string();
        let predicted = predict(&archive, conditions, &out);
        agree(&what, || {
            let other = out.0.join("other.har");
            let (measured, worst) = measure(&GALLERY, conditions, &out, (&recorder, &other));
            println!("{what}: {predicted:.0} ms predicted, {measured:.0} ms measured");
            let claim = Claim::time("page", predicted, measured, ALLOWANCE);
            (worst, vec![claim])
        });
    }
}

/// Pages and places of the survey.
const PAGES: [Page; 4] = [
    Page {
        images: 8,
        sizes: &[12, 3, 30],
    },
    GALLERY,
    Page {
        images: 30,
        sizes: &[4, 9, 1, 15],
    },
    Page {
        images: 40,
        sizes: &[2, 8, 25, 5, 60, 3, 10],
    },
];
const PLACES: [Conditions; 7] = [
    Conditions::new(1, "20ms", "unlimited"),
    Conditions::new(2, "100ms", "1600kbit"),
    Conditions::new(1, "60ms", "5mbit"),
    Conditions::new(2, "20ms", "unlimited"),
    Conditions::new(1, "300ms", "10mbit"),
    Conditions::new(2, "150ms", "unlimited"),
    Conditions::new(1, "100ms", "unlimited"),
];

/// How many pages are recorded; each says how long it takes at three other places.
const RECORDINGS: usize = 17;

/// How far a prediction may be: a part of the page's time, and so many ms.
const ALLOWANCE: (f64, f64) = (0.15, 20.0);

/// The survey's scratch: directory, recorder, the archive that predicts and the one that measures.
struct Survey {
    out: Scratch,
    recorder: PathBuf,
    archive: PathBuf,
    other: PathBuf,
}

impl Survey {
    /// The page's times in three loads, in ms, in ascending order: a browser's own work differs from load to load.
    fn three(&self, page: &Page, there: &Conditions) -> [f64; 3] {
        let files = (self.recorder.as_path(), self.other.as_path());
        let mut times = [0.0; 3].map(|_| measure(page, there, &self.out, files).0);
        times.sort_by(f64::total_cmp);
        times
    }

    /// What the browser itself takes for a page by each version of HTTP, with next to no network.
    fn own(&self, page: &Page) -> [f64; 2] {
        [1, 2].map(|http| self.three(page, &Conditions::new(http, "10us", "unlimited"))[1])
    }
}

/// Every prediction that `docs/attach.md` counts. The archive is of one load; of what is then measured the median of three
/// counts.
#[test]
#[ignore = "a quarter of an hour, on a machine that does nothing else"]
fn a_survey_of_predictions() {
    let _turn = turn().expect("the survey needs namespaces with TAP devices");
    let recorder = recorder().expect("the survey needs chrome-har-capturer");
    let out = Scratch::new("survey");
    let (archive, other) = (out.0.join("page.har"), out.0.join("other.har"));
    let survey = Survey {
        out,
        recorder,
        archive,
        other,
    };
    let own = PAGES.each_ref().map(|page| survey.own(page));
    let (mut counted, mut near, mut far) = (0, 0, Vec::new());
    println!(
        "images  recorded            there               predicted  measured (three)     %  own"
    );
    for recording in 0..RECORDINGS {
        let page = &PAGES[recording % PAGES.len()];
        let place = |step: usize| &PLACES[(recording + step) % PLACES.len()];
        let files = (survey.recorder.as_path(), survey.archive.as_path());
        measure(page, place(0), &survey.out, files);
        for step in [1, 2, 4] {
            let there = place(step);
            let predicted = predict(&survey.archive, there, &survey.out);
            let times = survey.three(page, there);
            let own = own[recording % PAGES.len()][usize::from(there.http) - 1];
            // Of the browser's own work an archive knows only what did not pass while answers were waited for: where all
            // of it is more than the allowance, a prediction may hold or not.
            let is_network = own <= ALLOWANCE.0 * times[1] + ALLOWANCE.1;
            let line = format!(
                "{:6}  {:<18}  {there:<18}  {predicted:9.0}  {:5.0} {:5.0} {:5.0}  {:+5.1}  {own:3.0}{}",
                page.images,
                place(0),
                times[0],
                times[1],
                times[2],
                (predicted / times[1] - 1.0) * 100.0,
                if is_network { "" } else { "  the browser's" }
            );
            println!("{line}");
            if is_network {
                let claim = Claim::time("page", predicted, times[1], ALLOWANCE);
                counted += 1;
                near += usize::from(claim.is_within(0.05, 0.0));
                if !claim.holds() {
                    far.push(line);
                }
            }
        }
    }
    println!(
        "{counted} of {} are the network's: {near} within 5 %, {} not within 15 % + 20 ms",
        RECORDINGS * 3,
        far.len()
    );
    assert!(
        counted > RECORDINGS,
        "most pages are the browser's own work"
    );
    assert_eq!(far, Vec::<String>::new());
}
