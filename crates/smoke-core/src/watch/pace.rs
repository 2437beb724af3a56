//! When the runs of a schedule begin.

use std::time::{Duration, Instant};

/// The first run begins within this time, or within the period where that is shorter.
const FIRST: Duration = Duration::from_secs(5);
/// By how much of the period a start is moved at most, either way.
const SPREAD: f64 = 0.25;

/// How much later than now the first run begins; `chance` is from 0 to 1.
pub(crate) fn first(period: Duration, chance: f64) -> Duration {
    FIRST.min(period).mul_f64(chance)
}

/// When the next run begins after one that began and ended then; `chance` is from 0 to 1.
///
/// One start follows another, whatever time has passed between them: what was missed is not made up
/// for. A run that takes longer than its period leaves others a pause.
pub(crate) fn next(period: Duration, (began, ended): (Instant, Instant), chance: f64) -> Instant {
    let spread = period.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * chance);
    (began + spread).max(ended + period.mul_f64(SPREAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(40);

    #[test]
    fn starts_are_spread_by_a_quarter_either_way() {
        let began = Instant::now();
        let ended = began + Duration::from_secs(1);
        for (chance, seconds) in [(0.0, 30), (0.5, 40), (1.0, 50)] {
            let next = next(PERIOD, (began, ended), chance);
            assert_eq!((next - began).as_secs(), seconds, "{chance}");
        }
    }

    #[test]
    fn the_first_start_is_within_five_seconds() {
        assert_eq!(first(PERIOD, 0.0), Duration::ZERO);
        assert_eq!(first(PERIOD, 1.0), FIRST);
        assert_eq!(first(Duration::from_secs(2), 0.5), Duration::from_secs(1));
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let began = Instant::now();
        // The machine slept.
        let ended = began + Duration::from_secs(3600);
        let next = next(PERIOD, (began, ended), 0.5);
        assert_eq!((next - ended).as_secs(), 10);
    }
}
