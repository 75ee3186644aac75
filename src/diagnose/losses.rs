//! The loss of each frame, one at a time.

use rayon::prelude::*;

use crate::case::{CaseError, Plan, Run};
use crate::measure::diagnosis::{LossMap, Lost};
use crate::measure::{SentFrame, repair, resent};

/// Frames whose loss is tried at most.
pub const MOST_FRAMES: usize = 2_000;

/// Runs a plan once for each of its frames, with the same seed, and drops that frame.
pub(super) fn map(plan: &Plan) -> Result<LossMap, CaseError> {
    let base = Run::start(plan).finish()?;
    let frames = SentFrame::all(&base.recording);
    let total = base.result.total_ms;
    let start = frames.first().map(|frame| frame.at).unwrap_or_default();
    let again = resent(&base.recording);
    let whole = base.result.objects.len();
    let chosen = sample(&frames);
    let tried = chosen.into_par_iter().map(|frame| {
        let mut run = Run::start(plan);
        run.lose(frame.id);
        let finished = run.finish()?;
        let bytes = |result: &crate::measure::CaseResult| -> u64 {
            result.objects.iter().map(|object| object.bytes).sum()
        };
        let (recording, result) = (finished.recording, finished.result);
        Ok(Lost {
            host: frame.host.clone(),
            number: frame.number,
            at_ms: (frame.at - start).as_millis_f64(),
            what: frame.what.clone(),
            cost_ms: result.total_ms - total,
            whole: result.objects.len() == whole && bytes(&result) == bytes(&base.result),
            repair: repair(&recording, frame.id, again),
        })
    });
    let tried: Result<Vec<_>, CaseError> = tried.collect();
    Ok(LossMap {
        total_ms: total,
        frames: frames.len(),
        tried: tried?,
    })
}

/// All frames, or of many those at the corners of connections and the rest evenly.
fn sample(frames: &[SentFrame]) -> Vec<&SentFrame> {
    if frames.len() <= MOST_FRAMES {
        return frames.iter().collect();
    }
    let corners = frames.iter().filter(|frame| frame.is_corner).count();
    let room = MOST_FRAMES.saturating_sub(corners).max(1);
    let step = (frames.len() - corners).div_ceil(room).max(1);
    let mut between = 0;
    let mut is_chosen = |frame: &&SentFrame| {
        between += usize::from(!frame.is_corner);
        frame.is_corner || between % step == 0
    };
    let chosen = frames.iter().filter(|frame| is_chosen(frame));
    chosen.take(MOST_FRAMES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimTime;

    #[test]
    fn of_many_frames_the_corners_and_some_of_the_rest_are_tried() {
        let plan = Plan::new("handshake", "open", 1, []).expect("it is a plan");
        let base = Run::start(&plan).finish().expect("it ends");
        let one = SentFrame::all(&base.recording).remove(0);
        let frame = |number| SentFrame {
            number,
            at: SimTime::ZERO,
            is_corner: number % 1_000 == 0,
            ..one.clone()
        };
        let frames: Vec<_> = (0..10_000).map(frame).collect();
        let sample = sample(&frames);
        let corners = sample.iter().filter(|frame| frame.is_corner).count();
        assert_eq!(corners, 10);
        assert!(
            (1_500..=MOST_FRAMES).contains(&sample.len()),
            "{}",
            sample.len()
        );
        assert!(
            sample.iter().any(|frame| frame.number > 9_900),
            "the end is covered"
        );
    }
}
