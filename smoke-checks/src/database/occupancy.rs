//! How full a pool is.

use std::time::Duration;

use smoke_core::{Failure, Test};

use super::pool::Pool;
use super::production::Production;

/// A pool that has room.
///
/// It looks once at how many connections are in use, and takes none. It is *advisory*, so that a pool
/// which is full for a moment warns and blocks nothing. A small pool is often full: for one of one or two
/// connections, as for SQLite, this check says little.
///
/// # Fails when
///
/// More than [`above`](Self::above) of the connections that there may be are in use.
///
/// # Errors
///
/// None: it asks the pool alone, which always answers.
///
/// # Examples
///
/// ```
/// use smoke_checks::PoolUse;
/// use smoke_checks::database::Pool;
/// use smoke_core::Registry;
///
/// fn registry(pool: &impl Pool) -> Registry {
///     Registry::new().test(PoolUse::of(pool).above(90))
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PoolUse<P> {
    production: Production<P>,
    percent: u32,
}

impl<P: Pool> PoolUse<P> {
    /// The check of a pool: the one that the application's handlers have.
    pub fn of(pool: &P) -> Self {
        Self {
            production: Production::new(pool, Duration::ZERO),
            percent: 80,
        }
    }

    /// Sets how many percent of the connections may be in use without a warning. 80 unless set.
    pub fn above(mut self, percent: u32) -> Self {
        self.percent = percent;
        self
    }
}

impl<P: Pool> From<PoolUse<P>> for Test {
    fn from(check: PoolUse<P>) -> Self {
        let PoolUse {
            production,
            percent,
        } = check;
        let description = format!("at most {percent} % of the pool's connections are in use");
        let body = move |production: Production<P>| async move {
            let occupancy = production.pool().occupancy();
            if occupancy.percent() <= percent {
                return Ok(());
            }
            let is = occupancy.percent();
            Err(Failure::new(format!(
                "the pool is {is} % full, above {percent} %: {occupancy}. Is this its usual load? Let it have more, or \
                 have handlers keep their connections for a shorter time"
            ))
            .into())
        };
        production.test("pool_use", &description, body).advisory()
    }
}
