//! A transaction that ends before the sandbox does is noticed, where and at the end.

use crate::subject::{Sandbox, Subject, is_escaped, on_every_subject};

on_every_subject! {
    a_commit_is_noticed_after_the_request,
    a_commit_and_a_new_transaction_are_noticed_after_the_request,
    a_rollback_and_a_new_transaction_are_noticed_after_the_request,
    a_rollback_is_noticed_after_the_request,
    a_commit_outside_of_a_request_is_noticed_before_the_next,
    a_commit_outside_of_a_request_is_noticed_at_the_end,
    nothing_is_handed_out_after_an_escape,
    a_transaction_after_a_commit_is_real_and_noticed,
    a_commit_before_a_panic_is_noticed,
}

async fn is_noticed_after_the_request<S: Subject>(sql: &str) {
    let sandbox = Sandbox::<S>::open().await;
    let (_, left) = sandbox.request(sandbox.run(sql)).await;
    let verdict = left.unwrap_err();
    assert!(is_escaped(&verdict), "{verdict:?}");
    let (_, at_the_end) = sandbox.finish().await;
    assert_eq!(at_the_end, verdict);
}

async fn a_commit_is_noticed_after_the_request<S: Subject>() {
    is_noticed_after_the_request::<S>("COMMIT").await;
}

async fn a_commit_and_a_new_transaction_are_noticed_after_the_request<S: Subject>() {
    is_noticed_after_the_request::<S>("COMMIT; BEGIN").await;
}

async fn a_rollback_and_a_new_transaction_are_noticed_after_the_request<S: Subject>() {
    is_noticed_after_the_request::<S>("ROLLBACK; BEGIN").await;
}

async fn a_rollback_is_noticed_after_the_request<S: Subject>() {
    is_noticed_after_the_request::<S>("ROLLBACK").await;
}

async fn a_commit_outside_of_a_request_is_noticed_before_the_next<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("COMMIT").await.ok();
    let error = sandbox.session.enter().await.unwrap_err();
    assert!(is_escaped(error.downcast_ref().unwrap()), "{error:?}");
    let (_, verdict) = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

async fn a_commit_outside_of_a_request_is_noticed_at_the_end<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("COMMIT").await.ok();
    let (_, verdict) = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

/// The pool closes the connection of a thread that panicked, and with it what tells of the commit.
async fn a_commit_before_a_panic_is_noticed<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    sandbox.run("COMMIT").await.ok();
    S::panic(&sandbox.pool).await;
    let (_, verdict) = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

async fn nothing_is_handed_out_after_an_escape<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let (_, left) = sandbox.request(sandbox.run("COMMIT")).await;
    left.unwrap_err();
    sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    let error = sandbox.session.enter().await.unwrap_err();
    assert!(is_escaped(error.downcast_ref().unwrap()), "{error:?}");
    let (subject, _) = sandbox.finish().await;
    assert_eq!(subject.rows().await, 0);
}

async fn a_transaction_after_a_commit_is_real_and_noticed<S: Subject>() {
    let sandbox = Sandbox::<S>::open().await;
    let mut held = S::hold(&sandbox.pool).await;
    S::run_on(&mut held, "COMMIT").await.ok();
    let _ = S::run_on(&mut held, "BEGIN; INSERT INTO t VALUES (7); COMMIT").await;
    drop(held);
    let (_, verdict) = sandbox.finish().await;
    assert!(is_escaped(&verdict), "{verdict:?}");
}

mod sealed {
    use super::*;
    use crate::subject::sqlite::Sqlite;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_commit_writes_nothing_on_sqlite() {
        for sql in [
            "INSERT INTO t VALUES (1); COMMIT",
            "INSERT INTO t VALUES (1); COMMIT; BEGIN; INSERT INTO t VALUES (2); COMMIT",
            "ROLLBACK; INSERT INTO t VALUES (1)",
        ] {
            let sandbox = Sandbox::<Sqlite>::open().await;
            let (ran, left) = sandbox.request(sandbox.run(sql)).await;
            ran.unwrap_err();
            let verdict = left.unwrap_err();
            assert!(is_escaped(&verdict), "{verdict:?}");
            assert!(
                verdict.to_string().contains("refused to commit"),
                "{verdict}"
            );
            let (subject, _) = sandbox.finish().await;
            assert_eq!(subject.rows().await, 0, "{sql}");
        }
    }
}

mod sealed_by_the_server {
    use super::*;
    use crate::subject::libpq::Libpq;
    use crate::subject::postgres::Postgres;

    /// Every way to end a transaction, with what is written before and after.
    async fn nothing_is_written<S: Subject>() {
        for sql in [
            "INSERT INTO t VALUES (1); COMMIT",
            "INSERT INTO t VALUES (1); END; INSERT INTO t VALUES (2)",
            "INSERT INTO t VALUES (1); COMMIT AND CHAIN",
            "INSERT INTO t VALUES (1); PREPARE TRANSACTION 'smoke'",
            "ROLLBACK; INSERT INTO t VALUES (2)",
            "ROLLBACK; BEGIN; INSERT INTO t VALUES (2); COMMIT",
        ] {
            let sandbox = Sandbox::<S>::open().await;
            let (ran, left) = sandbox.request(sandbox.run(sql)).await;
            ran.unwrap_err();
            let verdict = left.unwrap_err();
            assert!(is_escaped(&verdict), "{verdict:?}");
            assert!(verdict.to_string().contains("COMMIT was refused"));
            let (subject, _) = sandbox.finish().await;
            assert_eq!(subject.rows().await, 0, "{sql}");
        }
    }

    /// Statement by statement, as an application sends them.
    async fn what_follows_is_read_only<S: Subject>() {
        let sandbox = Sandbox::<S>::open().await;
        let mut held = S::hold(&sandbox.pool).await;
        S::run_on(&mut held, "INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        let error = S::run_on(&mut held, "COMMIT").await.unwrap_err();
        assert!(error.contains("refuses_to_commit"), "{error}");
        let error = S::run_on(&mut held, "INSERT INTO t VALUES (2)").await;
        assert!(error.unwrap_err().contains("read-only"));
        S::run_on(&mut held, "BEGIN").await.unwrap();
        let error = S::run_on(&mut held, "INSERT INTO t VALUES (2)").await;
        assert!(error.unwrap_err().contains("read-only"));
        drop(held);
        let (subject, verdict) = sandbox.finish().await;
        assert!(is_escaped(&verdict), "{verdict:?}");
        assert_eq!(subject.rows().await, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_written_through_deadpool() {
        nothing_is_written::<Postgres>().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_written_through_r2d2() {
        nothing_is_written::<Libpq>().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_follows_is_read_only_through_deadpool() {
        what_follows_is_read_only::<Postgres>().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_follows_is_read_only_through_r2d2() {
        what_follows_is_read_only::<Libpq>().await;
    }
}

mod chained {
    use super::*;
    use crate::subject::postgres::Postgres;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_chained_transaction_is_noticed() {
        for sql in [
            "COMMIT AND CHAIN",
            "ROLLBACK AND CHAIN",
            "END; BEGIN",
            "COMMIT; BEGIN READ WRITE",
            // That takes the seal away.
            "CLOSE ALL; COMMIT",
        ] {
            is_noticed_after_the_request::<Postgres>(sql).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn constraints_can_be_checked_ahead() {
        let sandbox = Sandbox::<Postgres>::open().await;
        let checked = sandbox.run("SET CONSTRAINTS ALL IMMEDIATE");
        let (checked, left) = sandbox.request(checked).await;
        checked.unwrap();
        left.unwrap();
        let (_, verdict) = sandbox.finish().await;
        assert!(verdict.is_rolled_back(), "{verdict:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_next_check_out_within_the_request_is_refused() {
        let sandbox = Sandbox::<Postgres>::open().await;
        let work = async {
            sandbox.run("COMMIT").await.unwrap_err();
            sandbox.run("INSERT INTO t VALUES (1)").await.unwrap_err();
        };
        let ((), left) = sandbox.request(work).await;
        assert!(is_escaped(&left.unwrap_err()));
        let (subject, _) = sandbox.finish().await;
        assert_eq!(subject.rows().await, 0);
    }
}
