//! The programs that play hosts.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, getpgid, getpgrp, kill_process, kill_process_group};

use super::args::AttachArgs;
use crate::attach::{Attached, Namespace};

/// The programs that were started; those that still run, and what they have started, are ended when this is dropped.
#[derive(Debug)]
pub(super) struct Programs<'a> {
    /// Where the first host is.
    first: &'a Namespace,
    /// With which the attachment ends, and what it is called.
    main: Option<(String, Child)>,
    beside: Vec<Child>,
}

impl<'a> Programs<'a> {
    /// Starts what the arguments name, `--run` first. `authority` is the file with the certificate to trust.
    pub(super) fn start(
        args: &AttachArgs,
        attached: &[(String, &'a Attached)],
        authority: Option<&Path>,
    ) -> Result<Self> {
        let (_, first) = attached.first().context("there is a host")?;
        let first = &first.namespace;
        let mut programs = Self {
            first,
            main: None,
            beside: Vec::new(),
        };
        for (host, command) in &args.runs {
            let played = attached.iter().find(|(name, _)| name == host);
            let (_, played) = played.context("a host of --run is played")?;
            let mut shell = inside(&played.namespace, "sh", authority);
            // A group of its own, so that what the shell starts ends with it, and Ctrl-C is not for it.
            shell
                .args(["-c", command])
                .stdin(Stdio::null())
                .process_group(0);
            output(&mut shell, args.json)?;
            let child = shell
                .spawn()
                .with_context(|| format!("cannot run `{command}`"))?;
            programs.beside.push(child);
        }
        if let Some((program, rest)) = args.command.split_first() {
            let program = program.to_string_lossy().into_owned();
            let mut command = inside(first, &program, authority);
            command.args(rest);
            output(&mut command, args.json)?;
            let child = command
                .spawn()
                .with_context(|| format!("cannot run `{program}`"))?;
            programs.main = Some((program, child));
        }
        Ok(programs)
    }

    /// Whether the command with which the attachment ends has ended.
    pub(super) fn have_ended(&mut self) -> io::Result<bool> {
        match &mut self.main {
            Some((_, child)) => Ok(child.try_wait()?.is_some()),
            None => Ok(false),
        }
    }

    /// How the command ended, if it has, with its name.
    pub(super) fn status(&mut self) -> io::Result<Option<(String, ExitStatus)>> {
        match &mut self.main {
            Some((name, child)) => Ok(child.try_wait()?.map(|status| (name.clone(), status))),
            None => Ok(None),
        }
    }
}

impl Drop for Programs<'_> {
    fn drop(&mut self) {
        for mut child in self.beside.drain(..) {
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            let _ = child.wait();
        }
        let Some((_, mut child)) = self.main.take() else {
            return;
        };
        if matches!(child.try_wait(), Ok(None)) {
            let _ = child.kill();
            let _ = child.wait();
        }
        // The command has the terminal, and with it the process group of this process. What it has started is in the
        // same one, and inside; what somebody else runs there is in another one.
        let own = getpgrp();
        let left = self.first.processes().into_iter();
        for process in left.filter(|process| getpgid(Some(*process)) == Ok(own)) {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

/// A command inside a namespace, to which the certificate's file is told under the names that curl, OpenSSL and their
/// like look for.
fn inside(namespace: &Namespace, program: &str, authority: Option<&Path>) -> Command {
    let mut command = namespace.command(program);
    if let Some(file) = authority {
        for name in ["WIRELAB_CA", "SSL_CERT_FILE", "CURL_CA_BUNDLE"] {
            command.env(name, file);
        }
    }
    command
}

/// Where what it prints goes: with `--json` stdout is not its own.
fn output(command: &mut Command, json: bool) -> io::Result<()> {
    if json {
        command.stdout(io::stderr().as_fd().try_clone_to_owned()?);
    }
    Ok(())
}
