//! The factory's own work on one test's application, told apart from that of its fixtures.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::AppUnderTest;
use crate::{Context, Error, ErrorKind, Result};

/// More of an error is not told to the other tests of the run.
const LONGEST: usize = 8 * 1024;

/// Why the application cannot be built in this run, once a test has found that out.
///
/// A factory that waits for something that is down would do so in each test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unbuilt(Arc<OnceLock<Error>>);

impl Unbuilt {
    /// Has the tests that come now told the same.
    pub(crate) fn tell(&self, why: Error) {
        let _ = self.0.set(why);
    }

    pub(crate) fn told(&self) -> Result {
        self.0.get().map_or(Ok(()), |why| Err(why.clone()))
    }
}

/// How far the factory is with one test's application.
#[derive(Debug, Default)]
pub(crate) struct Building(Mutex<Phase>);

#[derive(Debug, Default)]
enum Phase {
    /// Nobody has asked for the application, or the factory waits for its fixtures.
    #[default]
    Before,
    UnderWay(Instant),
    Built(Duration),
    /// With what other tests are told.
    Failed(Error),
}

impl Building {
    /// What to tell the other tests of the run, where the factory failed.
    pub(crate) fn failure(&self) -> Option<Error> {
        match &*self.phase() {
            Phase::Failed(told) => Some(told.clone()),
            _ => None,
        }
    }

    /// How long it took to build the application.
    pub(crate) fn took(&self) -> Option<Duration> {
        match *self.phase() {
            Phase::Built(took) => Some(took),
            _ => None,
        }
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// Notes that a factory has its fixtures, where it is the application's.
    ///
    /// # Errors
    ///
    /// Where the application cannot be built in this run.
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

    /// What the factory has built, or why there is nothing. An error of one of its fixtures, or one
    /// that skips the test, is left as it is.
    pub(crate) fn built<T>(&self, built: Result<T>) -> Result<T> {
        let mut phase = self.building().phase();
        let Phase::UnderWay(since) = *phase else {
            return built;
        };
        let took = since.elapsed();
        let late = self.past_limit();
        let error = match (built, late) {
            (Ok(app), None) => {
                *phase = Phase::Built(took);
                return Ok(app);
            }
            (Ok(_), Some(limit)) => cannot(too_slow("took", took, limit)),
            (Err(error), _) if error.kind() == ErrorKind::Skipped => {
                *phase = Phase::Before;
                return Err(error);
            }
            (Err(error), late) => {
                let message = could_not(error.message());
                let error = error.reworded(message);
                match late {
                    Some(limit) => error.beside(cannot(too_slow("took", took, limit))),
                    None => error,
                }
            }
        };
        *phase = Phase::Failed(self.told_to_others(&error));
        Err(error)
    }

    /// What to say of a test that was stopped while the factory was at work.
    pub(crate) fn unreturned(&self) -> Option<Error> {
        let mut phase = self.building().phase();
        let Phase::UnderWay(since) = *phase else {
            return None;
        };
        let took = since.elapsed();
        let error = cannot(match self.past_limit() {
            Some(limit) => too_slow("had not returned after", took, limit),
            None => format!("its factory had not returned after {took:.1?}"),
        });
        *phase = Phase::Failed(self.told_to_others(&error));
        Some(error)
    }

    /// Plain text: errors are the user's, and these are dropped elsewhere.
    fn told_to_others(&self, error: &Error) -> Error {
        let text = format!("{error:#}");
        let end = text.floor_char_boundary(LONGEST);
        let test = self.test_name();
        Error::msg(format_args!(
            "{} (found by {test}; it is not built again in this run)",
            &text[..end]
        ))
        .with_place(None)
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
        "its factory {did} {took:.1?}, and the sandbox that it has is ended after {limit:?}: make clients before \
         (in main, or in a fixture of their own, which is acquired before a sandbox is opened)"
    )
}
