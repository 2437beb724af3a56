//! A sandbox that is opened on a kept connection.

use std::sync::Mutex;

use smoke_core::{Berth, Error, RollbackVerdict, Session as _};

use super::scripted::{Open, Plain, Scripted, open};
use crate::kept_or_new;
use crate::lock::lock;

/// A berth with a connection in it.
async fn with_one_kept() -> Berth {
    let Open { berth, session, .. } = open::<Plain, true>().await;
    assert_eq!(session.finish().await, RollbackVerdict::RolledBack);
    berth
}

/// Whether each opening had a kept connection, where all of them fail like that.
async fn openings(berth: &Berth, why: impl Fn() -> Error) -> Vec<bool> {
    let openings = Mutex::new(Vec::new());
    let opened = kept_or_new::<Scripted<Plain, true>, (), _>(berth, |kept| {
        lock(&openings).push(kept.is_some());
        std::future::ready(Err(why()))
    });
    assert!(opened.await.is_err());
    openings.into_inner().unwrap_or_default()
}

#[tokio::test]
async fn a_kept_connection_that_is_of_no_use_is_replaced_once() {
    let closed = || Error::msg("connection closed");
    assert_eq!(
        openings(&with_one_kept().await, closed).await,
        [true, false]
    );
    assert_eq!(openings(&Berth::none(), closed).await, [false]);
}

#[tokio::test]
async fn a_lock_that_stands_in_the_way_is_no_fault_of_the_connection() {
    let locked = || {
        let cause = "database is locked".to_owned();
        RollbackVerdict::Contended { cause }.into()
    };
    assert_eq!(openings(&with_one_kept().await, locked).await, [true]);
}
