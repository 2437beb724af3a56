//! The checks, each with its name as a sentence.

mod bounds;
mod escapes;
mod implicit;
mod requests;
mod rows;

use futures_util::future::BoxFuture;

use super::bench::Bench;
use super::{CHECKS, Database};

type Check<'b> = (&'static str, BoxFuture<'b, Result<(), String>>);

pub(super) fn all<D: Database>(bench: &Bench<D>) -> [Check<'_>; CHECKS] {
    [
        (
            "nothing stays whatever becomes of a test",
            Box::pin(rows::whatever_becomes_of_a_test(bench)),
        ),
        (
            "nothing stays of a test that hangs, and nobody waits for it",
            Box::pin(bounds::a_hung_test(bench)),
        ),
        (
            "nothing stays when whoever asked goes away",
            Box::pin(rows::the_asker_goes_away(bench)),
        ),
        (
            "the test and the application see each other's rows",
            Box::pin(requests::both_see_the_rows(bench)),
        ),
        (
            "a transaction that the application commits is rolled back",
            Box::pin(requests::a_nested_commit(bench)),
        ),
        (
            "an SQL error that is tolerated poisons nothing",
            Box::pin(requests::a_tolerated_error(bench)),
        ),
        (
            "what the database said of a request is kept, whatever the application makes of it",
            Box::pin(requests::an_error_that_is_kept(bench)),
        ),
        (
            "two requests at once are one after the other",
            Box::pin(requests::two_at_once(bench)),
        ),
        (
            "a request beside a connection that is held is an error at once",
            Box::pin(requests::beside_a_held_connection(bench)),
        ),
        (
            "a raw COMMIT is an escape, named with its request and latched",
            Box::pin(escapes::a_raw_commit(bench)),
        ),
        (
            "nothing stays after a COMMIT that the database was told to refuse",
            Box::pin(escapes::a_sealed_commit(bench)),
        ),
        (
            "a COMMIT with another BEGIN is an escape",
            Box::pin(escapes::a_commit_and_a_begin(bench)),
        ),
        (
            "a raw ROLLBACK is an escape",
            Box::pin(escapes::a_raw_rollback(bench)),
        ),
        (
            "a statement that commits on its own is an escape, and is not carried out",
            Box::pin(implicit::commits(bench)),
        ),
        (
            "a write to a table without transactions is reported",
            Box::pin(implicit::tables_without_transactions(bench)),
        ),
        (
            "a write through another pool is bypassed",
            Box::pin(escapes::another_pool(bench)),
        ),
        (
            "a task that writes after the test finds the pool closed",
            Box::pin(escapes::a_late_task(bench)),
        ),
        (
            "a database that is down errors the tests that need it",
            Box::pin(bounds::a_database_that_is_down(bench)),
        ),
        (
            "a hundred tests leave nothing open",
            Box::pin(bounds::a_hundred_tests(bench)),
        ),
    ]
}

/// A statement that writes a row with that key.
fn insert(id: u32) -> String {
    format!("INSERT INTO smoke_conformance VALUES ({id}, 'of a smoke test')")
}
