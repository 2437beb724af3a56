//! Tells the factory's own work on one test's application from the work of its fixtures.

use std::fmt;
use std::time::{Duration, Instant};

use super::AppUnderTest;
use crate::fixture::building::{FactoryFailure, Phase};
use crate::redact::{REPORTED, shown};
use crate::{Context, Error, ErrorKind, Result};

impl Context {
    /// Notes that the application's factory has its fixtures. Does nothing for other factories.
    ///
    /// # Errors
    ///
    /// When the application cannot be built in this run.
    pub(crate) fn begin_building(&self) -> Result {
        if !self.is_acquiring::<AppUnderTest>() {
            return Ok(());
        }
        self.unbuilt().told()?;
        let mut phase = self.building().phase();
        if let Phase::Before = *phase {
            *phase = Phase::UnderWay(Instant::now());
        }
        Ok(())
    }

    /// Returns what the factory built, or an error that names the factory. An error of one of its
    /// fixtures, or one that skips the test, stays as it is.
    pub(crate) fn built<T>(&self, built: Result<T>) -> Result<T> {
        let Some(took) = self.building().under_way() else {
            return built;
        };
        let held = self.held_by_factory(took);
        match (built, held) {
            (Err(error), _) if error.kind() == ErrorKind::Skipped => {
                *self.building().phase() = Phase::Before;
                Err(error)
            }
            (Ok(app), None) => {
                *self.building().phase() = Phase::Built(took);
                Ok(app)
            }
            (Ok(_), Some(limit)) => Err(self.failed(cannot(too_slow("took", took, limit)), held)),
            (Err(error), held) => {
                let message = could_not(error.message());
                let error = error.reworded(message);
                let slow = held.map(|limit| cannot(too_slow("took", took, limit)));
                let error = slow.into_iter().fold(error, Error::beside);
                Err(self.failed(error, held))
            }
        }
    }

    /// The error of a test that was stopped while the factory was at work.
    pub(crate) fn unreturned(&self) -> Option<Error> {
        let took = self.building().under_way()?;
        let held = self.held_by_factory(took);
        let why = match held {
            Some(limit) => too_slow("had not returned after", took, limit),
            None => format!("its factory had not returned after {took:.1?}"),
        };
        Some(self.failed(cannot(why), held))
    }

    /// The limit of a sandbox that is past its limit because of the factory, if there is one.
    fn held_by_factory(&self, took: Duration) -> Option<Duration> {
        self.past_limit().filter(|limit| took >= *limit / 2)
    }

    fn failed(&self, error: Error, held: Option<Duration>) -> Error {
        // Plain text: errors are the user's, and this one is dropped elsewhere.
        let told = format_args!(
            "{} (found by {}; it is not built again in this run)",
            shown(&format!("{error:#}"), REPORTED),
            self.test_name()
        );
        let failure = FactoryFailure {
            told: Error::msg(told).with_place(None),
            came_late: held.is_none() && self.past_limit().is_some(),
        };
        *self.building().phase() = Phase::Failed(failure);
        error
    }
}

fn could_not(why: impl fmt::Display) -> String {
    format!("the application under test could not be built: {why}")
}

fn cannot(why: impl fmt::Display) -> Error {
    Error::msg(could_not(why)).with_place(None)
}

fn too_slow(did: &str, took: Duration, limit: Duration) -> String {
    format!(
        "its factory {did} {took:.1?}, and the sandbox, which is open meanwhile, is ended after {limit:?}: make clients earlier \
         (in main, or in a fixture of their own, which is acquired before the sandbox is opened)"
    )
}
