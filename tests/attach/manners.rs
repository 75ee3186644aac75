//! How `wirelab attach` behaves: what it refuses, and that it leaves nothing behind.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::inside::Session;
use super::{PROGRAM, Scratch, attach, start, turn};

/// What a failing `wirelab attach` said, and its exit status.
fn refused(arguments: &[&str]) -> (String, i32) {
    let out = Scratch::new("refused");
    let output = start(&out, arguments).wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let left = fs::read_dir(&out.0).expect("it is a directory").count();
    assert_eq!(left, 0, "nothing is left: {said}");
    (said, output.status.code().expect("it was not killed"))
}

/// What `ip netns` lists.
fn namespaces() -> String {
    let output = Command::new("ip").arg("netns").output();
    String::from_utf8_lossy(&output.expect("there is iproute2").stdout).into_owned()
}

#[test]
fn nobody_without_the_permission_attaches() {
    let Some(_turn) = turn() else { return };
    // Where the program is, nobody else may look.
    let program = std::env::temp_dir().join(format!("wirelab-{}", std::process::id()));
    fs::copy(PROGRAM, &program).expect("it can be copied");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mut command = Command::new(&program);
    command
        .args(["attach", "transfer/download"])
        .uid(65_534)
        .current_dir("/");
    let output = command.output();
    fs::remove_file(&program).expect("it is ours");
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("lacks CAP_NET_ADMIN and CAP_SYS_ADMIN: run it as root"),
        "{said}"
    );
}

#[test]
fn a_namespace_of_somebody_else_is_left_alone() {
    let Some(_turn) = turn() else { return };
    let name = format!("wl-other-{}", std::process::id());
    let other = format!("{name}-client");
    let ip = |verb: &str| {
        let status = Command::new("ip").args(["netns", verb, &other]).status();
        assert!(status.expect("there is iproute2").success());
    };
    ip("add");
    let (said, status) = refused(&["transfer/download", "--netns", &name, "--", "true"]);
    let still_there = namespaces().contains(&other);
    ip("del");
    assert!(still_there, "{said}");
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("is there already"), "{said}");
    assert!(said.contains(&format!("ip netns del {other}")), "{said}");
}

/// Answers every request of every connection with 404.
fn find_nothing() {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 80)).expect("nobody else listens");
    for stream in listener.incoming().take(2) {
        let mut stream = stream.expect("the client connects");
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("it asks");
            request.extend(byte);
        }
        stream
            .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .expect("it takes the answer");
    }
}

#[test]
fn the_labs_client_says_how_a_server_outside_answered() {
    let Some(_turn) = turn() else { return };
    let arguments = [
        "image-page/origin-h1-serial",
        "--set",
        "objects=2",
        "--as",
        "origin",
        "--wait",
        "200ms",
    ];
    let mut session = Session::open("fared", &arguments);
    let server = session.as_host("origin", find_nothing);
    let output = session.output();
    server.join().expect("it was asked twice");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(
        (&told["requests"], &told["answered"]),
        (&json!(2), &json!(0))
    );
    // It was written all the same.
    let capture = "captures/attach/image-page/origin-h1-serial/origin.pcapng";
    let capture = session.out.0.join(capture);
    assert!(capture.exists());
}

#[test]
fn what_was_recorded_until_a_device_was_gone_is_written() {
    let Some(_turn) = turn() else { return };
    let out = Scratch::new("gone");
    let netns = format!("wl-gone-{}", std::process::id());
    let script = "ip link del wirelab0; sleep 9";
    let arguments = [
        "transfer/download",
        "--netns",
        &netns,
        "--",
        "sh",
        "-c",
        script,
    ];
    let output = start(&out, &arguments).wait_with_output();
    let output = output.expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("what it recorded is there"), "{said}");
    assert!(said.contains("the TAP device in"), "{said}");
    let events = "captures/attach/transfer/download/events.bin";
    assert!(out.0.join(events).exists(), "{said}");
    assert!(!namespaces().contains(&netns));
}

#[test]
fn what_the_command_has_started_ends_with_it() {
    let Some(_turn) = turn() else { return };
    // A time that nobody else sleeps.
    let script = format!("sleep 1{} & true", std::process::id());
    let netns = format!("wl-left-{}", std::process::id());
    attach(
        "left",
        &[
            "transfer/download",
            "--netns",
            &netns,
            "--",
            "sh",
            "-c",
            &script,
        ],
    );
    let processes = fs::read_dir("/proc").expect("this is Linux");
    let slept = format!("sleep\u{0}1{}\u{0}", std::process::id());
    let left = processes.filter_map(Result::ok).any(|process| {
        let command = fs::read_to_string(process.path().join("cmdline"));
        command.is_ok_and(|command| command == slept)
    });
    assert!(!left);
}

#[test]
fn what_is_wrong_is_said_before_anything_is_made() {
    let Some(_turn) = turn() else { return };
    let before = namespaces();
    for (arguments, words) in [
        (
            &["transfer/download", "--as", "clint"][..],
            "no host `clint` (did you mean `client`?)",
        ),
        (
            &["transfer/download", "--run", "server=true"],
            "for a host that no program plays: add --as server",
        ),
        (
            &["transfer/download", "--run", "server"],
            "write it as HOST=COMMAND",
        ),
        (
            &["transfer/download", "--netns", "a/b"],
            "letters, digits, - and _",
        ),
        (&["transfer"], "one variant is needed"),
        (&["transfer/download", "--for", "soon"], "soon"),
        (
            &["transfer/download", "--", "/no/such/program"],
            "/no/such/program",
        ),
    ] {
        let output = Command::new(PROGRAM).arg("attach").args(arguments).output();
        let output = output.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert_ne!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert_eq!(namespaces(), before, "{arguments:?}");
    }
    let _ = fs::remove_dir_all(Path::new("captures/attach"));
}

#[test]
fn what_was_made_is_removed_and_the_world_answers_where_nobody_is() {
    let Some(_turn) = turn() else { return };
    let netns = format!("wl-alone-{}", std::process::id());
    let is_there_before = Path::new("/etc/netns").exists();
    // The gateway says at once that 203.0.113.1 cannot be reached; without it the connection would wait for minutes.
    let script = "if timeout 5 bash -c '</dev/tcp/203.0.113.1/80'; then exit 1; \
                  elif [ $? -eq 124 ]; then exit 2; else cat /etc/hosts; fi";
    let arguments = [
        "image-page/origin-h2",
        "--netns",
        &netns,
        "--",
        "bash",
        "-c",
        script,
    ];
    let attached = attach("alone", &arguments);
    assert_eq!(attached.result["command_status"], 0);
    assert!(!namespaces().contains(&netns));
    let two = [
        "transfer/download",
        "--as",
        "server",
        "--as",
        "client",
        "--netns",
        &netns,
        "--for",
        "200ms",
    ];
    attach("two", &two);
    assert!(!namespaces().contains(&netns));
    assert_eq!(Path::new("/etc/netns").exists(), is_there_before);
    assert!(
        !Path::new("/etc/netns")
            .join(format!("{netns}-client"))
            .exists()
    );
}
