//! What is said of an attachment.

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitStatus;

use anyhow::Result;
use serde_json::{Value, json};

use crate::attach::Punctuality;
use crate::case::{Offers, Plan};
use crate::measure::conversation::{Traffic, grouped, spoken};
use crate::units::{SimTime, Span};

/// A host that programs play.
#[derive(Clone, Copy, Debug)]
pub(super) struct Player<'a> {
    pub(super) name: &'a str,
    pub(super) address: Ipv4Addr,
    pub(super) namespace: &'a str,
}

/// What is told at the end.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) plan: &'a Plan,
    pub(super) lasted: Span,
    pub(super) punctuality: &'a Punctuality,
    /// What each host that was played saw.
    pub(super) views: &'a [(String, Traffic)],
    /// How the command ended, with its name.
    pub(super) status: Option<&'a (String, ExitStatus)>,
    /// Whether the lab's own client did not come to its end.
    pub(super) unfinished: bool,
}

/// What is there to be used, and how.
pub(super) fn beginning(plan: &Plan, players: &[Player<'_>], offers: &Offers) -> String {
    let mut text = format!(
        "{}/{} goes on in real time until Ctrl-C\n",
        plan.case().name(),
        plan.variant()
    );
    let url = offers.urls.first().map(String::as_str);
    for Player {
        name,
        address,
        namespace,
    } in players
    {
        let example = url.map_or_else(|| "bash".to_owned(), |url| format!("curl {url}"));
        writeln!(
            text,
            "  {name} is {address}: ip netns exec {namespace} {example}"
        )
        .expect("a string takes every text");
    }
    text
}

impl Told<'_> {
    /// As people read it; `files` are the names of those that were written below `out`.
    pub(super) fn text(&self, out: &Path, files: &[String]) -> String {
        let mut text = String::new();
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        if let Some((name, status)) = self.status
            && !status.success()
        {
            line(format!("{name} failed: {status}"));
        }
        if self.unfinished {
            line("the lab's own client did not come to its end".to_owned());
        }
        line(self.punctual());
        for (host, traffic) in self.views {
            for conversation in &traffic.conversations {
                line(format!(
                    "{host}: {} > {} took {}, {}",
                    conversation.ends[0],
                    conversation.ends[1],
                    spoken(conversation.duration()),
                    conversation.constraint()
                ));
            }
        }
        let captures = files.iter().filter(|file| file.ends_with(".pcapng"));
        let out = out.strip_prefix(".").unwrap_or(out);
        let captures: Vec<_> = captures
            .map(|file| out.join(file).display().to_string())
            .collect();
        if self.punctuality.written_frames() > 0 {
            line(format!(
                "`wirelab explain {}` says more",
                captures.join(" ")
            ));
        }
        text
    }

    /// How late frames were.
    fn punctual(&self) -> String {
        let punctuality = self.punctuality;
        let lasted = spoken(self.lasted);
        let count = grouped(punctuality.written_frames() as u64);
        let Some((due, worst)) = punctuality.worst() else {
            return format!("{lasted} in real time, and no frame came to a device");
        };
        let [half, most] = [50, 99].map(|percent| spoken(punctuality.percentile(percent)));
        let late = match punctuality.late_frames() {
            0 => "none was late by more than 1 ms".to_owned(),
            1 => "one was late by more than 1 ms".to_owned(),
            late => format!("{} were late by more than 1 ms", grouped(late as u64)),
        };
        let mut text = format!(
            "{lasted} in real time; {count} frames came to devices, half of them within {half} of their moments, 99 % \
             within {most}; {late}, the latest by {} at {}",
            spoken(worst),
            spoken(due - SimTime::ZERO)
        );
        if punctuality.refused() > 0 {
            write!(text, "; devices refused {} more", punctuality.refused())
                .expect("a string takes every text");
        }
        text
    }

    /// As programs read it.
    pub(super) fn json(&self, files: &[String]) -> Result<Value> {
        let punctuality = self.punctuality;
        let mut views = serde_json::Map::new();
        for (host, traffic) in self.views {
            views.insert(host.clone(), serde_json::to_value(traffic.summary())?);
        }
        Ok(json!({
            "case": self.plan.case().name(),
            "variant": self.plan.variant(),
            "seed": self.plan.seed(),
            "stack": self.plan.stack(),
            "params": self.plan.run_info().params,
            "lasted_ms": self.lasted.as_millis_f64(),
            "punctuality": {
                "frames": punctuality.written_frames(),
                "late_frames": punctuality.late_frames(),
                "refused_frames": punctuality.refused(),
                "median_ms": punctuality.percentile(50).as_millis_f64(),
                "p99_ms": punctuality.percentile(99).as_millis_f64(),
                "worst_ms": punctuality.worst().map(|(_, late)| late.as_millis_f64()),
                "longest_turn_ms": punctuality.longest_turn().as_millis_f64(),
            },
            "command_status": self.status.map(|(_, status)| status.code()),
            "hosts": views,
            "files": files,
        }))
    }
}
