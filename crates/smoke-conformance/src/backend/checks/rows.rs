//! Rows do not stay.

use std::time::Duration;

use smoke_core::{
    Ask, Client, Event, Failure, Outcome, Registry, Result, Sandbox, Selection, Test,
};

use super::insert;
use crate::backend::Database;
use crate::backend::bench::{Bench, expect};

/// The test writes a row, and so does the application.
async fn write<D: Database>(client: Client, Sandbox(pool): Sandbox<D::Pool>) -> Result {
    D::execute(&pool, &insert(2)).await?;
    client
        .post("/execute")
        .body(insert(3))
        .send()
        .await?
        .ensure_status(200)?;
    Ok(())
}

pub(super) async fn whatever_becomes_of_a_test<D: Database>(
    bench: &Bench<D>,
) -> Result<(), String> {
    expect(&bench.run(write::<D>).await, Outcome::Passed, "")?;
    bench.nothing_stays().await?;

    let fails = async |client: Client, pool: Sandbox<D::Pool>| -> Result {
        write::<D>(client, pool).await?;
        Err(Failure::new("left is 3").into())
    };
    expect(&bench.run(fails).await, Outcome::Failed, "left is 3")?;
    bench.nothing_stays().await?;

    let errors = async |client: Client, pool: Sandbox<D::Pool>| -> Result {
        write::<D>(client, pool).await?;
        Err("no paper".into())
    };
    expect(&bench.run(errors).await, Outcome::Errored, "no paper")?;
    bench.nothing_stays().await?;

    async fn panics<D: Database>(Sandbox(pool): Sandbox<D::Pool>) {
        let _ = D::execute(&pool, &insert(2)).await;
        panic!("the test panics");
    }
    expect(
        &bench.run(panics::<D>).await,
        Outcome::Errored,
        "panicked: the test panics",
    )?;
    bench.nothing_stays().await?;

    let handler = async |client: Client, pool: Sandbox<D::Pool>| -> Result {
        write::<D>(client.clone(), pool).await?;
        client.post("/panic").send().await?;
        Ok(())
    };
    expect(
        &bench.run(handler).await,
        Outcome::Errored,
        "the handler panics",
    )?;
    bench.nothing_stays().await?;

    let endless = async |client: Client, pool: Sandbox<D::Pool>| -> Result {
        write::<D>(client, pool).await?;
        std::future::pending().await
    };
    let test = Test::new("conformance::endless", endless).timeout(Duration::from_millis(300));
    let test = bench.run_test(test).await;
    let limit = "took longer than its limit of 300ms";
    // Where it was stopped in the midst of a statement, the connection is lost, which is said first.
    expect(&test, Outcome::Errored, limit)?;
    bench.nothing_stays().await
}

pub(super) async fn the_asker_goes_away<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |client: Client| -> Result {
        client
            .post("/execute")
            .body(insert(2))
            .send()
            .await?
            .ensure_status(200)?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(())
    };
    let runner = bench.runner(Registry::new().test(Test::new("conformance::test", body)));
    let mut events = runner.events();
    let asker = tokio::spawn({
        let runner = runner.clone();
        async move { runner.ask(Ask::new(Selection::fast())).await }
    });
    while !matches!(events.recv().await, Ok(Event::TestStarted { .. })) {}
    asker.abort();
    while !matches!(events.recv().await, Ok(Event::RunFinished { .. })) {}
    bench.nothing_stays().await
}
