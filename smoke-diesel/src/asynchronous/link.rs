//! The pools of diesel-async, as a session uses them.

use std::sync::OnceLock;
use std::time::Duration;

use diesel::QueryResult;
use diesel::result::Error;
use diesel_async::SimpleAsyncConnection;
use futures_util::future::BoxFuture;
use smoke_core::Clue;
use smoke_core::rollback::redact;
use smoke_rollback::dialect::Dialect;
use smoke_rollback::queue::Look;
use smoke_rollback::{Fault, Found, Link, Missing, Released, Thread, Waiters};

use super::connection::{Connection, Line, end_nested, forget_transaction};
use super::{Connect, SandboxPool};
use crate::errors;

/// A pool of diesel-async on one database.
pub(crate) struct Asynchronous<P: SandboxPool> {
    /// Makes connections as the application does.
    pub(super) connect: Connect<P::Connection>,
    /// The way to the server of the sandbox's connection.
    pub(super) line: OnceLock<LineOf<P>>,
}

pub(super) type LineOf<P> = <<P as SandboxPool>::Connection as Connection>::Line;
pub(super) type DialectOf<P> = <<P as SandboxPool>::Connection as Connection>::Dialect;

impl<P: SandboxPool> Link for Asynchronous<P> {
    type Dialect = DialectOf<P>;
    type Pool = P;
    type Connection = P::Connection;
    type Taken = P::Object;
    type Error = Error;
    type Luggage = LineOf<P>;

    const READS_CODES: bool = false;
    const WAITERS: Waiters = Waiters::Shown;
    const HEARS_STATEMENTS: bool = true;
    const ENDS_WHEN_DROPPED: bool = P::Connection::ENDS_WHEN_DROPPED;
    const MOVES: bool = P::GIVES_AWAY;

    async fn take(&self, pool: &P, wait: Duration) -> Result<P::Object, Missing> {
        pool.take(wait).await
    }

    async fn with<T, W>(mut taken: P::Object, _: Thread, work: W) -> Result<(P::Object, T), String>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut P::Connection) -> BoxFuture<'c, T> + Send + 'static,
    {
        let done = work(&mut taken).await;
        Ok((taken, done))
    }

    async fn discard(&self, taken: P::Object) {
        P::discard(taken);
    }

    fn shut(&self, pool: &P) {
        pool.close();
    }

    async fn part(&self, pool: P) -> bool {
        pool.close();
        !pool.has_connection()
    }

    fn look(pool: &P) -> Option<Look> {
        pool.look()
    }

    fn timed_out(pool: &P) -> u64 {
        pool.timed_out()
    }

    async fn release(&self, taken: P::Object) -> Released<Self> {
        let line = self.line.get().cloned().unwrap_or_default();
        let mut connection = P::give_away(taken).await?;
        forget_transaction(&mut connection);
        Ok((connection, line))
    }

    async fn run(connection: &mut P::Connection, sql: &str) -> QueryResult<()> {
        connection.batch_execute(sql).await
    }

    async fn texts(connection: &mut P::Connection, sql: &str) -> QueryResult<Vec<Option<String>>> {
        connection.texts(sql).await
    }

    async fn begin(&self, connection: &mut P::Connection, sql: &str) -> QueryResult<()> {
        connection.begin(sql).await
    }

    async fn unnest(connection: &mut P::Connection) -> bool {
        end_nested(connection).await;
        true
    }

    async fn last_error(
        connection: &mut P::Connection,
        _: &<DialectOf<P> as Dialect>::Outside,
    ) -> Option<(Fault, String)> {
        connection.last_error().await
    }

    async fn other(&self) -> Result<P::Connection, String> {
        let connected = (self.connect)().await;
        connected.map_err(|error| redact(&error.to_string()).into_owned())
    }

    #[cfg(feature = "postgres")]
    async fn is_own_process(
        &self,
        connection: &mut P::Connection,
        facts: &smoke_rollback::dialect::postgres::Facts,
    ) -> bool {
        match self.line.get() {
            Some(line) => {
                let is_own = line.is_own_process(connection, facts.process).await;
                is_own.unwrap_or_else(|| facts.are_of_own_process())
            }
            None => facts.are_of_own_process(),
        }
    }

    fn keep_no_statements(connection: &mut P::Connection) {
        connection.keep_no_statements();
    }

    async fn cancel(&self) {
        if let Some(line) = self.line.get() {
            line.cancel().await;
        }
    }

    fn read(error: &Error) -> Fault {
        errors::read::<DialectOf<P>>(error)
    }

    fn said(error: &Error) -> String {
        errors::said(error)
    }

    fn failure(why: &str) -> Error {
        errors::failure(why)
    }

    fn find(&self, clue: Clue<'_>) -> Option<Found> {
        errors::find::<DialectOf<P>>(clue)
    }

    fn is_exhausted(&self, clue: Clue<'_>) -> bool {
        P::is_exhausted(clue)
    }
}
