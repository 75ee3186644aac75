//! What belongs here: the interactive stepper on a real pseudo terminal, which tmux lends.

use std::process::Command;

use crate::cli::Scratch;

/// How often the screen is looked at, 50 ms apart, before a test gives up.
const LOOKS: u32 = 600;

/// A terminal in which the program runs.
struct Pane {
    socket: String,
    scratch: Scratch,
}

impl Pane {
    /// Starts the program in a terminal of this size; nothing where tmux is missing.
    fn open(name: &str, arguments: &str, (width, height): (u16, u16)) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            assert!(
                std::env::var_os("CI").is_none(),
                "tmux is missing: apt-get install tmux"
            );
            println!("skipped: tmux is missing");
            return None;
        }
        let pane = Self {
            socket: format!("wirelab-{name}-{}", std::process::id()),
            scratch: Scratch::new(name),
        };
        let program = env!("CARGO_BIN_EXE_wirelab");
        // The shell stays, and says how the program ended.
        let command = format!("{program} {arguments}; echo ended with $?; exec cat");
        let (width, height) = (width.to_string(), height.to_string());
        let directory = pane.scratch.path().to_string_lossy().into_owned();
        pane.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            &height,
            "-c",
            &directory,
            &command,
        ]);
        Some(pane)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]).args(arguments);
        let output = command
            .env_remove("TMUX")
            .output()
            .expect("tmux can be started");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn press(&self, keys: &[&str]) {
        let line: Vec<_> = ["send-keys"].iter().chain(keys).copied().collect();
        self.tmux(&line);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The screen, once it has a text.
    fn wait_for(&self, text: &str) -> String {
        self.wait_until(|screen| screen.contains(text), text)
    }

    fn wait_until(&self, holds: impl Fn(&str) -> bool, text: &str) -> String {
        for _ in 0..LOOKS {
            let screen = self.screen();
            if holds(&screen) {
                return screen;
            }
            Command::new("sleep")
                .arg("0.05")
                .status()
                .expect("sleep is there");
        }
        panic!("`{text}` does not appear:\n{}", self.screen());
    }

    /// Waits until the screen has one of some texts, which `|` separates.
    fn wait_for_one_of(&self, texts: &str) {
        let has = |screen: &str| texts.split('|').any(|text| screen.contains(text));
        self.wait_until(has, texts);
    }

    /// The fingerprint of the state at an event, once we are there.
    fn state_at(&self, event: &str) -> String {
        let place = format!("event {event}/");
        let is_there = |screen: &str| screen.contains(&place) && screen.contains("state ");
        let screen = self.wait_until(is_there, &place);
        let (_, state) = screen
            .split_once("state ")
            .expect("the fingerprint is shown");
        state.chars().take(16).collect()
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn going_forward_and_back_restores_the_state_on_a_terminal() {
    let Some(pane) = Pane::open("forth-and-back", "step handshake/syn-lost", (140, 40)) else {
        return;
    };
    pane.wait_for("event 0/");
    pane.press(&["x"]);
    let start = pane.state_at("0");
    pane.press(&["l", "l", "l"]);
    let third = pane.state_at("3");
    assert_ne!(third, start);
    pane.press(&["End"]);
    pane.press(&["Home"]);
    assert_eq!(pane.state_at("0"), start);
    pane.press(&["Right", "Right", "Right", "Right", "Left"]);
    assert_eq!(pane.state_at("3"), third);
    pane.press(&["q"]);
    pane.wait_for("ended with 0");
}

#[test]
fn a_frame_is_found_and_forked_on_a_terminal() {
    let Some(pane) = Pane::open("fork", "step handshake/open", (100, 30)) else {
        return;
    };
    pane.wait_for("event 0/");
    pane.press(&["/"]);
    pane.press(&["-l", "tcp.flags.syn"]);
    pane.press(&["Enter"]);
    pane.wait_for("[SYN]");
    pane.press(&["f"]);
    pane.press(&["-l", "drop"]);
    pane.press(&["Enter"]);
    let screen = pane.wait_for("+1000.000 ms");
    assert!(
        screen.contains("FORK #2 dropped") && screen.contains("[dropped b"),
        "{screen}"
    );
    pane.press(&["F"]);
    pane.wait_for("back to what it was forked from");
    pane.press(&["C-c"]);
    pane.wait_for("ended with 0");
}

#[test]
fn a_terminal_that_is_too_small_says_so_and_grows() {
    let Some(pane) = Pane::open("small", "step handshake/open", (60, 20)) else {
        return;
    };
    pane.wait_for("needs 80x24 at least");
    pane.tmux(&["resize-window", "-x", "80", "-y", "24"]);
    pane.wait_for("event 0/");
    pane.press(&["?"]);
    pane.wait_for("Keys");
    pane.press(&["q", "q"]);
    pane.wait_for("ended with 0");
}

/// Keys of the help, pressed one after another, and what each leads to: one of these texts. What begins with `=` is
/// typed.
const KEYS: &[(&str, &str)] = &[
    ("x", "event 0/89  frame 0/15  t=0.000000000  state "),
    ("Right", "event 1/"),
    ("l", "event 2/"),
    ("Space", "event 3/"),
    ("Left", "event 2/"),
    ("h", "event 1/"),
    ("Down", "frame 1/"),
    ("j", "frame 2/"),
    ("Up", "frame 1/"),
    ("k", "event 0/"),
    ("PageDown", "frame 7/|frame 12/|frame 15/"),
    ("PageUp", "event 0/"),
    ("End", "event 89/"),
    ("Home", "event 0/"),
    ("d", "client -x server  #2 dropped"),
    ("D", "no earlier drop"),
    ("r", "again: SYN timer"),
    ("R", "no earlier retransmission"),
    ("End T", "h0s0 SYN timer fired"),
    ("Home t", "h0s0 SYN timer fired"),
    ("s", "h1s0 UNCONN becomes SYN-RECV"),
    ("S", "h0s0 UNCONN becomes SYN-SENT"),
    ("a", "h0s0 application writes 37 bytes"),
    ("A", "no earlier application"),
    ("/ =tcp.flags.fin Enter", "event 65/"),
    ("n", "event 71/"),
    ("N", "event 65/"),
    (
        "u Escape b =wirelab.event==\"drop\" Enter",
        "breakpoint on wirelab.event",
    ),
    ("Home c", "event 16/"),
    ("End C", "event 16/"),
    ("B", "Breakpoints"),
    ("Space", "off"),
    ("x", "none"),
    ("Escape g =1.15 Enter", "t=1.150000000"),
    ("g =4 Enter", "frame 4/"),
    ("g =soon Enter", "write a time as 150ms"),
    ("Escape Tab Tab Tab", "╔ Bytes"),
    ("] ] ] ] ] ] ] ] ] ] ] ] ] ] ] ]", "tcp.dstport"),
    ("[ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [", "eth.dst"),
    ("BTab BTab BTab", "╔ Frames"),
    ("?", "Keys"),
    ("q Home d f =pass Enter", "FORK #2"),
    ("F", "back to what it was forked from"),
];

#[test]
fn each_key_of_the_help_works_on_terminals_of_three_sizes() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let name = format!("keys-{}", size.0);
        let Some(pane) = Pane::open(&name, "step handshake/syn-lost", size) else {
            return;
        };
        pane.wait_for("event 0/");
        for (keys, leads_to) in KEYS {
            for key in keys.split(' ') {
                match key.strip_prefix('=') {
                    Some(typed) => pane.press(&["-l", typed]),
                    None => pane.press(&[key]),
                }
            }
            pane.wait_for_one_of(leads_to);
        }
        pane.press(&["Escape"]);
        pane.wait_for("ended with 0");
    }
}
