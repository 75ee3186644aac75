//! What is said of an attachment.

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitStatus;

use anyhow::Result;
use serde_json::{Value, json};

use crate::attach::Punctuality;
use crate::case::{Offers, Plan};
use crate::measure::Exchange;
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
    /// The requests of the lab's own client.
    pub(super) requests: &'a [Exchange],
}

/// Conversations that are told, of each host.
const TOLD: usize = 8;

/// What is there to be used, and how.
pub(super) fn beginning(
    plan: &Plan,
    players: &[Player<'_>],
    offers: &Offers,
    lasting: Option<Span>,
    plays_main: bool,
) -> String {
    let mut until = Vec::new();
    until.extend(lasting.map(|span| format!("for {}", spoken(span))));
    until.extend(plays_main.then(|| "until the lab's own client has ended".to_owned()));
    until.push("until Ctrl-C".to_owned());
    let until = until.join(", or ");
    let mut text = format!(
        "{}/{} goes on in real time {until}\n",
        plan.case().name(),
        plan.variant()
    );
    // Where the client is the lab's, programs play servers, which do not ask themselves.
    let url = offers.urls.first().filter(|_| !plays_main);
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
        if !self.requests.is_empty() {
            line(self.page());
        }
        line(self.punctual());
        for (host, traffic) in self.views {
            if let Some(more) = traffic.conversations.len().checked_sub(TOLD + 1) {
                line(format!(
                    "{host}: {} conversations, the first {TOLD}:",
                    more + TOLD + 1
                ));
            }
            for conversation in traffic.conversations.iter().take(TOLD) {
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

    /// Whether each request of the lab's own client was answered as it should be.
    pub(super) fn is_answered(&self) -> bool {
        self.answered() == self.requests.len()
    }

    fn answered(&self) -> usize {
        let is_good = |request: &&Exchange| (200..300).contains(&request.status);
        self.requests.iter().filter(is_good).count()
    }

    /// How the lab's own client fared.
    fn page(&self) -> String {
        let (all, answered) = (self.requests.len(), self.answered());
        let odd = self
            .requests
            .iter()
            .find(|request| !(200..300).contains(&request.status));
        let odd = odd.map_or_else(String::new, |request| {
            let answer = match (&request.error, request.status) {
                (Some(error), _) => error.clone(),
                (None, 0) => "no answer".to_owned(),
                (None, status) => status.to_string(),
            };
            format!("; the first that was not: {}, {answer}", request.url)
        });
        format!(
            "the lab's own client took {}, and {} of its {} requests were answered with 2xx{odd}",
            spoken(self.page_time()),
            grouped(answered as u64),
            grouped(all as u64)
        )
    }

    /// From the first request of the lab's own client until the last was over.
    fn page_time(&self) -> Span {
        let begun = self.requests.iter().map(|request| request.wanted).min();
        let ended = self
            .requests
            .iter()
            .filter_map(|request| request.ended)
            .max();
        ended
            .zip(begun)
            .map_or(Span::ZERO, |(ended, begun)| ended.since(begun))
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
            "requests": self.requests.len(),
            "answered": self.answered(),
            "page_ms": self.page_time().as_millis_f64(),
            "command_status": self.status.map(|(_, status)| status.code()),
            "hosts": views,
            "files": files,
        }))
    }
}
