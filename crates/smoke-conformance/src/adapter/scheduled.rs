//! Tests that run on a schedule, and what becomes known of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use smoke_core::{Failure, Schedule, Test};

use super::bench::Open;
use crate::eventually;

/// Within which time a state is reached, on a machine that is busy.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// As short as a period may be.
pub(super) fn often() -> Schedule {
    Schedule::every(Duration::from_millis(100))
}

/// A test whose outcome can be switched.
#[derive(Clone, Default)]
pub(super) struct Switch(Arc<AtomicBool>);

impl Switch {
    /// One that is broken.
    pub(super) fn broken() -> Self {
        Self(Arc::new(true.into()))
    }

    pub(super) fn test(&self, name: &str) -> Test {
        let broken = self.clone();
        Test::new(name, move || {
            let broken = broken.0.load(Ordering::SeqCst);
            async move {
                match broken {
                    true => Err(Failure::new("no space left on the shelf")),
                    false => Ok(()),
                }
            }
        })
    }

    pub(super) fn set(&self, broken: bool) {
        self.0.store(broken, Ordering::SeqCst);
    }
}

/// Waits until a probe path says that, and returns the body.
pub(super) async fn comes_to_say(
    site: &Open,
    probe: &str,
    status: u16,
    reason: &str,
) -> Result<String, String> {
    let look = async || {
        let answer = site.get(&format!("/smoketest/{probe}")).await?;
        let said = (
            answer.status.as_u16(),
            answer.header("x-smoke-reason").to_owned(),
        );
        let verdict = if said.0 == 200 { "PASS" } else { "FAIL" };
        answer.is_verdict(said.0, verdict)?;
        Ok::<_, String>((said, answer.text()))
    };
    let wanted = (status, reason.to_owned());
    // What is no verdict will be none later.
    let settled = |seen: &Result<((u16, String), String), String>| {
        seen.as_ref().map_or(true, |(said, _)| *said == wanted)
    };
    let seen = eventually(PATIENCE, look, settled).await;
    let seen = seen.and_then(|seen| seen.map(|(_, text)| text));
    seen.map_err(|error| format!("{probe} is to say {status} {reason:?}: {error}"))
}
