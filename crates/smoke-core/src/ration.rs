//! Lines of the log that somebody else can bring about: so many a minute of each kind, one unless
//! it says otherwise.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// Lets so many lines a minute through, and counts those that it keeps back.
///
/// There is one for each kind of line that the program knows, never one for each of what a stranger
/// sends: that would be memory of the stranger's choice.
#[derive(Debug)]
pub(crate) struct Ration {
    most: u64,
    minute: Mutex<Option<Minute>>,
}

#[derive(Debug)]
struct Minute {
    began: Instant,
    asked: u64,
}

impl Default for Ration {
    fn default() -> Self {
        Self::of(1)
    }
}

impl Ration {
    pub(crate) const fn of(most: u64) -> Self {
        Self {
            most,
            minute: Mutex::new(None),
        }
    }

    /// Where a line may be written now: how many were kept back that nobody has been told of.
    pub(crate) fn line(&self, now: Instant) -> Option<u64> {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *minute {
            Some(minute) if now.saturating_duration_since(minute.began) < MINUTE => {
                minute.asked = minute.asked.saturating_add(1);
                (minute.asked <= self.most).then_some(0)
            }
            minute => {
                let before = minute.replace(Minute {
                    began: now,
                    asked: 1,
                });
                let asked = before.map_or(0, |before| before.asked);
                Some(asked.saturating_sub(self.most))
            }
        }
    }
}

/// What a line says of those that were kept back; nothing where none was.
pub(crate) fn some(kept_back: u64) -> Option<u64> {
    (kept_back > 0).then_some(kept_back)
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

    #[test]
    fn more_lines_are_let_through_where_it_says_so() {
        let ration = Ration::of(2);
        let start = Instant::now();
        let at = |seconds| ration.line(start + Duration::from_secs(seconds));
        assert_eq!([at(0), at(1)], [Some(0); 2]);
        assert_eq!([at(1), at(59)], [None; 2]);
        assert_eq!([at(60), at(60)], [Some(2), Some(0)]);
        assert_eq!([at(60), at(200), at(300)], [None, Some(1), Some(0)]);
    }
}
