//! The files of a run: captures, recording, result and plots, and what each is called.

use anyhow::Result;

use super::output::Staging;
use crate::case::{Case, Finished, Plan, find};
use crate::measure::{CaseResult, Distribution, Page, har};
use crate::plot::{self, Figure, Theme, comparison, ladder};
use crate::record::mahimahi::LinkLog;
use crate::record::pcapng::Captures;
use crate::record::qlog::Qlog;
use crate::record::{Recording, RunInfo, events_file};
use crate::report;

/// The recording of a variant, beside its captures.
pub(super) const EVENTS: &str = "events.bin";
/// The result of a variant, beside its captures.
pub(super) const RESULT: &str = "result.json";
/// The requests of a variant as an HTTP archive, beside its captures.
const HAR: &str = "page.har";
/// The directory of all that is not a picture.
pub(super) const CAPTURES: &str = "captures";

/// What can be chosen about the files.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice {
    /// How much of each frame captures keep, in bytes.
    pub(super) snaplen: Option<u32>,
    /// Whether plots are written as PNG too.
    pub(super) png: bool,
}

/// Writes all files of a run and notes them in its result.
pub(super) fn write(
    finished: &mut Finished,
    plan: &Plan,
    choice: Choice,
    staging: &Staging,
) -> Result<()> {
    let Finished { recording, result } = finished;
    let title = title(&recording.run, about(&**plan.case(), plan.variant()));
    let directory = format!("{CAPTURES}/{}/{}", result.case, result.variant);
    let mut files = write_recording(recording, choice.snaplen, &directory, staging)?;
    let pages = Page::all(recording, result.window);
    if let Some(archive) = har::archive(recording, &pages) {
        let path = format!("{directory}/{HAR}");
        staging.write(&path, |out| Ok(archive.write(out)?))?;
        files.push(path);
    }
    let json = format!("{directory}/{RESULT}");
    files.push(json.clone());
    files.extend(write_pictures(
        recording, &title, &pages, choice.png, staging,
    )?);
    result.files = files;
    staging.write(&json, |out| {
        serde_json::to_writer_pretty(&mut *out, result)?;
        Ok(out.write_all(b"\n")?)
    })
}

/// Writes a recording as others read it, and as it is, and returns the names of the files.
pub(super) fn write_recording(
    recording: &Recording,
    snaplen: Option<u32>,
    directory: &str,
    staging: &Staging,
) -> Result<Vec<String>> {
    let mut files = write_captures(recording, snaplen, directory, staging)?;
    files.extend(write_qlogs(recording, directory, staging)?);
    for log in LinkLog::all(recording) {
        let path = format!("{directory}/{}", log.file_name());
        staging.write(&path, |out| Ok(log.write(out)?))?;
        files.push(path);
    }
    let events = format!("{directory}/{EVENTS}");
    staging.write(&events, |out| Ok(events_file::write(recording, out)?))?;
    files.push(events);
    Ok(files)
}

fn write_captures(
    recording: &Recording,
    snaplen: Option<u32>,
    directory: &str,
    staging: &Staging,
) -> Result<Vec<String>> {
    let mut captures = Captures::of(recording);
    if let Some(snaplen) = snaplen {
        captures = captures.with_snaplen(snaplen);
    }
    let mut files = Vec::new();
    for (host, info) in recording.hosts() {
        let path = format!("{directory}/{}.pcapng", info.name);
        staging.write(&path, |out| {
            captures.write(host, out)?;
            Ok(())
        })?;
        files.push(path);
    }
    Ok(files)
}

/// Writes what QUIC endpoints told: `HOST.sqlog`, and `HOST-2.sqlog` for its second connection.
fn write_qlogs(recording: &Recording, directory: &str, staging: &Staging) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for (host, info) in recording.hosts() {
        for (position, log) in Qlog::of(recording, host).iter().enumerate() {
            let ordinal = match position {
                0 => String::new(),
                _ => format!("-{}", position + 1),
            };
            let path = format!("{directory}/{}{ordinal}.sqlog", info.name);
            staging.write(&path, |out| Ok(log.write(out)?))?;
            files.push(path);
        }
    }
    Ok(files)
}

/// Draws a recording as a ladder, a waterfall and a time-sequence graph, as far as it has what they show, and returns the
/// names of their files.
pub(super) fn write_pictures(
    recording: &Recording,
    title: &str,
    pages: &[Page],
    png: bool,
    staging: &Staging,
) -> Result<Vec<String>> {
    let RunInfo { case, variant, .. } = &recording.run;
    let path = format!("plots/{case}/{variant}");
    let figures = [
        (path.clone(), Some(ladder(recording, title))),
        (
            format!("{path}-waterfall"),
            plot::waterfall(recording, pages, title),
        ),
        (format!("{path}-sequence"), plot::sequence(recording, title)),
        (
            format!("{path}-distribution"),
            Distribution::of(recording)
                .map(|times| plot::distribution(&times, title, &recording.run.command())),
        ),
    ];
    let mut files = Vec::new();
    for (path, figure) in figures {
        if let Some(figure) = figure {
            files.extend(write_figure(&figure, &path, png, staging)?);
        }
    }
    Ok(files)
}

/// Draws the variants of a case side by side, with their formulas and with their accounts, if all of them are there.
pub(super) fn write_comparison(
    case: &dyn Case,
    results: &[CaseResult],
    png: bool,
    staging: &Staging,
) -> Result<Vec<String>> {
    let of_variant = |name| {
        let mut all = results.iter();
        all.find(|result| result.case == case.name() && result.variant == name)
    };
    let variants = case.variants();
    let complete: Option<Vec<_>> = variants
        .iter()
        .map(|variant| of_variant(variant.name).cloned())
        .collect();
    let Some(results) = complete else {
        return Ok(Vec::new());
    };
    let figure = comparison(case.name(), case.question(), &results);
    let path = format!("plots/{}/comparison", case.name());
    let mut files = write_figure(&figure, &path, png, staging)?;
    if let Some(figure) = plot::account(case.name(), case.question(), &results) {
        let path = format!("plots/{}/account", case.name());
        files.extend(write_figure(&figure, &path, png, staging)?);
    }
    Ok(files)
}

/// What the report shows of a run whose case's page has so many variants.
pub(super) fn variant(
    recording: &Recording,
    result: &CaseResult,
    about: &str,
    variants: usize,
) -> report::Variant {
    report::Variant::of(recording, result, about, report::FRAMES / variants.max(1))
}

/// Writes the report of a case with these variants, in the order in which the case lists them, and returns the name
/// of its file.
pub(super) fn write_report(
    name: &str,
    case: Option<&dyn Case>,
    mut variants: Vec<report::Variant>,
    staging: &Staging,
) -> Result<String> {
    let listed = case.map(Case::variants).unwrap_or_default();
    let place = |name: &str| listed.iter().position(|variant| variant.name == name);
    variants.sort_by_key(|variant| place(variant.name()));
    let question = case.map_or("", Case::question);
    let path = format!("plots/{name}/index.html");
    let page = report::page(name, question, &variants);
    staging.write(&path, |out| Ok(out.write_all(page.as_bytes())?))?;
    Ok(path)
}

/// Writes a picture as SVG, and as PNG where that is wanted, and returns the names of its files.
pub(super) fn write_figure(
    figure: &Figure,
    path: &str,
    png: bool,
    staging: &Staging,
) -> Result<Vec<String>> {
    let svg = format!("{path}.svg");
    staging.write(&svg, |out| {
        Ok(out.write_all(figure.svg(Theme::Adaptive).as_bytes())?)
    })?;
    let mut files = vec![svg];
    if png {
        let png = format!("{path}.png");
        staging.write(&png, |out| Ok(out.write_all(&figure.png())?))?;
        files.push(png);
    }
    Ok(files)
}

/// What a ladder shows: the variant's own words, or its name if nobody knows it.
pub(super) fn title(run: &RunInfo, about: Option<String>) -> String {
    let name = format!("{}/{}", run.case, run.variant);
    about.map_or_else(|| name.clone(), |about| format!("{name}: {about}"))
}

/// What happens in a variant, in the words of its case.
pub(super) fn about(case: &dyn Case, variant: &str) -> Option<String> {
    let variants = case.variants();
    let mut known = variants.iter().filter(|known| known.name == variant);
    known.next().map(|known| known.about.to_owned())
}

/// The same for a run that was saved, if this wirelab knows its case.
pub(super) fn known_about(run: &RunInfo) -> Option<String> {
    about(find(&run.case).ok()?, &run.variant)
}
