//! Which statements are sent, and in which order.

use std::sync::Arc;

use smoke_core::{RollbackVerdict, Session as _};

use super::scripted::{Open, Plain, open};
use crate::Fault;
use crate::acting::as_session;
use crate::check_out;
use crate::gate::Refusal;
use crate::lock::lock;

const ENTER: &str = "RELEASE SAVEPOINT smoke_guard; SAVEPOINT smoke_guard; SAVEPOINT smoke_request";
const LEAVE: &str =
    "RELEASE SAVEPOINT smoke_request; RELEASE SAVEPOINT smoke_guard; SAVEPOINT smoke_guard";
const END: &str = "RELEASE SAVEPOINT smoke_guard; SAVEPOINT smoke_guard; ROLLBACK";

async fn opened() -> Open<Plain, true> {
    open().await
}

#[tokio::test]
async fn a_sandbox_is_entered_left_and_rolled_back_with_its_guard_proven_each_time() {
    let Open {
        script, session, ..
    } = opened().await;
    session.enter().await.unwrap();
    session.leave().await.unwrap();
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    assert_eq!(script.take_sent(), [ENTER, LEAVE, END]);
}

#[tokio::test]
async fn a_request_that_was_given_up_is_left_before_the_next_one_is_entered() {
    let Open {
        script, session, ..
    } = opened().await;
    session.enter().await.unwrap();
    session.enter().await.unwrap();
    assert_eq!(script.take_sent(), [ENTER, LEAVE, ENTER]);
}

#[tokio::test]
async fn an_error_in_a_request_undoes_the_request_and_no_more() {
    let Open {
        script, session, ..
    } = opened().await;
    session.enter().await.unwrap();
    script.take_sent();
    // As in an aborted transaction, where going back to a savepoint is all that is left.
    lock(&script.failing).push((LEAVE, Fault::Aborted));
    let undoing = format!("ROLLBACK TO SAVEPOINT smoke_request; {LEAVE}");
    session.leave().await.unwrap();
    assert_eq!(script.take_sent(), [LEAVE.to_owned(), undoing]);
}

#[tokio::test]
async fn a_request_is_not_entered_where_an_error_before_it_has_aborted_the_transaction() {
    let Open {
        script, session, ..
    } = opened().await;
    lock(&script.failing).push((ENTER, Fault::Aborted));
    let said = session.enter().await.unwrap_err().to_string();
    assert!(said.contains("outside of a request"), "{said}");
    let back = "ROLLBACK TO SAVEPOINT smoke_guard";
    assert_eq!(script.take_sent(), [ENTER, back]);
    // Nothing was entered that would have to be left.
    session.leave().await.unwrap();
    assert!(script.take_sent().is_empty());
}

#[tokio::test]
async fn only_the_check_outs_of_the_application_are_counted() {
    let Open {
        script,
        sandbox,
        session,
        ..
    } = opened().await;
    let mut connection = Arc::clone(&script);
    as_session(check_out(&sandbox, &mut connection))
        .await
        .unwrap();
    assert_eq!(session.checkouts(), 0);
    check_out(&sandbox, &mut connection).await.unwrap();
    assert_eq!(session.checkouts(), 1);
    sandbox.gate().close();
    let refused = check_out(&sandbox, &mut connection).await;
    assert_eq!(refused, Err(Refusal::Closed));
    assert_eq!(session.checkouts(), 1);
}
