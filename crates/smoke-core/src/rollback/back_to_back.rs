//! How long the sandboxes of one backend were held one right after the other.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A gap that is as good as any pause that a backend asks for.
const GAP: Duration = Duration::from_millis(110);

/// The sum of what was held since the last pause or gap.
#[derive(Debug, Default)]
pub(super) struct BackToBack(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    sum: Duration,
    /// When the last one ended.
    until: Option<Instant>,
}

impl BackToBack {
    /// Counts a sandbox that was open between those two and held for so long; how long the next one has
    /// to wait, as `pause` says of the sum. What no pause is asked for adds up.
    pub(super) fn ended(
        &self,
        (opened, ended): (Instant, Instant),
        its: Duration,
        pause: impl FnOnce(Duration) -> Duration,
    ) -> Duration {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gap = held
            .until
            .map(|until| opened.saturating_duration_since(until));
        if gap.is_some_and(|gap| gap >= GAP) {
            held.sum = Duration::ZERO;
        }
        held.sum += its;
        held.until = Some(ended);
        let pause = pause(held.sum);
        if !pause.is_zero() {
            held.sum = Duration::ZERO;
        }
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A backend that asks for as long as was held, from 25 ms on.
    fn asks(held: Duration) -> Duration {
        if held < 25 * MS { Duration::ZERO } else { held }
    }

    #[test]
    fn a_pause_is_owed_for_all_that_was_held_back_to_back() {
        let (held, start) = (BackToBack::default(), Instant::now());
        let at = |ms: u32| start + ms * MS;
        assert_eq!(held.ended((at(0), at(10)), 10 * MS, asks), Duration::ZERO);
        assert_eq!(held.ended((at(11), at(21)), 10 * MS, asks), Duration::ZERO);
        assert_eq!(held.ended((at(21), at(31)), 10 * MS, asks), 30 * MS);
        // It was paid.
        assert_eq!(held.ended((at(61), at(71)), 10 * MS, asks), Duration::ZERO);
    }

    #[test]
    fn a_gap_is_as_good_as_a_pause() {
        let (held, start) = (BackToBack::default(), Instant::now());
        let at = |ms: u32| start + ms * MS;
        assert_eq!(held.ended((at(0), at(20)), 20 * MS, asks), Duration::ZERO);
        assert_eq!(
            held.ended((at(130), at(150)), 20 * MS, asks),
            Duration::ZERO
        );
        assert_eq!(held.ended((at(259), at(279)), 20 * MS, asks), 40 * MS);
    }
}
