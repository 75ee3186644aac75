//! A headless Chromium, driven over the `DevTools` protocol: open a page, press, click, ask.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// How long the browser may take for one thing.
const PATIENCE: Duration = Duration::from_mins(1);

/// A browser with one page.
#[derive(Debug)]
pub(crate) struct Browser {
    child: Child,
    profile: PathBuf,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last: u64,
    /// What the page complained of.
    complaints: Vec<String>,
}

impl Browser {
    /// A browser with an empty page so wide; says so where there is no browser.
    pub(crate) fn find(name: &str, width: u32) -> Option<Self> {
        let works = |program: &&str| {
            let version = Command::new(program).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        };
        let known = ["chromium", "chromium-browser", "google-chrome"];
        let Some(program) = known.iter().copied().find(works) else {
            assert!(
                std::env::var_os("CI").is_none(),
                "Chromium is required in CI: apt-get install chromium"
            );
            println!("skipped: Chromium is not installed (apt-get install chromium)");
            return None;
        };
        Some(Self::start(program, name, width))
    }

    fn start(program: &str, name: &str, width: u32) -> Self {
        let profile = format!("chromium-{name}-{}", std::process::id());
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(profile);
        let mut command = Command::new(program);
        // Without the sandbox it also runs as root, and it opens nothing but our own page.
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu"]);
        command.args([
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
        ]);
        command.args([
            "--remote-debugging-port=0",
            "--force-prefers-reduced-motion=0",
        ]);
        command.arg(format!("--user-data-dir={}", profile.display()));
        command.arg("about:blank");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines
            .find_map(|line| {
                Some(
                    line.unwrap()
                        .strip_prefix("DevTools listening on ")?
                        .to_owned(),
                )
            })
            .expect("Chromium says where it listens");
        // Somebody has to read what it says, or it stops when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        let authority = address
            .trim_start_matches("ws://")
            .split('/')
            .next()
            .unwrap();
        let stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(address.as_str(), stream).unwrap();
        let mut browser = Self {
            child,
            profile,
            socket,
            session: None,
            last: 0,
            complaints: Vec::new(),
        };
        browser.attach(width);
        browser
    }

    fn attach(&mut self, width: u32) {
        let target = self.command("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.command("Target.attachToTarget", &target);
        self.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            self.command(&format!("{domain}.enable"), &json!({}));
        }
        // Time of the page's own thread, whatever else the machine does.
        self.command("Performance.enable", &json!({"timeDomain": "threadTicks"}));
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Sends a command and waits for its answer.
    fn command(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(message.to_string()))
            .unwrap();
        loop {
            let answer = self.receive();
            if answer["id"] == self.last {
                assert_eq!(answer["error"], Value::Null, "{method}");
                return answer["result"].clone();
            }
        }
    }

    /// The next message; what the page complains of is kept.
    fn receive(&mut self) -> Value {
        let message = self.socket.read().expect("Chromium answers in time");
        let message: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        let told = &message["params"];
        let complaint = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => Some(&told["exceptionDetails"]),
            Some("Runtime.consoleAPICalled") if told["type"] == "error" => Some(&told["args"]),
            Some("Log.entryAdded") if told["entry"]["level"] == "error" => Some(&told["entry"]),
            _ => None,
        };
        self.complaints.extend(complaint.map(Value::to_string));
        message
    }

    /// Opens a file, at a fragment such as `#frame=1`, and waits until its scripts have come to rest.
    pub(crate) fn open(&mut self, file: &Path, fragment: &str) {
        let file = file.canonicalize().unwrap();
        // From page to page only the fragment may differ, which would load nothing.
        self.command("Page.navigate", &json!({"url": "about:blank"}));
        self.until("location.href === 'about:blank'");
        let url = format!("file://{}{fragment}", file.display());
        self.command("Page.navigate", &json!({"url": url}));
        self.until("document.documentElement.dataset.ready === 'true'");
    }

    /// The value of an expression in the page.
    pub(crate) fn ask(&mut self, expression: &str) -> Value {
        let parameters = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true,
        });
        let answer = self.command("Runtime.evaluate", &parameters);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].clone()
    }

    /// The text of an element.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let found = self.ask(&format!(
            "document.querySelector({})?.textContent",
            json!(selector)
        ));
        let found = found.as_str().map(str::to_owned);
        found.unwrap_or_else(|| panic!("nothing is {selector}"))
    }

    /// Waits until an expression holds.
    ///
    /// # Panics
    /// If it does not within half a minute.
    pub(crate) fn until(&mut self, expression: &str) {
        let mut holds = false;
        // A page that goes away takes the promise with it: then it is asked again.
        for _ in 0..300 {
            let asked = format!(
                "new Promise((done) => setTimeout(() => done(Boolean({expression})), 100))"
            );
            let parameters =
                json!({"expression": asked, "returnByValue": true, "awaitPromise": true});
            self.last += 1;
            let message = json!({
                "id": self.last, "method": "Runtime.evaluate", "params": parameters,
                "sessionId": self.session,
            });
            self.socket
                .send(Message::text(message.to_string()))
                .unwrap();
            let answer = loop {
                let answer = self.receive();
                if answer["id"] == self.last {
                    break answer;
                }
            };
            holds = answer["result"]["result"]["value"] == true;
            if holds {
                break;
            }
        }
        assert!(
            holds,
            "never true: {expression}; complaints: {:?}",
            self.complaints
        );
    }

    /// Clicks in the middle of an element.
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.ask(&format!(
            "(() => {{ const node = document.querySelector({}); \
             node.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const box = node.getBoundingClientRect(); \
             return [box.left + box.width / 2, box.top + box.height / 2]; }})()",
            json!(selector)
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let parameters = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1,
            });
            self.command("Input.dispatchMouseEvent", &parameters);
        }
    }

    /// Presses a key by its name in the DOM, for example `ArrowRight`, and lets go of it.
    pub(crate) fn press(&mut self, key: &str) {
        let (code, text, number) = match key {
            " " => ("Space", " ", 32),
            "Enter" => ("Enter", "\r", 13),
            "Tab" => ("Tab", "", 9),
            "ArrowLeft" => (key, "", 37),
            "ArrowUp" => (key, "", 38),
            "ArrowRight" => (key, "", 39),
            "ArrowDown" => (key, "", 40),
            _ => panic!("no test presses {key}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut parameters = json!({
                "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number,
            });
            if kind == "keyDown" && !text.is_empty() {
                parameters["text"] = json!(text);
            }
            self.command("Input.dispatchKeyEvent", &parameters);
        }
    }

    /// What a reader prefers, for example `prefers-color-scheme` and `dark`.
    pub(crate) fn prefer(&mut self, feature: &str, value: &str) {
        let features = json!({"features": [{"name": feature, "value": value}]});
        self.command("Emulation.setEmulatedMedia", &features);
    }

    /// How wide the page is from here on.
    pub(crate) fn resize(&mut self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &size);
    }

    /// How long the page has kept its thread busy since it was opened, in ms.
    pub(crate) fn busy_ms(&mut self) -> f64 {
        let answer = self.command("Performance.getMetrics", &json!({}));
        let metrics = answer["metrics"].as_array().unwrap();
        let busy = metrics
            .iter()
            .find(|metric| metric["name"] == "TaskDuration");
        1_000.0 * busy.unwrap()["value"].as_f64().unwrap()
    }

    /// What the page has complained of so far.
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
