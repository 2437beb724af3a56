//! How many runs may start within a minute, shared out among those who ask.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::wish::Wish;
use crate::Selection;

const MINUTE: Duration = Duration::from_secs(60);

/// A run that somebody asks for: those who ask for the same share a budget.
type Asked<'s> = (&'s Arc<Selection>, Wish);

/// So many starts a minute, of which those who ask for one selection never take the last: they may
/// have half of what all others have left. So whoever asks for another one has some, however often
/// they ask. Those who ask for new runs are apart from those who take what there is.
#[derive(Debug)]
pub(super) struct Budget {
    per_minute: usize,
    /// The starts of the last minute, oldest first.
    starts: VecDeque<(Instant, Arc<Selection>, Wish)>,
}

impl Budget {
    pub(super) fn of(per_minute: usize) -> Self {
        Self {
            per_minute,
            starts: VecDeque::new(),
        }
    }

    /// For how long no such run may start, if it may not now.
    pub(super) fn pause(&mut self, (selection, wish): Asked<'_>, now: Instant) -> Option<Duration> {
        while let Some((first, ..)) = self.starts.front()
            && now.duration_since(*first) >= MINUTE
        {
            self.starts.pop_front();
        }
        let is_own = |of: &Arc<Selection>, wished: Wish| wished == wish && of == selection;
        let starts = self.starts.iter();
        let mut own = starts.filter(|(_, of, wished)| is_own(of, *wished)).count();
        let mut others = self.starts.len() - own;
        // Each start that is a minute old makes room.
        let mut past = None;
        for (at, of, wished) in &self.starts {
            if self.leaves_room(own, others) {
                break;
            }
            past = Some(MINUTE.saturating_sub(now.duration_since(*at)));
            if is_own(of, *wished) {
                own -= 1;
            } else {
                others -= 1;
            }
        }
        past
    }

    fn leaves_room(&self, own: usize, others: usize) -> bool {
        own < self.per_minute.saturating_sub(others).div_ceil(2)
    }

    /// Such a run starts.
    pub(super) fn spend(&mut self, (selection, wish): Asked<'_>, now: Instant) {
        self.starts.push_back((now, Arc::clone(selection), wish));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Arc<Selection> {
        Arc::new(Selection::fast().select(name))
    }

    /// How many runs of a selection start, of so many that are asked for.
    fn starts(budget: &mut Budget, asked: Asked<'_>, times: usize, now: Instant) -> usize {
        let started = (0..times).filter(|_| {
            let may = budget.pause(asked, now).is_none();
            if may {
                budget.spend(asked, now);
            }
            may
        });
        started.count()
    }

    #[test]
    fn no_selection_takes_what_another_needs() {
        let mut budget = Budget::of(60);
        let now = Instant::now();
        let (a, b) = (of("a"), of("b"));
        assert_eq!(starts(&mut budget, (&a, Wish::Any), 1000, now), 30);
        assert_eq!(starts(&mut budget, (&b, Wish::Any), 1000, now), 15);
        // Who asks for a new run of the same is another one.
        assert_eq!(starts(&mut budget, (&a, Wish::Fresh), 1000, now), 8);
        assert_eq!(starts(&mut budget, (&of("c"), Wish::Any), 1000, now), 4);
    }

    #[test]
    fn the_pause_ends_when_enough_starts_are_a_minute_old() {
        let mut budget = Budget::of(4);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let (a, b) = (of("a"), of("b"));
        for (second, asked) in [(0, &a), (5, &a), (10, &b)] {
            assert_eq!(budget.pause((asked, Wish::Any), at(second)), None);
            budget.spend((asked, Wish::Any), at(second));
        }
        // Two of three are left to it: the first has to be a minute old.
        let pause = budget.pause((&a, Wish::Any), at(20));
        assert_eq!(pause, Some(Duration::from_secs(40)));
        assert_eq!(budget.pause((&a, Wish::Any), at(60)), None);
    }

    #[test]
    fn a_single_start_a_minute_is_somebodys() {
        let mut budget = Budget::of(1);
        let now = Instant::now();
        assert_eq!(starts(&mut budget, (&of("a"), Wish::Any), 9, now), 1);
        assert_eq!(starts(&mut budget, (&of("b"), Wish::Any), 9, now), 0);
    }
}
