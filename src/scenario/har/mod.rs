//! A page from an HTTP archive: read, understood, rebuilt as a scenario, and calibrated.
//!
//! `read` is the archive as it is written, `page` chooses the requests of a page, `item` disentangles each, `origin` finds
//! the servers and their distances, `depend` what each request waited for; `build` makes a scenario of that, and
//! `calibrate` fits it to the recording. What is assumed is counted and told. No single archive is treated otherwise
//! than the others.

mod build;
mod calibrate;
mod date;
mod depend;
mod field;
mod item;
mod origin;
mod page;
mod read;
mod url;

pub use read::HarError;

use self::build::Replay;
use super::model::Scenario;
use crate::case::CaseError;
use crate::units::BitRate;

/// The pages of an HTTP archive (HAR 1.2, and what exporters make of it) as scenarios that replay them, before any
/// calibration; `name` is what they are called.
///
/// # Errors
/// [`HarError`] that says what is wrong and where.
pub fn pages(bytes: &[u8], name: &str) -> Result<Vec<Scenario>, HarError> {
    let replays = replays(bytes, name)?.into_iter();
    Ok(replays.map(Replay::finished).collect())
}

/// The same, each fitted to its recording.
///
/// # Errors
/// [`ReplayError`] if the archive cannot be read, or a replay cannot be run.
pub fn calibrated(bytes: &[u8], name: &str) -> Result<Vec<Scenario>, ReplayError> {
    let mut scenarios = Vec::new();
    for mut replay in replays(bytes, name)? {
        let total = calibrate::calibrate(&mut replay)?;
        let mut scenario = replay.finished();
        scenario.replayed = Some(total);
        scenarios.push(scenario);
    }
    Ok(scenarios)
}

/// Why there is no replay.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReplayError {
    /// The archive cannot be read.
    #[error(transparent)]
    Har(#[from] HarError),
    /// The replay cannot be run.
    #[error(transparent)]
    Case(#[from] CaseError),
}

fn replays(bytes: &[u8], name: &str) -> Result<Vec<Replay>, HarError> {
    let archive = read::archive(bytes)?;
    let pages = page::pages(&archive)?.into_iter();
    let name = super::file::tidy(name);
    Ok(pages.map(|page| Replay::of(page, &name)).collect())
}

impl Replay {
    fn finished(self) -> Scenario {
        let mut scenario = self.scenario;
        let mut assumptions = vec![line(&scenario)];
        assumptions.extend(self.recorded.notes.sentences());
        scenario.assumptions = assumptions;
        scenario
    }
}

/// What is assumed of the browser's line.
fn line(scenario: &Scenario) -> String {
    let rate: Option<BitRate> = scenario.hosts[scenario.page.client].down.rate;
    match rate {
        Some(rate) => format!(
            "the browser's line carries {rate} in each direction: with that the ends of answers fit best"
        ),
        None => "nothing shows a limit of the browser's line: it is taken to have none".to_owned(),
    }
}
