//! The programs that play hosts.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use super::args::AttachArgs;
use crate::attach::{Attached, Namespace};

/// The programs that were started; those that still run are ended when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Programs {
    /// With which the attachment ends, and what it is called.
    main: Option<(String, Child)>,
    beside: Vec<Child>,
}

impl Programs {
    /// Starts what the arguments name, `--run` first. `authority` is the file with the certificate to trust.
    pub(super) fn start(
        args: &AttachArgs,
        attached: &[(String, &Attached)],
        authority: Option<&Path>,
    ) -> Result<Self> {
        let mut programs = Self::default();
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
            let (_, first) = attached.first().context("there is a host")?;
            let mut command = inside(&first.namespace, &program, authority);
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
    pub(super) fn status(&mut self) -> io::Result<Option<(&str, ExitStatus)>> {
        match &mut self.main {
            Some((name, child)) => Ok(child.try_wait()?.map(|status| (name.as_str(), status))),
            None => Ok(None),
        }
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        for mut child in self.beside.drain(..) {
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            let _ = child.wait();
        }
        if let Some((_, mut child)) = self.main.take()
            && matches!(child.try_wait(), Ok(None))
        {
            let _ = child.kill();
            let _ = child.wait();
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
