//! The database, seen by neither the application nor the sandbox.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::BigInt;
use smoke_conformance::eventually_blocking;

/// How long a server may take to end a session, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// What there is to know of a database before something is tried on it.
pub(crate) struct Ground {
    /// Makes everything anew; needed where something stays only.
    pub(crate) prepare: String,
    /// Counts what was to be rolled back and is still there.
    pub(crate) traces: String,
    /// Fail unless something was left; they clear it away.
    pub(crate) sweep: Vec<String>,
    /// Counts the connections of others.
    pub(crate) sessions: &'static str,
    /// Whether it has to be made ready before the next thing is tried.
    pub(crate) dirty: AtomicBool,
}

/// A connection of one's own.
pub(crate) trait Outside: Send + 'static {
    fn run(&mut self, sql: &str) -> QueryResult<()>;
    fn count(&mut self, sql: &str) -> i64;
}

impl<C> Outside for C
where
    C: Connection + SimpleConnection + Send + 'static,
    diesel::expression::SqlLiteral<BigInt>:
        for<'q> LoadQuery<'q, C, i64> + QueryFragment<C::Backend> + QueryId,
{
    fn run(&mut self, sql: &str) -> QueryResult<()> {
        self.batch_execute(sql)
    }

    fn count(&mut self, query: &str) -> i64 {
        let asked = sql::<BigInt>(query).get_result(self);
        asked.unwrap_or_else(|error| panic!("{query}: {error}"))
    }
}

impl Ground {
    pub(crate) fn prepare(&self, outside: &mut dyn Outside) {
        if !self.dirty.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = outside.run(&self.prepare) {
            panic!("the database cannot be made ready: {error}");
        }
    }

    pub(crate) fn sessions(&self, outside: &mut dyn Outside) -> i64 {
        outside.count(self.sessions)
    }

    /// Whether anything stays once the sandbox's connection is gone.
    pub(crate) fn stays(&self, outside: &mut dyn Outside, sessions_before: i64) -> bool {
        // The server ends a session in its own time.
        let look = || self.sessions(outside);
        let gone = eventually_blocking(PATIENCE, look, |sessions| *sessions <= sessions_before);
        let left = gone.is_err();
        let swept = self
            .sweep
            .iter()
            .filter(|sql| outside.run(sql).is_ok())
            .count();
        let stays = left || swept > 0 || outside.count(&self.traces) > 0;
        self.dirty.store(stays, Ordering::Relaxed);
        stays
    }
}
