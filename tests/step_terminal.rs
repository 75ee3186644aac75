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
        for _ in 0..LOOKS {
            let screen = self.screen();
            if screen.contains(text) {
                return screen;
            }
            Command::new("sleep")
                .arg("0.05")
                .status()
                .expect("sleep is there");
        }
        panic!("`{text}` does not appear:\n{}", self.screen());
    }

    /// The fingerprint of the state at an event, once we are there.
    fn state_at(&self, event: &str) -> String {
        let screen = self.wait_for(&format!("event {event}/"));
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
