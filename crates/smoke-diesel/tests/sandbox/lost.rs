//! A sandbox has one connection, and gets no other.

use crate::subject::{Sandbox, Subject, is_lost, on_every_subject};

on_every_subject! {
    nothing_is_handed_out_where_a_panic_took_the_connection,
}

async fn nothing_is_handed_out_where_a_panic_took_the_connection<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap();
    S::panic(&sandbox.pool).await;
    if S::survives_a_panic() {
        sandbox.run("INSERT INTO t VALUES (2)").await.unwrap();
    } else {
        let error = sandbox.run("INSERT INTO t VALUES (2)").await.unwrap_err();
        assert!(error.contains("lost"), "{error}");
        let error = sandbox.session.enter().await.unwrap_err();
        assert!(is_lost(error.downcast_ref().unwrap()), "{error:?}");
    }
    let (subject, verdict) = sandbox.finish().await;
    assert_eq!(is_lost(&verdict), !S::survives_a_panic(), "{verdict:?}");
    assert_eq!(subject.rows().await, 0);
}
