//! Lines of the log that somebody else can bring about: at most one a minute of each kind.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// Lets one line a minute through, and counts those that it keeps back.
///
/// There is one for each kind of line that the program knows, never one for each of what a stranger
/// sends: that would be memory of the stranger's choice.
#[derive(Debug, Default)]
pub(crate) struct Ration(Mutex<Option<Last>>);

#[derive(Debug)]
struct Last {
    at: Instant,
    kept_back: u64,
}

impl Ration {
    /// Where a line may be written now: how many were kept back since the last one.
    pub(crate) fn line(&self, now: Instant) -> Option<u64> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *last {
            Some(last) if now.saturating_duration_since(last.at) < MINUTE => {
                last.kept_back = last.kept_back.saturating_add(1);
                None
            }
            last => {
                let before = last.replace(Last {
                    at: now,
                    kept_back: 0,
                });
                Some(before.map_or(0, |before| before.kept_back))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_minute_is_let_through_and_says_how_many_were_not() {
        let ration = Ration::default();
        let start = Instant::now();
        let at = |seconds| ration.line(start + Duration::from_secs(seconds));
        assert_eq!(at(0), Some(0));
        assert_eq!([at(0), at(1), at(59)], [None; 3]);
        assert_eq!(at(60), Some(3));
        assert_eq!(at(60), None);
        assert_eq!(at(600), Some(1));
        assert_eq!(at(700), Some(0));
    }
}
