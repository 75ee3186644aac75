//! Reno as Linux has it (`tcp_cong.c`): the window of RFC 5681, counted in segments.

use super::{Context, Controller, Window};

/// `NewReno`'s window: one segment more per round trip, and half after a loss. It remembers nothing.
#[derive(Debug)]
pub(super) struct Reno;

impl Controller for Reno {
    fn grow(&mut self, window: &mut Window, acked: u32, _context: &Context) {
        let mut left = acked;
        if window.in_slow_start() {
            left = window.slow_start(acked);
        }
        if left > 0 {
            window.additive(window.cwnd, left);
        }
    }

    /// Half the window, not half of what is in flight (RFC 5681 section 3.1, equation 4): `tcp_reno_ssthresh`.
    fn ssthresh(&mut self, window: &Window) -> u32 {
        (window.cwnd / 2).max(2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    #[test]
    fn congestion_avoidance_adds_one_segment_per_window() {
        let (mut window, context) = (Window::new(10), at(0));
        window.ssthresh = 10;
        for expected in 11..20 {
            for _ in 0..window.cwnd {
                Reno.grow(&mut window, 1, &context);
            }
            assert_eq!(window.cwnd, expected);
        }
    }

    #[test]
    fn what_slow_start_leaves_goes_into_congestion_avoidance() {
        let mut window = Window::new(10);
        window.ssthresh = 12;
        Reno.grow(&mut window, 5, &at(0));
        assert_eq!((window.cwnd, window.count), (12, 3));
    }

    #[test]
    fn a_loss_halves_the_window_and_leaves_two_segments() {
        assert_eq!(Reno.ssthresh(&Window::new(21)), 10);
        assert_eq!(Reno.ssthresh(&Window::new(1)), 2);
    }
}
