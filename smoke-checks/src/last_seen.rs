//! Something was seen lately.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use smoke_core::{Error, Result, Test, fail};
use tokio::time::timeout;

use crate::check::{self, shown};
use crate::home::Home;

type Read = dyn Fn() -> std::pin::Pin<Box<dyn Future<Output = Result<Option<SystemTime>>> + Send>>
    + Send
    + Sync;

/// Something that was seen lately, wherever that is written down: the row of a worker in another
/// process, the last backup, the newest order.
///
/// The function reads the time. Have it read only: it is production that it reads, and nothing of it is
/// rolled back.
///
/// It is *shared*, since what is written down for all is missing for all.
///
/// # Fails when
///
/// The time is longer ago than it may be, is as far in the future, or there is none.
///
/// # Errors
///
/// It errs where the function does, or where that takes longer than 5 seconds; and where it was made outside
/// of a runtime.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use smoke_checks::LastSeen;
/// use smoke_core::{Registry, Result, Test};
///
/// # #[derive(Clone)] struct Pool;
/// # impl Pool { async fn last_beat(&self) -> Result<Option<SystemTime>> { Ok(None) } }
/// # fn registry(pool: Pool) -> Registry {
/// let beaten = LastSeen::within(Duration::from_secs(300), "the mailer's row", move || {
///     let pool = pool.clone();
///     async move { pool.last_beat().await }
/// });
/// Registry::new().test(Test::from(beaten).named("shop::mailer::is_alive"))
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct LastSeen {
    what: String,
    limit: Duration,
    read: Arc<Read>,
    home: Home,
}

/// How long reading may take.
const WITHIN: Duration = Duration::from_secs(5);

impl LastSeen {
    /// The check that what a function reads is no longer ago than that. It returns `None` where nothing
    /// was seen yet.
    ///
    /// The function runs on the runtime on which the check is made: that of the application, and of its pools.
    pub fn within<F: Future<Output = Result<Option<SystemTime>>> + Send + 'static>(
        limit: Duration,
        what: impl Into<String>,
        read: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self {
            what: what.into(),
            limit,
            read: Arc::new(move || Box::pin(read())),
            home: Home::here(),
        }
    }

    async fn look(self) -> Result {
        let Self {
            what,
            limit,
            read,
            home,
        } = self;
        let seen = timeout(WITHIN, home.run(read())).await.map_err(|_| {
            let within = shown(WITHIN);
            Error::msg(format!("{what} could not be read within {within}"))
        })?;
        let Some(seen) = seen? else {
            fail!("{what} was never seen: was it ever started?");
        };
        match seen.elapsed() {
            Ok(age) if age > limit => fail!(
                "{what} was last seen {} ago, and should be every {}: has it ended, or does it hang?",
                shown(age),
                shown(limit)
            ),
            Err(ahead) if ahead.duration() > limit => fail!(
                "{what} was last seen {} from now: which of the two clocks is wrong?",
                shown(ahead.duration())
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for LastSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastSeen")
            .field("what", &self.what)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl From<LastSeen> for Test {
    fn from(check: LastSeen) -> Self {
        let description = format!("{} was seen lately", check.what);
        check::test("last_seen", description, WITHIN, move || {
            check.clone().look()
        })
    }
}
