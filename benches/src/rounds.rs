//! Times of things that take turns, so that a busy machine slows all of them alike.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Something that says how long its turn took.
pub type Subject<'s> = Box<dyn FnMut() -> Result<Duration> + 's>;

/// How long this takes.
pub fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

/// How long one subject took, shortest first.
#[derive(Clone, Debug)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Those of the given turns, of which there is at least one.
    #[must_use]
    pub fn of(mut turns: Vec<Duration>) -> Self {
        turns.sort();
        Self(turns)
    }

    /// The shortest.
    #[must_use]
    pub fn least(&self) -> Duration {
        self.0[0]
    }

    /// The one in the middle.
    #[must_use]
    pub fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The one that so many of a hundred do not exceed.
    #[must_use]
    pub fn percentile(&self, of_a_hundred: usize) -> Duration {
        self.0[(self.0.len() - 1) * of_a_hundred / 100]
    }

    /// The longest.
    #[must_use]
    pub fn most(&self) -> Duration {
        self.0[self.0.len() - 1]
    }

    /// How many times the other's median this one's is.
    #[must_use]
    pub fn ratio(&self, other: &Self) -> f64 {
        self.median().as_secs_f64() / other.median().as_secs_f64()
    }
}

/// Gives each subject a turn to warm up, and then one in each round.
pub fn take_turns(rounds: usize, subjects: &mut [Subject<'_>]) -> Result<Vec<Times>> {
    let mut turns = vec![Vec::new(); subjects.len()];
    for round in 0..=rounds {
        for (subject, turns) in subjects.iter_mut().zip(&mut turns) {
            let took = subject()?;
            if round > 0 {
                turns.push(took);
            }
        }
    }
    Ok(turns.into_iter().map(Times::of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_take_turns_and_the_first_round_does_not_count() {
        let order = std::cell::RefCell::new(String::new());
        let subject = |name: char| -> Subject<'_> {
            Box::new({
                let order = &order;
                move || {
                    order.borrow_mut().push(name);
                    Ok(Duration::ZERO)
                }
            })
        };
        let times = take_turns(2, &mut [subject('a'), subject('b')]).unwrap();
        assert_eq!(*order.borrow(), "ababab");
        assert_eq!(times.iter().map(|times| times.0.len()).sum::<usize>(), 4);
    }

    #[test]
    fn medians_are_compared() {
        let times = |turns: [u64; 3]| Times::of(turns.map(Duration::from_millis).into());
        let (bare, ours) = (times([20, 10, 500]), times([30, 29, 31]));
        assert_eq!(bare.least(), Duration::from_millis(10));
        assert_eq!(ours.ratio(&bare), 1.5);
    }
}
