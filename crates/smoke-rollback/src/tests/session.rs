//! A session whose connection is gone, in use, ended from outside or moved.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use smoke_core::{RollbackVerdict, Session as _};

use super::scripted::{Open, Plain, Script, Scripted, Told, Why, open};
use crate::Dialect;
use crate::dialect::Ended;
use crate::lock::lock;
use crate::{Fault, Moved};

type Kept = Moved<Scripted<Plain, true>>;

/// The verdict where the pool has no connection any more, and ending it from outside comes to that.
async fn where_it_is_gone<D: Dialect<Outside = Script>>(
    ending: Result<Ended, String>,
) -> RollbackVerdict {
    let Open {
        script,
        pool,
        session,
        ..
    } = open::<D, true>().await;
    *lock(&pool) = Err(Why::Gone);
    // Once is enough, and what cannot be ended is tried again.
    let tries = 1 + usize::from(ending.is_err());
    *lock(&script.ending) = ending;
    let verdict = session.finish().await;
    assert_eq!(script.ends.load(Ordering::SeqCst), tries);
    verdict
}

#[tokio::test]
async fn a_connection_that_its_pool_closed_is_lost() {
    let cause = "the pool was closed".to_owned();
    let lost = RollbackVerdict::ConnectionLost { cause };
    let closed = || Ok(Ended::Before);
    assert_eq!(where_it_is_gone::<Plain>(closed()).await, lost);
    assert_eq!(where_it_is_gone::<Told<true, false>>(closed()).await, lost);
    assert_eq!(where_it_is_gone::<Told<false, true>>(closed()).await, lost);
}

#[tokio::test]
async fn what_a_connection_outside_of_its_pool_has_committed_depends_on_the_database() {
    use RollbackVerdict::{ConnectionLost, Escaped, Unknown};
    let ended = || Ok(Ended::Now);
    let unknown = where_it_is_gone::<Plain>(ended()).await;
    assert!(matches!(unknown, Unknown { .. }), "{unknown:?}");
    let sealed = where_it_is_gone::<Told<true, false>>(ended()).await;
    assert!(matches!(sealed, ConnectionLost { .. }), "{sealed:?}");
    let doubtful = where_it_is_gone::<Told<false, true>>(ended()).await;
    assert!(matches!(doubtful, Escaped { .. }), "{doubtful:?}");
    for verdict in [unknown, sealed, doubtful] {
        let said = verdict.to_string();
        assert!(said.contains("took the connection out of"), "{said}");
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_ended_leaves_the_verdict_open() {
    let ending = || Err("the server is full".to_owned());
    for verdict in [
        where_it_is_gone::<Plain>(ending()).await,
        where_it_is_gone::<Told<true, false>>(ending()).await,
    ] {
        assert!(
            matches!(verdict, RollbackVerdict::Unknown { .. }),
            "{verdict:?}"
        );
        assert!(
            verdict.to_string().contains("the server is full"),
            "{verdict}"
        );
    }
}

#[tokio::test]
async fn a_connection_in_use_is_ended_from_outside_and_its_holder_named_a_straggler() {
    let Open {
        script,
        pool,
        session,
        ..
    } = open::<Plain, true>().await;
    *lock(&pool) = Err(Why::InUse);
    session.leave().await.unwrap();
    let verdict = session.finish().await;
    assert!(
        matches!(verdict, RollbackVerdict::Straggler { .. }),
        "{verdict:?}"
    );
    assert_eq!(script.ends.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_was_cut_while_the_sandbox_ended_is_not_kept() {
    let Open {
        script,
        sandbox,
        berth,
        session,
        ..
    } = open::<Plain, true>().await;
    let gate = Arc::clone(sandbox.gate());
    *lock(&script.at_rollback) = Some(Box::new(move || assert!(gate.cut())));
    session.finish().await;
    assert!(lock(&script.at_rollback).is_none());
    assert!(berth.take::<Kept>().is_none());
}

#[tokio::test]
async fn a_connection_that_was_moved_is_not_ended_by_a_late_cut() {
    let Open {
        script,
        berth,
        session,
        ..
    } = open::<Plain, true>().await;
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    assert!(session.cut().await);
    assert_eq!(script.ends.load(Ordering::SeqCst), 0);
    let kept = berth.take::<Kept>().unwrap();
    assert!(Arc::ptr_eq(&kept.connection, &script));
}

#[tokio::test]
async fn a_session_is_of_no_use_after_its_end() {
    let Open {
        script, session, ..
    } = open::<Plain, true>().await;
    session.finish().await;
    script.take_sent();
    assert!(session.enter().await.is_err());
    assert!(script.take_sent().is_empty());
}

#[tokio::test]
async fn a_connection_that_explains_a_failure_is_not_kept() {
    let Open {
        sandbox,
        berth,
        session,
        ..
    } = open::<Plain, true>().await;
    let said = "cached plan must not change result type".to_owned();
    sandbox.gate().witness().saw(Fault::SchemaChanged, said);
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    assert!(berth.take::<Kept>().is_none());
}
