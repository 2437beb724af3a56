//! How much of it all: briefly among the ordinary tests, at length in the soak.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whether this is the soak.
#[must_use]
pub fn is_full() -> bool {
    std::env::var_os("SMOKE_SOAK").is_some_and(|value| value == "full")
}

/// The first in the ordinary tests, the second in the soak.
pub fn of<T>(brief: T, full: T) -> T {
    if is_full() { full } else { brief }
}

/// Random moments that come again with the same seed.
#[derive(Debug)]
pub struct Moments {
    seed: u64,
    random: fastrand::Rng,
}

impl Moments {
    /// Those of the seed in `SMOKE_SOAK_SEED`, or of a new one.
    #[must_use]
    pub fn new() -> Self {
        let given = std::env::var("SMOKE_SOAK_SEED").ok();
        let seed = given.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            u64::from(now.subsec_nanos())
        });
        Self {
            seed,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// What to set `SMOKE_SOAK_SEED` to, to have the same moments again.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A moment within that time.
    pub fn within(&mut self, time: Duration) -> Duration {
        time.mul_f64(self.random.f64())
    }
}

impl Default for Moments {
    fn default() -> Self {
        Self::new()
    }
}
