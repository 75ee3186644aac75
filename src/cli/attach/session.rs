//! One attachment from beginning to end: namespaces, programs, the world's pace, files.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::args::AttachArgs;
use super::programs::Programs;
use super::text::{self, Player, Told};
use crate::attach::{Attached, Name, Namespace, Punctuality, attend, permitted};
use crate::case::{Offers, Plan, Run};
use crate::cli::artefacts::{CAPTURES, write_recording};
use crate::cli::failure::cannot_write;
use crate::cli::output::{Committed, Staging};
use crate::cli::{Outcome, selection, terminal};
use crate::measure::Exchange;
use crate::measure::conversation::Traffic;
use crate::record::Recording;
use crate::record::foreign::Capture;
use crate::record::pcapng::Captures;
use crate::sim::World;
use crate::units::{SimTime, Span};

/// How long the world goes on after its end, so that connections can close in order.
const LINGER: Span = Span::from_secs(2);

/// It is quiet when nothing is due within this time.
const QUIET: Span = Span::from_millis(500);

/// What was made of the arguments.
struct Session<'a> {
    args: &'a AttachArgs,
    plan: Plan,
    run: Run,
    offers: Offers,
    /// The names of the hosts that programs play, in the order of `attached`.
    names: Vec<String>,
    attached: Stack,
    /// The file with the certificate to trust; it is gone when this is dropped.
    authority: Option<Authority>,
    interrupted: Arc<AtomicBool>,
}

/// How it came to its end.
struct End {
    punctuality: Punctuality,
    /// How the command ended, if it did, with its name.
    status: Option<(String, ExitStatus)>,
    /// Whether the lab's own client has not come to its end.
    unfinished: bool,
    /// Why it ended early, if it did.
    failed: Option<anyhow::Error>,
}

/// Attaches a world until a command or somebody ends it.
pub(super) fn attach(args: &AttachArgs) -> Result<Outcome> {
    let plan = selection::single(&args.case, &args.settings)?;
    permitted()?;
    let mut session = Session::open(args, plan)?;
    if args.command.is_empty() {
        session.say(&text::beginning(
            &session.plan,
            &session.players(),
            &session.offers,
            args.lasting,
            session.run.plays_main(),
        ));
    }
    let end = session.go()?;
    session.close(end)
}

impl<'a> Session<'a> {
    /// Builds the world and the namespaces.
    fn open(args: &'a AttachArgs, plan: Plan) -> Result<Self> {
        let names = hosts(args, &plan)?;
        let outside: Vec<&str> = names.iter().map(String::as_str).collect();
        let (run, offers) = Run::attach(&plan, &outside, args.wait)?;
        let interrupted = Arc::new(AtomicBool::new(false));
        // Before there is anything to be removed.
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))
                .context("cannot be told of signals")?;
        }
        let authority = offers
            .authority
            .as_deref()
            .map(Authority::write)
            .transpose()?;
        let mut session = Self {
            args,
            plan,
            run,
            offers,
            names,
            attached: Stack(Vec::new()),
            authority,
            interrupted,
        };
        session.make_namespaces()?;
        Ok(session)
    }

    fn make_namespaces(&mut self) -> Result<()> {
        let all = self.run.hosts().into_iter().map(|host| {
            let (_, info) = self.run.host_info(&host);
            Name {
                name: info.domain,
                address: info.addresses[0],
            }
        });
        let more = self.offers.names.iter().map(|(name, host)| Name {
            name: name.clone(),
            address: self.run.address(*host),
        });
        let known: Vec<Name> = all.chain(more).collect();
        let resolver = self.offers.resolver.map(|host| self.run.address(host));
        for name in &self.names {
            let (host, info) = self.run.host_info(name);
            let netns = format!("{}-{name}", self.args.netns);
            let namespace = Namespace::make(&netns, &info, &known, resolver)?;
            self.attached.0.push(Attached { host, namespace });
        }
        Ok(())
    }

    fn players(&self) -> Vec<Player<'_>> {
        let both = std::iter::zip(&self.names, &self.attached.0);
        both.map(|(name, attached)| Player {
            name,
            address: self.run.address(attached.host),
            namespace: attached.namespace.name(),
        })
        .collect()
    }

    /// Lets it go on to its end, and ends the programs.
    fn go(&mut self) -> Result<End> {
        let authority = self.authority.as_ref().map(|file| file.path.as_path());
        let played: Vec<_> = std::iter::zip(self.names.iter().cloned(), &self.attached.0).collect();
        let mut programs = Programs::start(self.args, &played, authority)?;
        let until = self.args.lasting.map(|span| SimTime::ZERO + span);
        let (interrupted, attached) = (Arc::clone(&self.interrupted), &self.attached.0);
        let plays_main = self.run.plays_main();
        let (world, mut main_has_ended) = self.run.parts();
        let (mut waited, mut ending, mut main_ended) = (Ok(()), None, false);
        let (punctuality, attended) = attend(world, attached, |world, now| {
            let ended = programs.have_ended().unwrap_or_else(|error| {
                waited = Err(error);
                true
            });
            main_ended |= main_has_ended();
            let is_over = ended
                || main_ended
                || interrupted.load(Ordering::Relaxed)
                || until.is_some_and(|until| now >= until);
            if is_over {
                ending.get_or_insert(now);
            }
            Ok(ending.is_none_or(|since| now < since + LINGER && !is_quiet(world)))
        });
        let status = waited.and_then(|()| programs.status());
        let status = status.context("cannot wait for the command");
        let (status, failed) =
            status.map_or_else(|error| (None, Some(error)), |status| (status, None));
        Ok(End {
            punctuality,
            status,
            unfinished: plays_main && !main_ended,
            failed: attended.err().map(anyhow::Error::from).or(failed),
        })
    }

    /// Writes the files and says what happened.
    fn close(self, end: End) -> Result<Outcome> {
        let Self {
            args,
            plan,
            run,
            names,
            attached,
            authority,
            ..
        } = self;
        // First of all what was made outside is removed.
        let hosts: Vec<_> = attached.0.iter().map(|one| one.host).collect();
        drop((attached, authority));
        let lasted = run.now() - SimTime::ZERO;
        let recording = run.stop(&names);
        let mut views = Vec::new();
        for (name, host) in std::iter::zip(&names, &hosts) {
            let mut capture = Vec::new();
            Captures::of(&recording).write(*host, &mut capture)?;
            let traffic = Traffic::of(&Capture::read(&capture)?);
            views.push((name.clone(), traffic));
        }
        let requests = Exchange::all(&recording);
        let told = Told {
            requests: &requests,
            plan: &plan,
            lasted,
            punctuality: &end.punctuality,
            views: &views,
            status: end.status.as_ref(),
            unfinished: end.unfinished,
        };
        let (files, committed) = write(args, &plan, &recording, &told)?;
        if args.json {
            terminal::print(&(told.json(&files)?.to_string() + "\n"))?;
        } else if !args.quiet {
            terminal::remark(&told.text(&args.out, &files));
        }
        committed.keep();
        if let Some(error) = end.failed {
            return Err(error.context("the attachment ended early; what it recorded is there"));
        }
        let is_command_well = told.status.is_none_or(|(_, status)| status.success());
        let failed = !is_command_well || told.unfinished || !told.is_answered();
        Ok(if failed {
            Outcome::NotKept
        } else {
            Outcome::Kept
        })
    }

    /// Says something where neither the command's output nor JSON is.
    fn say(&self, text: &str) {
        if !self.args.quiet && !self.args.json {
            terminal::remark(text);
        }
    }
}

/// The hosts that programs play: those that were named, each once, or the first one.
fn hosts(args: &AttachArgs, plan: &Plan) -> Result<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut hosts: Vec<_> = args.hosts.clone();
    hosts.retain(|host| seen.insert(host.clone()));
    if hosts.is_empty() {
        hosts.extend(Run::hosts_of(plan).into_iter().next());
    }
    if let Some((host, command)) = args.runs.iter().find(|(host, _)| !hosts.contains(host)) {
        bail!("--run {host}='{command}' is for a host that no program plays: add --as {host}");
    }
    Ok(hosts)
}

/// Whether nothing is due soon, as when all connections have closed.
fn is_quiet(world: &World) -> bool {
    let due = world.next_at();
    due.is_none_or(|at| at.since(world.now()) > QUIET)
}

/// Writes the files of an attachment; their names.
fn write(
    args: &AttachArgs,
    plan: &Plan,
    recording: &Recording,
    told: &Told<'_>,
) -> Result<(Vec<String>, Committed)> {
    let staging = Staging::below(&args.out);
    let directory = format!(
        "{CAPTURES}/attach/{}/{}",
        plan.case().name(),
        plan.variant()
    );
    let mut files = write_recording(recording, None, &directory, &staging)?;
    let result = format!("{directory}/attach.json");
    files.push(result.clone());
    let json = told.json(&files)?;
    staging.write(&result, |out| {
        serde_json::to_writer_pretty(&mut *out, &json)?;
        Ok(out.write_all(b"\n")?)
    })?;
    Ok((files, staging.commit()?))
}

/// What was made last is removed first: the first namespace has made the directory in which the others have theirs.
struct Stack(Vec<Attached>);

impl Drop for Stack {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
    }
}

/// A certificate to trust, in a file for programs to read.
struct Authority {
    path: PathBuf,
}

impl Authority {
    fn write(pem: &str) -> Result<Self> {
        let name = format!("wirelab-{}-ca.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        // Whatever has that name already is not ours, and is neither written to nor removed.
        let made = File::create_new(&path);
        let mut out = made.map_err(|error| cannot_write(&path, &error.into()))?;
        let file = Self { path };
        let written = out.write_all(pem.as_bytes());
        written.map_err(|error| cannot_write(&file.path, &error.into()))?;
        Ok(file)
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
