//! What an execution is taken for: what the test says, what its sandboxes say, and which counts more.

use std::sync::Arc;
use std::time::Duration;

use super::conduct::Run;
use super::job::Job;
#[cfg(test)]
use super::plain;
use crate::errand::{beside, remarked};
use crate::error::Explained;
use crate::fixture::ledger::SeenError;
use crate::rollback::{RequestEnd, RollbackVerdict, Session};
use crate::{Context, Error, ErrorKind, Result};

/// What is known of an execution once its sandboxes have ended.
pub(super) struct Found {
    /// What the test says.
    pub(super) result: Result,
    /// Whether it ended by itself.
    pub(super) has_ended: bool,
    /// What the requests of the test have shown, and how each sandbox ended.
    pub(super) verdicts: Vec<RollbackVerdict>,
    pub(super) sessions: Vec<Arc<dyn Session>>,
    pub(super) last_error: Option<SeenError>,
}

/// What the execution is taken for. What the job is remembered by is noted.
pub(super) fn judge(found: Found, cx: &Context, job: &Job, run: &Run) -> Result {
    let Found {
        mut result,
        has_ended,
        mut verdicts,
        sessions,
        last_error,
    } = found;
    let has_failed = !is_good(&result);
    let explained = explained(&result, &sessions);
    if explained.is_none() && !has_ended {
        // Of a test that has ended this was asked where its error was whole.
        result = result.map_err(|error| remarked(error, &sessions));
    }
    verdicts.extend(explained);
    verdicts.retain(|verdict| !verdict.is_rolled_back());
    if let Some(failure) = cx.building().failure() {
        // Where it was the factory that held the sandbox, it is not the sandbox's fault.
        verdicts.retain(|verdict| {
            failure.came_late || !matches!(verdict, RollbackVerdict::PastLimit { .. })
        });
        // Before the next test has a sandbox. What the database met is another test's to meet.
        if verdicts.is_empty() {
            run.unbuilt.tell(failure.told);
        }
    }
    let told = run.course.engine.timing().factory;
    let took = cx.building().took().filter(|took| *took >= told);
    let result = building_told(weighed(result, verdicts, job), took);
    match last_error.filter(|_| has_failed) {
        Some(last) => result.map_err(|error| last.tell(error)),
        None => result,
    }
}

/// Whether nothing went wrong in the test itself.
pub(super) fn is_good(result: &Result) -> bool {
    let error = result.as_ref().err();
    error.is_none_or(|error| error.kind() == ErrorKind::Skipped)
}

/// What went wrong beneath the test explains what the test says, and counts more.
pub(super) fn beneath(result: Result, fault: Error) -> Result {
    Err(match result {
        Err(seen) if seen.kind() != ErrorKind::Skipped => fault.seen_as(seen),
        _ => fault,
    })
}

/// What the sandboxes say counts more than what the test says.
fn weighed(result: Result, found: Vec<RollbackVerdict>, job: &Job) -> Result {
    let (unproven, found): (Vec<_>, Vec<_>) = found.into_iter().partition(is_unproven);
    let barring = found
        .iter()
        .find_map(|verdict| Some((verdict, barred(verdict)?)));
    if let Some((_, why)) = barring {
        job.bar(why);
    }
    let worst = barring
        .map(|(verdict, _)| verdict)
        .or_else(|| found.iter().find(|found| found.may_have_left_something()))
        .or(found.first());
    let bypass = unproven.first();
    let counted = bypass.filter(|_| is_good(&result));
    // Whatever else was found: the next execution would leave it again.
    let mut all = found.iter().chain(counted);
    if let Some(leaves) = all.find(|verdict| leaves_each_time(verdict)) {
        job.rest(leaves.to_string());
    } else if found.is_empty() && result.is_ok() {
        job.rested();
    }
    let said =
        |verdict: &RollbackVerdict| Error::from(verdict.clone()).plain(None).with_place(None);
    match (worst, bypass) {
        (Some(worst), _) => beneath(result, said(worst)),
        // An answer of 5xx says itself what is wrong, wherever it was not expected.
        (None, Some(bypass)) if is_good(&result) || !has_failed(bypass) => {
            beside(result, said(bypass))
        }
        _ => result,
    }
}

/// Whether a request took no connection and did not succeed either: it may not have come to that.
fn is_unproven(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Bypassed { end, .. } if *end != RequestEnd::Succeeded)
}

fn has_failed(bypass: &RollbackVerdict) -> bool {
    matches!(bypass, RollbackVerdict::Bypassed { end, .. } if *end == RequestEnd::Failed)
}

/// Why a test must not run again in this process, where data may have stayed.
fn barred(verdict: &RollbackVerdict) -> Option<&'static str> {
    match verdict {
        RollbackVerdict::Escaped { .. } => {
            Some("its transaction ended before the rollback, and DATA MAY HAVE BEEN COMMITTED")
        }
        _ => None,
    }
}

/// Whether the test does at each execution what may leave something behind, though nobody can say
/// whether it did.
fn leaves_each_time(verdict: &RollbackVerdict) -> bool {
    matches!(
        verdict,
        RollbackVerdict::Bypassed { .. } | RollbackVerdict::NonTransactional { .. }
    )
}

/// What the sandboxes know of a failure: what they read in the error where it ended, or else what
/// they saw. Nothing is left in the error that would be the user's.
fn explained(result: &Result, sessions: &[Arc<dyn Session>]) -> Option<RollbackVerdict> {
    let error = result.as_ref().err()?;
    if error.kind() == ErrorKind::Skipped {
        return None;
    }
    let read = error.downcast_ref::<Explained>();
    read.map(|read| read.verdict.clone())
        .or_else(|| sessions.iter().find_map(|session| session.explain(error)))
}

pub(super) fn is_transient(result: &Result) -> bool {
    verdict(result).is_some_and(RollbackVerdict::is_transient)
}

fn verdict(result: &Result) -> Option<&RollbackVerdict> {
    result.as_ref().err()?.downcast_ref()
}

/// Says of a sandbox that was held for too long how much of that the factory took.
fn building_told(result: Result, took: Option<Duration>) -> Result {
    let past_limit = matches!(verdict(&result), Some(RollbackVerdict::PastLimit { .. }));
    match (result, took) {
        (Err(error), Some(took)) if past_limit => {
            let message = format!(
                "{}; it took {took:.1?} to build the application under test",
                error.message()
            );
            Err(error.reworded(message))
        }
        (result, _) => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past_limit() -> Error {
        let limit = "2s".to_owned();
        Error::from(RollbackVerdict::PastLimit { limit })
    }

    #[test]
    fn a_job_that_may_leave_something_rests_whatever_else_was_found() {
        let supplies = crate::providers::Supplies::default();
        let test = crate::Test::new("a", || {});
        let limits = crate::Limits::default();
        let job = Job::of_test(&test, &limits, &crate::Providers::new(&supplies));
        for _ in 0..2 {
            assert!(job.refusal().is_none());
            let cause = "it did not answer".to_owned();
            let tables = vec!["plain".to_owned()];
            let found = vec![
                RollbackVerdict::Unknown { cause },
                RollbackVerdict::NonTransactional { tables },
            ];
            let said = weighed(Ok(()), found, &job).unwrap_err().to_string();
            assert!(said.contains("could not be confirmed"), "{said}");
        }
        let said = job.refusal().unwrap().to_string();
        assert!(said.starts_with("not run before 2"), "{said}");
        assert!(said.contains("plain"), "{said}");
    }

    #[test]
    fn a_sandbox_past_its_limit_tells_how_long_the_factory_took() {
        let told = building_told(Err(past_limit()), Some(Duration::from_millis(1900)));
        let said = told.unwrap_err().to_string();
        assert!(said.starts_with(past_limit().message()), "{said}");
        let end = "; it took 1.9s to build the application under test";
        assert!(said.ends_with(end), "{said}");
        let told = building_told(Err(past_limit()), None).unwrap_err();
        assert_eq!(told.message(), past_limit().message());
        let other = building_told(Err(plain("no")), Some(Duration::from_secs(1)));
        assert_eq!(other.unwrap_err().message(), "no");
    }
}
