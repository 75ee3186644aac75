//! A page that Chromium has recorded on one network, and what its archive says of three others, against what Chromium then
//! measures there.
//!
//! `chrome-har-capturer` is npm's; `.ci/run` installs it below `target/tools`.

use std::fmt::Write;
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

/// Where a page is loaded, and over which version of HTTP.
struct Conditions {
    http: u8,
    rtt: &'static str,
    rate: &'static str,
}

const RECORDED: Conditions = Conditions {
    http: 1,
    rtt: "100ms",
    rate: "unlimited",
};

const ELSEWHERE: [Conditions; 3] = [
    Conditions {
        http: 2,
        rtt: "150ms",
        rate: "unlimited",
    },
    Conditions {
        http: 2,
        rtt: "100ms",
        rate: "1600kbit",
    },
    Conditions {
        http: 1,
        rtt: "60ms",
        rate: "5mbit",
    },
];

impl Conditions {
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
    fn page(&self) -> String {
        let (url, protocol) = (self.url(), self.protocol());
        let mut text = format!(
            "[hosts.client]\n[hosts.shop]\n[[link]]\nfrom = \"client\"\nto = \"shop\"\n[[serve]]\nhost = \"shop\"\n\
             name = \"gallery.test\"\nprotocol = \"{protocol}\"\n[[page.object]]\nurl = \"{url}\"\nbytes = \"6kB\"\n"
        );
        for (ordinal, size) in (1..=20).zip([5, 20, 2, 10, 40].into_iter().cycle()) {
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
fn measure(conditions: &Conditions, out: &Scratch, recorder: &Path, archive: &Path) -> (f64, f64) {
    let (file, script) = (out.0.join("gallery.toml"), out.0.join("record.sh"));
    fs::write(&file, conditions.page()).expect("it can be written");
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
    let (there, worst) = measure(&RECORDED, &out, &recorder, &archive);
    println!("recorded: {there:.0} ms; the latest frame was {worst:.1} ms late");
    for conditions in &ELSEWHERE {
        let what = format!(
            "h{} {} {}",
            conditions.http, conditions.rtt, conditions.rate
        );
        let predicted = predict(&archive, conditions, &out);
        agree(&what, || {
            let other = out.0.join("other.har");
            let (measured, worst) = measure(conditions, &out, &recorder, &other);
            println!("{what}: {predicted:.0} ms predicted, {measured:.0} ms measured");
            let claim = Claim::time("page", predicted, measured, (0.15, 20.0));
            (worst, vec![claim])
        });
    }
}
