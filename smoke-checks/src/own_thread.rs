//! A call that may hang for ever, such as one of a stale mount: on a thread of its own, and never two of
//! one check.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use smoke_core::{Error, Failure, Result};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::check::shown;

/// Makes one call at a time, each on a thread of its own. Who asks while one is under way gets its answer.
///
/// A thread that hangs in the kernel can be neither ended nor interrupted. A check that started another
/// one each time would fill the process with them.
#[derive(Clone, Debug)]
pub(crate) struct OwnThread<T> {
    under_way: Arc<Mutex<Option<Call<T>>>>,
}

/// A call that has begun.
#[derive(Clone, Debug)]
struct Call<T> {
    since: Instant,
    answer: watch::Receiver<Option<Result<T>>>,
}

impl<T: Clone + Send + Sync + 'static> OwnThread<T> {
    pub(crate) fn new() -> Self {
        Self {
            under_way: Arc::default(),
        }
    }

    /// Waits for the call that is under way, or for `call` on a thread of its own. `what` hangs where it has
    /// not returned so long after it began.
    ///
    /// # Errors
    ///
    /// What the call returns; a failure when it does not return in time; an error when there is no thread.
    pub(crate) async fn run(
        &self,
        what: &str,
        within: Duration,
        call: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Call { since, mut answer } = self.begun(call)?;
        let left = within.saturating_sub(since.elapsed());
        let answered = timeout(left, answer.wait_for(Option::is_some)).await;
        match answered.map(|answer| answer.ok().and_then(|answer| (*answer).clone())) {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(Error::msg(
                "the thread of the check ended without an answer",
            )),
            Err(_) => {
                let how = if left.is_zero() {
                    format!("that began {} ago has not returned", shown(since.elapsed()))
                } else {
                    format!("has not returned within {}", shown(within))
                };
                Err(Failure::new(format!("{what} hangs: a call {how}. {REMEDY}")).into())
            }
        }
    }

    /// The call that is under way, or else one that begins now.
    fn begun(&self, call: impl FnOnce() -> Result<T> + Send + 'static) -> Result<Call<T>> {
        let mut under_way = lock(&self.under_way);
        if let Some(call) = &*under_way {
            return Ok(call.clone());
        }
        let (sender, answer) = watch::channel(None);
        let ends = Ends(Arc::clone(&self.under_way));
        let body = move || {
            let ended = call();
            // Before the answer: who has it may ask again at once.
            drop(ends);
            // Nobody may be waiting any more.
            let _ = sender.send(Some(ended));
        };
        let begun = Call {
            since: Instant::now(),
            answer,
        };
        *under_way = Some(begun.clone());
        drop(under_way);
        let started = thread::Builder::new()
            .name("smoke check".to_owned())
            .spawn(body);
        started.map_err(|error| Error::from(error).context("a thread could not be started"))?;
        Ok(begun)
    }
}

const REMEDY: &str = "Is it on a mount whose server is gone? Mount it anew; what hangs goes on when the server is back";

/// The call that is under way is over when this is dropped, also where it panics or never began.
struct Ends<T>(Arc<Mutex<Option<Call<T>>>>);

impl<T> Drop for Ends<T> {
    fn drop(&mut self) {
        *lock(&self.0) = None;
    }
}

fn lock<T>(under_way: &Mutex<Option<T>>) -> std::sync::MutexGuard<'_, Option<T>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn runs_at_the_same_time_share_one_call_and_its_limit() {
        let thread = OwnThread::new();
        let (answer, answers) = mpsc::channel::<u8>();
        let slow = move || Ok(answers.recv()?);
        let never = || panic!("the first call is under way");
        let hour = Duration::from_secs(3600);
        let both = async {
            tokio::join!(thread.run("it", hour, slow), async {
                // Both have begun by now.
                let late = thread.run("it", Duration::ZERO, never).await;
                let joined = thread.run("it", hour, never);
                tokio::join!(joined, async { answer.send(7).unwrap() })
                    .0
                    .unwrap();
                late
            })
        };
        let (first, late) = both.await;
        assert_eq!(first.unwrap(), 7);
        let said = late.unwrap_err().to_string();
        assert!(said.starts_with("it hangs: a call that began "), "{said}");
        // It is over, and another may begin.
        let next = thread.run("it", hour, || Ok(8)).await;
        assert_eq!(next.unwrap(), 8);
    }

    #[tokio::test]
    async fn a_call_that_panics_errs_and_does_not_stay_under_way() {
        let thread = OwnThread::<u8>::new();
        let hour = Duration::from_secs(3600);
        let panics = || panic!("the disk fell");
        let error = thread.run("it", hour, panics).await.unwrap_err();
        assert!(error.to_string().contains("without an answer"), "{error}");
        assert_eq!(thread.run("it", hour, || Ok(8)).await.unwrap(), 8);
    }
}
