//! Rest for a job that may leave something behind each time it is executed.

use std::time::{Duration, Instant};

/// How long the first rest is; each one after it is twice as long.
const FIRST: Duration = Duration::from_secs(60);

/// Once in this time somebody may look whether it has been mended.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How often a job has done what may leave something behind, and until when it rests.
///
/// Whether it left something is not known, so it is not stopped for good; and it may have, so it
/// is not executed each time that somebody asks: once more, and then ever more rarely.
#[derive(Debug, Default)]
pub(super) struct Rest {
    times: u32,
    until: Option<Instant>,
}

impl Rest {
    /// It has done it again.
    pub(super) fn begin(&mut self, now: Instant) {
        // The first time may have been an accident of one moment.
        self.until = self.times.checked_sub(1).map(|rests| {
            let rest = FIRST.saturating_mul(2_u32.saturating_pow(rests));
            now + rest.min(LONGEST)
        });
        self.times = self.times.saturating_add(1);
    }

    /// How often it has done it, and how long it still rests, where it does.
    pub(super) fn left(&self, now: Instant) -> Option<(u32, Duration)> {
        let left = self.until?.saturating_duration_since(now);
        (!left.is_zero()).then_some((self.times, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_executed_once_more_and_then_ever_more_rarely() {
        let (mut rest, mut now) = (Rest::default(), Instant::now());
        assert_eq!(rest.left(now), None);
        rest.begin(now);
        assert_eq!(rest.left(now), None, "it may have been an accident");
        for (times, minutes) in [
            (2, 1),
            (3, 2),
            (4, 4),
            (5, 8),
            (6, 16),
            (7, 32),
            (8, 60),
            (9, 60),
        ] {
            rest.begin(now);
            let whole = Duration::from_secs(minutes * 60);
            assert_eq!(rest.left(now), Some((times, whole)));
            now += whole;
            assert_eq!(rest.left(now), None);
        }
    }

    #[test]
    fn a_rest_is_bounded_however_often_it_is_begun() {
        let (mut rest, now) = (Rest::default(), Instant::now());
        rest.times = u32::MAX - 1;
        rest.begin(now);
        rest.begin(now);
        assert_eq!(rest.left(now), Some((u32::MAX, LONGEST)));
    }
}
