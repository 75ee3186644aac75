//! Stacks of the kernel, in namespaces that `wirelab attach` has made.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::{Child, Output};
use std::sync::Arc;
use std::thread;

use rustix::net::sockopt::set_tcp_congestion;
use rustix::process::{Pid, Signal, kill_process, setpriority_process};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{Attached, Scratch, ended, start};

/// Bytes of a request: `GET`, a space and how many bytes are wanted.
pub(super) const REQUEST: usize = 11;

/// The longest answer, in bytes.
const MOST: usize = 1_000_000;

/// An attachment that goes on until it is told to end.
pub(super) struct Session {
    /// Until it is waited for.
    child: Option<Child>,
    /// Where its files are.
    pub(super) out: Scratch,
    netns: String,
}

impl Session {
    /// Attaches with these arguments, and returns when the world goes on.
    pub(super) fn open(name: &str, arguments: &[&str]) -> Self {
        let netns = format!("wl-{name}-{}", std::process::id());
        let out = Scratch::new(name);
        // Its command says that it was started, which is when the world begins.
        let ready = ["--", "sh", "-c", "echo ready; exec sleep 300"];
        let mut child = start(&out, &[arguments, &["--netns", &netns], &ready].concat());
        let mut said = String::new();
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        while !said.ends_with("ready\n") {
            let read = stderr.read_line(&mut said).expect("it can be read");
            assert!(read > 0, "it ended: {said}");
        }
        child.stderr = Some(stderr.into_inner());
        Self {
            child: Some(child),
            out,
            netns,
        }
    }

    /// Does something as a host, in a thread of its own.
    pub(super) fn as_host<T: Send + 'static>(
        &self,
        host: &str,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        let path = format!("/run/netns/{}-{host}", self.netns);
        thread::spawn(move || {
            let file = File::open(path).expect("the namespace is there");
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("it can be entered");
            // A stack whose application reads late offers its peer less.
            setpriority_process(None, -20).expect("root may");
            act()
        })
    }

    /// Waits until the lab's own client has come to its end, and the world with it.
    pub(super) fn end(mut self) -> Attached {
        let output = self.output();
        ended(&self.out, &output)
    }

    /// Waits for the same, and returns what it said, however it ended.
    pub(super) fn output(&mut self) -> Output {
        let child = self.child.take().expect("it is waited for once");
        child.wait_with_output().expect("it ends")
    }

    /// Ends it as Ctrl-C does.
    pub(super) fn close(self) -> Attached {
        let child = self.child.as_ref().expect("it was not waited for");
        kill_process(Pid::from_child(child), Signal::INT).expect("it still runs");
        self.end()
    }
}

impl Drop for Session {
    /// A test that fails leaves no namespaces to the next one.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = kill_process(Pid::from_child(&child), Signal::INT);
            let _ = child.wait();
        }
    }
}

/// Sets this namespace's TCP up as that of the reference was, whose README lists it.
pub(super) fn as_the_reference() {
    for (key, value) in [
        ("tcp_timestamps", "0"),
        ("tcp_no_metrics_save", "1"),
        ("tcp_rmem", "4096 131072 33554432"),
        ("tcp_wmem", "4096 16384 4194304"),
    ] {
        fs::write(format!("/proc/sys/net/ipv4/{key}"), value).expect("it is this namespace's own");
    }
}

/// A listener whose connections have the reference's congestion control, which root may choose for a socket where a
/// namespace may not have it for all.
fn listener() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 80)).expect("nobody else listens");
    set_tcp_congestion(&listener, "cubic").expect("the kernel has it");
    listener
}

/// Answers so many connections with as many bytes as each asks for.
pub(super) fn serve(connections: usize) {
    // Made before anybody asks: what takes a millisecond here is a millisecond of the answer.
    let (listener, body) = (listener(), Arc::new(vec![b'.'; MOST]));
    for _ in 0..connections {
        let (mut stream, _) = listener.accept().expect("the client connects");
        let body = Arc::clone(&body);
        thread::spawn(move || {
            let mut request = [0; REQUEST];
            stream.read_exact(&mut request).expect("it asks");
            let wanted = std::str::from_utf8(&request[4..]).expect("it is text");
            let bytes: usize = wanted.trim().parse().expect("it is a number");
            stream
                .write_all(&body[..bytes])
                .expect("it takes the answer");
            // It stays open until the client has closed.
            let _ = stream.read(&mut request);
        });
    }
}

/// Answers one connection with so many bytes, whatever it asks, and waits until it is closed.
pub(super) fn answer(bytes: usize) {
    let (listener, body) = (listener(), vec![b'.'; bytes]);
    let (mut stream, _) = listener.accept().expect("the client connects");
    let mut request = [0; REQUEST];
    stream.read_exact(&mut request).expect("it asks");
    stream.write_all(&body).expect("it takes the answer");
    let _ = stream.read(&mut request);
}

/// Asks for so many bytes, and waits for them.
pub(super) fn fetch(server: Ipv4Addr, bytes: usize) {
    let mut answer = vec![b'?'; bytes];
    let mut stream = TcpStream::connect((server, 80)).expect("the server listens");
    let request = format!("GET {bytes:7}");
    assert_eq!(request.len(), REQUEST);
    stream.write_all(request.as_bytes()).expect("it takes it");
    stream.read_exact(&mut answer).expect("it answers");
}
