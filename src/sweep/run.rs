//! Making runs, in parallel; each is handed over as soon as it is over.

use std::io;
use std::sync::mpsc;

use rayon::prelude::*;

use super::{Figures, Row, Sweep};
use crate::case::Run;

/// Rows that may wait for whoever takes them.
const WAITING: usize = 256;

/// Why not all runs were made.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// A row could not be kept.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// There are no threads.
    #[error("no threads for the runs: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Makes the runs with these numbers on so many threads (0: as many as there are cores), and hands over each when it is
/// over, in any order.
///
/// # Errors
/// [`Interrupted`] if `keep` fails; then no further run is begun.
pub fn run(
    sweep: &Sweep,
    numbers: &[u64],
    threads: usize,
    mut keep: impl FnMut(Row) -> io::Result<()>,
) -> Result<(), Interrupted> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    let (over, rows) = mpsc::sync_channel(WAITING);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Whoever has stopped taking rows wants no more of them.
            let made =
                |over: &mut mpsc::SyncSender<Row>, number: &u64| over.send(sweep.row(*number));
            let _ = pool.install(|| numbers.par_iter().try_for_each_with(over, made));
        });
        for row in rows {
            keep(row)?;
        }
        Ok(())
    })
}

impl Sweep {
    /// Makes one run.
    fn row(&self, number: u64) -> Row {
        let finished = Run::start(&self.plan(number)).finish();
        let (figures, error) = match finished {
            Ok(finished) => (Some(Figures::of(&finished.result)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Row {
            run: number,
            figures,
            error,
        }
    }
}
