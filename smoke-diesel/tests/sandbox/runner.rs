//! Sandboxes as the runner uses them.

use smoke_core::{Registry, Result, Runner, Sandbox, Selection, Test};

use crate::subject::{Subject, on_every_subject};

on_every_subject! {
    a_test_passes_and_leaves_nothing,
    a_test_that_runs_on_is_ended_at_the_limit_and_the_next_one_can_write,
    a_test_that_keeps_its_pool_is_errored,
}

async fn inserts<S: Subject>(Sandbox(pool): Sandbox<S::Pool>) -> Result {
    S::run(&pool, "INSERT INTO t VALUES (1)").await?;
    Ok(())
}

async fn runs_on<S: Subject>(Sandbox(pool): Sandbox<S::Pool>) -> Result {
    S::run(&pool, "INSERT INTO t VALUES (1)").await?;
    S::run(&pool, S::LONG).await?;
    Ok(())
}

async fn keeps_its_pool<S: Subject>(Sandbox(pool): Sandbox<S::Pool>) -> Result {
    S::run(&pool, "INSERT INTO t VALUES (1)").await?;
    std::mem::forget(pool);
    Ok(())
}

fn registry<S: Subject>(subject: &S) -> Registry {
    Registry::new().rollback(subject.backend())
}

async fn a_test_passes_and_leaves_nothing<S: Subject>() {
    let subject = S::new().await;
    let registry = registry(&subject).test(Test::new("shop::inserts", inserts::<S>));
    let report = Runner::new(registry).run(Selection::fast()).await;
    assert!(report.verdict().is_pass(), "{report:?}");
    assert_eq!(subject.rows().await, 0);
}

async fn a_test_that_runs_on_is_ended_at_the_limit_and_the_next_one_can_write<S: Subject>() {
    let subject = S::new().await;
    let registry = registry(&subject)
        .test(Test::new("shop::a_runs_on", runs_on::<S>))
        .test(Test::new("shop::b_inserts", inserts::<S>));
    let report = Runner::new(registry).run(Selection::fast()).await;
    let said = format!("{report:?}");
    assert!(!report.verdict().is_pass(), "{said}");
    assert!(said.contains("held for longer than its limit"), "{said}");
    assert_eq!(report.counts().passed, 1, "{said}");
    assert_eq!(subject.rows().await, 0);
    subject.until_it_can_be_written().await;
}

async fn a_test_that_keeps_its_pool_is_errored<S: Subject>() {
    let subject = S::new().await;
    let registry = registry(&subject).test(Test::new("shop::keeps", keeps_its_pool::<S>));
    let report = Runner::new(registry).run(Selection::fast()).await;
    let said = format!("{report:?}");
    assert!(said.contains("a handle of the sandbox's pool"), "{said}");
    assert_eq!(subject.rows().await, 0);
}
