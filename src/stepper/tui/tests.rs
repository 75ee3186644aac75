//! The stepper as it looks, and what each key does.

use std::collections::BTreeSet;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::record::sample;
use crate::stepper::Tape;
use crate::stepper::fork::World;

fn app() -> App {
    let world = World::open(Tape::of(sample::transfer()), None, Some(1_125.0)).unwrap();
    App::new(world, None, Palette { colours: false })
}

fn press(app: &mut App, keys: &str) {
    for letter in keys.chars() {
        let key = if letter == '\n' {
            Key::Enter
        } else {
            Key::Char(letter)
        };
        assert_eq!(app.update(key), Effect::None, "{letter}");
        while app.is_busy() {
            app.tick();
        }
    }
}

fn screen(app: &mut App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| app.render(frame)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let rows = (0..height).map(|y| {
        let row: String = (0..width)
            .map(|x| buffer[(x, y)].symbol().to_owned())
            .collect();
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// Everything that a key may change.
fn state(app: &App) -> String {
    format!(
        "{} {:?} {:?} {:?} {:?} {} {} {:?} {}",
        app.player().position(),
        app.focus,
        app.overlay,
        app.prompt,
        app.breakpoints,
        app.message,
        app.field,
        app.scrolls,
        app.fingerprint
    )
}

#[test]
fn every_key_of_the_help_does_something_and_every_key_that_does_is_in_the_help() {
    let named: BTreeSet<&str> = KEYS.iter().flat_map(|key| key.keys.split(' ')).collect();
    let key = |name: &str| match name {
        "Right" => Key::Right,
        "Left" => Key::Left,
        "Up" => Key::Up,
        "Down" => Key::Down,
        "Space" => Key::Char(' '),
        "PgUp" => Key::PageUp,
        "PgDn" => Key::PageDown,
        "Home" => Key::Home,
        "End" => Key::End,
        "Tab" => Key::Tab,
        "Shift-Tab" => Key::BackTab,
        "Esc" => Key::Esc,
        letter => Key::Char(letter.chars().next().unwrap()),
    };
    for name in &named {
        let mut app = app();
        app.player_mut().to_position(30).unwrap();
        app.focus = Panel::Bytes;
        app.field = 3;
        let before = state(&app);
        let effect = app.update(key(name));
        if matches!(*name, "q" | "Esc") {
            assert_eq!(effect, Effect::Quit, "{name}");
        } else {
            assert_eq!(effect, Effect::None, "{name}");
            assert_ne!(state(&app), before, "{name} does nothing");
            assert!(!app.message.contains("does nothing"), "{name}");
        }
    }
    for letter in ' '..='~' {
        let mut app = app();
        app.update(Key::Char(letter));
        let name = if letter == ' ' {
            "Space".to_owned()
        } else {
            letter.to_string()
        };
        assert_eq!(
            !app.message.contains("does nothing"),
            named.contains(name.as_str()),
            "{letter}"
        );
    }
}

#[test]
fn going_back_undoes_going_forward() {
    let mut app = app();
    for (there, back) in [
        ("l", "h"),
        ("d", "D"),
        ("r", "R"),
        ("t", "T"),
        ("s", "S"),
        ("a", "A"),
    ] {
        press(&mut app, there);
        let first = app.player().place().fingerprint();
        press(&mut app, there);
        assert_ne!(
            app.player().place().fingerprint(),
            first,
            "{there} moves on"
        );
        press(&mut app, back);
        assert_eq!(
            app.player().place().fingerprint(),
            first,
            "{back} undoes {there}"
        );
        app.player_mut().to_position(0).unwrap();
    }
    press(&mut app, "jjjjkkj");
    assert_eq!(
        app.player()
            .contents()
            .frames_before(app.player().position()),
        3
    );
    app.update(Key::End);
    let end = app.player().position();
    press(&mut app, "j");
    assert_eq!(app.player().position(), end, "there is no further frame");
}

#[test]
fn breakpoints_stop_and_can_be_turned_off_and_deleted() {
    let mut app = app();
    press(&mut app, "c");
    assert_eq!(app.message(), "no breakpoint is on: b sets one");
    press(&mut app, "bwirelab.event == \"drop\"\nb tcp.flags.fin\nc");
    let drop = app.player().position();
    press(&mut app, "c");
    assert!(app.player().position() > drop);
    press(&mut app, "C");
    assert_eq!(app.player().position(), drop);
    press(&mut app, "Bj q");
    assert_eq!(
        app.breakpoints()
            .iter()
            .map(|point| point.on)
            .collect::<Vec<_>>(),
        [true, false]
    );
    press(&mut app, "c");
    assert_eq!(app.message(), "not found: nothing more matches");
    assert_eq!(app.player().position(), drop);
    press(&mut app, "Bx");
    assert_eq!(app.breakpoints().len(), 1);
}

#[test]
fn what_is_typed_wrong_is_said_at_its_place() {
    let mut app = app();
    press(&mut app, "/tcp.sin\n");
    let shown = screen(&mut app, 80, 24);
    let last: Vec<_> = shown.lines().skip(21).collect();
    insta::assert_snapshot!(last.join("\n"), @r"
    until: tcp.sin
           ^
    there is no field `tcp.sin` (did you mean `tcp.len`?)
    ");
    app.update(Key::Esc);
    press(&mut app, "g9999\n");
    assert!(screen(&mut app, 80, 24).contains("frames have numbers from 1 to"));
    app.update(Key::Esc);
    press(&mut app, "g825ms\n");
    assert_eq!(app.player().now().as_nanos(), 825_000_000);
    press(&mut app, "g3\n");
    assert_eq!(
        app.player()
            .contents()
            .frames_before(app.player().position()),
        3
    );
}

#[test]
fn every_size_can_be_drawn_in_every_state() {
    for (width, height) in [
        (0, 0),
        (1, 1),
        (3, 2),
        (79, 24),
        (80, 23),
        (80, 24),
        (120, 40),
        (200, 60),
        (500, 10),
        (81, 200),
    ] {
        let mut app = app();
        for keys in [
            "",
            "jjjjjj",
            "]]]]]]]]]]]]]]",
            "?",
            "q",
            "B",
            "q",
            "/tcp.",
            "\n",
        ] {
            press(&mut app, keys);
            for focus in Panel::ALL {
                app.focus = focus;
                screen(&mut app, width, height);
            }
        }
    }
    assert!(screen(&mut app(), 60, 10).starts_with("wirelab step needs 80x24 at least."));
}

#[test]
fn a_fork_that_changes_nothing_is_refused() {
    struct Same;
    impl crate::stepper::fork::Rerun for Same {
        fn rerun(
            &self,
            _: &[crate::stepper::fork::Injection],
        ) -> Result<crate::stepper::fork::Future, String> {
            Ok(crate::stepper::fork::Future {
                recording: sample::transfer(),
                window: None,
                total_ms: 1.0,
            })
        }
    }
    let mut app = app();
    assert_eq!(app.update(Key::Char('f')), Effect::None);
    assert_eq!(app.message(), "no frame has left yet: go to one first");
    press(&mut app, "jjjjfdro");
    app.update(Key::Char('p'));
    let Effect::Fork(target, fate) = app.update(Key::Enter) else {
        panic!("no fork");
    };
    let refused = app.world().fork(target, fate, &Same);
    app.forked(refused);
    assert_eq!(
        app.message(),
        "#3 did not come to the path between the hosts"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are pictures")]
fn the_panels_of_a_small_terminal() {
    let mut app = app();
    press(&mut app, "djj");
    insta::assert_snapshot!(screen(&mut app, 80, 24), @r"
    wirelab step transfer/two-segments  event 42/84  frame 8/15  t=0.300000000
    0.300000000  client ->         #7 40000 > 80 [ACK] seq=12 ack=1 win=64240 len=0
    ╔ Frames ══════════════════════════════════════════════════════════════════════╗
    ║     5 0.150000000  client > server  40000 > 80 [PSH,ACK] seq=1 ack=1 win=6424║
    ║     6 0.225000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l║
    ║     7 0.225000000  server > client  80 > 40000 [PSH,ACK] seq=1461 ack=12 win=║
    ║     8 0.300000000  client > server  40000 > 80 [ACK] seq=12 ack=1 win=64240 l║
    ║     9 0.525000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l║
    ║    10 0.750000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l║
    ║    11 0.825000000  client > server  40000 > 80 [ACK] seq=12 ack=2921 win=6424║
    ╚══════════════════════════════════════════════════════════════════════════════╝
    ┌ Events ──────────────────────────────────────────────────────────────────────┐
    │0.225000000  server ->         #6 80 > 40000 [PSH,ACK] seq=1461 ack=12 win=642│
    │0.225000000  server            h1s0 made #6: 1460 bytes at 1460               │
    │0.225000000  server            h1s0 RTO timer set for 0.525000000             │
    │0.225000000  server .. client  #6 on server->client: 1 in the queue, starts 0.│
    │0.300000000         -> client  #6 80 > 40000 [PSH,ACK] seq=1461 ack=12 win=642│
    │0.300000000  client ->         #7 40000 > 80 [ACK] seq=12 ack=1 win=64240 len=│
    │0.300000000  client            h0s0 made #7: 0 bytes at 11                    │
    │0.300000000  client .. server  #7 on client->server: 1 in the queue, starts 0.│
    │0.375000000         -> server  #7 40000 > 80 [ACK] seq=12 ack=1 win=64240 len=│
    │0.525000000  server            h1s0 RTO timer fired                           │
    └──────────────────────────────────────────────────────────────────────────────┘
    ? help  q quit  ←→ event  ↑↓ frame  / until  b break  f fork  g go to  Tab panel
    ");
    app.focus = Panel::Bytes;
    press(&mut app, "]]]");
    insta::assert_snapshot!(screen(&mut app, 80, 24), @r"
    wirelab step transfer/two-segments  event 42/84  frame 8/15  t=0.300000000
    0.300000000  client ->         #7 40000 > 80 [ACK] seq=12 ack=1 win=64240 len=0
    ┌ Frames ──────────────────────────────────────────────────────────────────────┐
    │     5 0.150000000  client > server  40000 > 80 [PSH,ACK] seq=1 ack=1 win=6424│
    │     6 0.225000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │     7 0.225000000  server > client  80 > 40000 [PSH,ACK] seq=1461 ack=12 win=│
    │     8 0.300000000  client > server  40000 > 80 [ACK] seq=12 ack=1 win=64240 l│
    │     9 0.525000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │    10 0.750000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │    11 0.825000000  client > server  40000 > 80 [ACK] seq=12 ack=2921 win=6424│
    └──────────────────────────────────────────────────────────────────────────────┘
    ╔ Bytes ═══════════════════════════════════════════════════════════════════════╗
    ║   6  02 00 00 01..  eth.src = 02:00:00:01:00:00                              ║
    ║  12  08 00          eth.type = 0x0800 (IPv4)                                 ║
    ║  14  45             ip.version = 4  [header of 20 bytes (ip.hdr_len)]        ║
    ║  15  00             ip.dsfield = 0x00                                        ║
    ║#7 at client, 66 bytes ───────────────────────────────────────────────────────║
    ║0000  02 00 00 fe 00 00 02 00 00 01 00 00 08 00 45 00  ..............E.       ║
    ║0010  00 34 00 00 40 00 40 06 ad 9b c6 12 00 02 c6 12  .4..@.@.........       ║
    ║0020  01 02 9c 40 00 50 00 00 03 f4 ff ff f0 60 80 10  ...@.P.......`..       ║
    ║0030  fa f0 6f e1 00 00 05 0a ff ff f6 14 ff ff fb c8  ..o.............       ║
    ║0040  00 00                                            ..                     ║
    ╚══════════════════════════════════════════════════════════════════════════════╝
    ? help  q quit  ←→ event  ↑↓ frame  / until  b break  f fork  g go to  Tab panel
    ");
    app.focus = Panel::Sockets;
    insta::assert_snapshot!(screen(&mut app, 80, 24), @r"
    wirelab step transfer/two-segments  event 42/84  frame 8/15  t=0.300000000
    0.300000000  client ->         #7 40000 > 80 [ACK] seq=12 ack=1 win=64240 len=0
    ┌ Frames ──────────────────────────────────────────────────────────────────────┐
    │     5 0.150000000  client > server  40000 > 80 [PSH,ACK] seq=1 ack=1 win=6424│
    │     6 0.225000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │     7 0.225000000  server > client  80 > 40000 [PSH,ACK] seq=1461 ack=12 win=│
    │     8 0.300000000  client > server  40000 > 80 [ACK] seq=12 ack=1 win=64240 l│
    │     9 0.525000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │    10 0.750000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │    11 0.825000000  client > server  40000 > 80 [ACK] seq=12 ack=2921 win=6424│
    └──────────────────────────────────────────────────────────────────────────────┘
    ╔ Sockets ═════════════════════════════════════════════════════════════════════╗
    ║client  linux stack, 1 sockets                                                ║
    ║>h0s0 ESTAB 198.18.0.2:40000 > 198.18.1.2:80                                  ║
    ║   snd.una 12  written 11  rcv.nxt 1  unread 0  isn 1000                      ║
    ║server  linux stack, 1 sockets                                                ║
    ║ h1s0 ESTAB 198.18.1.2:80 > 198.18.0.2:40000                                  ║
    ║   snd.una 1  written 2920  rcv.nxt 12  unread 0  isn 4294963295  RTO in 225ms║
    ║                                                                              ║
    ║                                                                              ║
    ║                                                                              ║
    ║                                                                              ║
    ╚══════════════════════════════════════════════════════════════════════════════╝
    ? help  q quit  ←→ event  ↑↓ frame  / until  b break  f fork  g go to  Tab panel
    ");
    app.focus = Panel::Ladder;
    insta::assert_snapshot!(screen(&mut app, 80, 24), @r"
    wirelab step transfer/two-segments  event 42/84  frame 8/15  t=0.300000000
    0.300000000  client ->         #7 40000 > 80 [ACK] seq=12 ack=1 win=64240 len=0
    ┌ Frames ──────────────────────────────────────────────────────────────────────┐
    │     5 0.150000000  client > server  40000 > 80 [PSH,ACK] seq=1 ack=1 win=6424│
    │     6 0.225000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │     7 0.225000000  server > client  80 > 40000 [PSH,ACK] seq=1461 ack=12 win=│
    │     8 0.300000000  client > server  40000 > 80 [ACK] seq=12 ack=1 win=64240 l│
    │     9 0.525000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │    10 0.750000000  server > client  80 > 40000 [ACK] seq=1 ack=12 win=64240 l│
    │    11 0.825000000  client > server  40000 > 80 [ACK] seq=12 ack=2921 win=6424│
    └──────────────────────────────────────────────────────────────────────────────┘
    ╔ Ladder ══════════════════════════════════════════════════════════════════════╗
    ║          ms client                                                     server║
    ║     225.000 │                                                       (ESTAB) │║
    ║     225.000 │                          ────── #4 PSH,ACK seq 1 len 11 ─────▶│║
    ║     225.000 │                        ─ #5 ACK seq 1 len 1460 ✗ drop script ─│║
    ║     225.000 │                          ◁── #6 PSH,ACK seq 1461 len 1460 ────│║
    ║     300.000 │◀── #6 PSH,ACK seq 1461 len 1460 ────                          │║
    ║     300.000 │─────────── #7 ACK 1 SACK ──────────▷                          │║
    ║     375.000 │                          ─────────── #7 ACK 1 SACK ──────────▶│║
    ║     525.000 │                                                   (RTO timer) │║
    ║     525.000 │                          ◁────── #8 ACK seq 1 len 1460 ───────│║
    ╚══════════════════════════════════════════════════════════════════════════════╝
    ? help  q quit  ←→ event  ↑↓ frame  / until  b break  f fork  g go to  Tab panel
    ");
}
