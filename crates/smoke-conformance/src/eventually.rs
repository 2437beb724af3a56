//! Waiting for a state.

use std::fmt::Debug;
use std::future::Future;
use std::thread;
use std::time::{Duration, Instant};

/// How long nobody looks after a look. Short, as most states are reached soon.
const PAUSE: Duration = Duration::from_millis(2);

/// Looks at a state until it is the wanted one, and returns it.
///
/// Tests wait for a state with this, and never for a time: a machine that is busy makes them
/// slower, and does not make them fail.
///
/// # Errors
///
/// When the wanted state was not seen before the deadline: the text says what was seen last. A look
/// that takes longer is given up.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::time::Duration;
///
/// use smoke_conformance::eventually;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), String> {
/// let looks = AtomicU32::new(0);
/// let look = async || looks.fetch_add(1, Ordering::SeqCst);
/// assert_eq!(eventually(Duration::from_secs(60), look, |seen| *seen > 2).await?, 3);
///
/// let never = eventually(Duration::from_millis(5), async || "closed", |seen| *seen == "open");
/// let error = never.await.unwrap_err();
/// assert_eq!(error, "not seen within 5ms; what was seen last: \"closed\"");
/// # Ok(())
/// # }
/// ```
pub async fn eventually<S, F>(
    deadline: Duration,
    mut look: impl FnMut() -> F,
    wanted: impl Fn(&S) -> bool,
) -> Result<S, String>
where
    S: Debug,
    F: Future<Output = S>,
{
    let mut last = None;
    let looking = async {
        loop {
            let seen = look().await;
            if wanted(&seen) {
                return seen;
            }
            last = Some(seen);
            tokio::time::sleep(PAUSE).await;
        }
    };
    let reached = tokio::time::timeout(deadline, looking).await;
    reached.map_err(|_| unseen(deadline, last))
}

/// The same for code that blocks its thread. A look that does not return is waited for.
///
/// # Errors
///
/// When the wanted state was not seen before the deadline: the text says what was seen last.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use smoke_conformance::eventually_blocking;
///
/// # fn main() -> Result<(), String> {
/// let thread = std::thread::spawn(|| {});
/// eventually_blocking(Duration::from_secs(60), || thread.is_finished(), |ended| *ended)?;
/// # Ok(())
/// # }
/// ```
pub fn eventually_blocking<S: Debug>(
    deadline: Duration,
    mut look: impl FnMut() -> S,
    wanted: impl Fn(&S) -> bool,
) -> Result<S, String> {
    let begun = Instant::now();
    loop {
        let seen = look();
        if wanted(&seen) {
            return Ok(seen);
        }
        if begun.elapsed() >= deadline {
            return Err(unseen(deadline, Some(seen)));
        }
        thread::sleep(PAUSE);
    }
}

fn unseen<S: Debug>(deadline: Duration, last: Option<S>) -> String {
    match last {
        Some(last) => format!("not seen within {deadline:?}; what was seen last: {last:?}"),
        None => format!("not seen within {deadline:?}: the first look did not end"),
    }
}
