//! Requests to the application are in the same transaction as the test, each in a savepoint.

use smoke_core::{Client, Outcome, Result, Sandbox};

use super::insert;
use crate::backend::bench::{Bench, expect};
use crate::backend::{Database, Shows};

pub(super) async fn both_see_the_rows<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |client: Client, Sandbox(pool): Sandbox<D::Pool>| -> Result {
        D::execute(&pool, &insert(2)).await?;
        rows(&client, 2).await?;
        client
            .post("/execute")
            .body(insert(3))
            .send()
            .await?
            .ensure_status(200)?;
        let seen = D::number(&pool, "SELECT COUNT(*) FROM smoke_conformance").await?;
        smoke_core::ensure_eq!(seen, 3);
        Ok(())
    };
    expect(&bench.run(body).await, Outcome::Passed, "")?;
    bench.nothing_stays().await
}

pub(super) async fn a_nested_commit<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |client: Client| -> Result {
        client
            .post("/transaction")
            .body(insert(2))
            .send()
            .await?
            .ensure_status(200)?;
        client
            .post("/transaction")
            .body(insert(3))
            .send()
            .await?
            .ensure_status(200)?;
        rows(&client, 3).await
    };
    expect(&bench.run(body).await, Outcome::Passed, "")?;
    bench.nothing_stays().await
}

pub(super) async fn a_tolerated_error<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |client: Client| -> Result {
        client
            .post("/execute")
            .body(insert(2))
            .send()
            .await?
            .ensure_status(200)?;
        let tolerated = client
            .post("/tolerate")
            .body(insert(1))
            .send()
            .await?
            .ensure_status(200)?;
        smoke_core::ensure!(
            !tolerated.bytes().is_empty(),
            "the second row with a key was accepted"
        );
        client
            .post("/execute")
            .body(insert(3))
            .send()
            .await?
            .ensure_status(200)?;
        rows(&client, 3).await
    };
    expect(&bench.run(body).await, Outcome::Passed, "")?;
    bench.nothing_stays().await
}

pub(super) async fn an_error_that_is_kept<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    for (path, returns_rows) in [("/keep", false), ("/keep-rows", true)] {
        let body = move |client: Client| async move {
            let returning = if returns_rows { " RETURNING id" } else { "" };
            let sql = format!("{}{returning}", insert(1));
            let sent = client.post(path).body(sql).send().await?;
            sent.ensure_status(200)?;
            Ok::<_, smoke_core::Error>(())
        };
        let test = bench.run(body).await;
        expect(&test, Outcome::Failed, "500")?;
        let found = match &test.causes[..] {
            [] => Shows::Nothing,
            [cause] if cause.contains("the database last said: ") => Shows::WhatWasSaid,
            [cause] if cause.contains("an SQL error aborted the transaction") => Shows::ThatItWas,
            causes => return Err(format!("{path} is caused by {causes:?}")),
        };
        let expected = bench.database.shows(returns_rows);
        if found != expected {
            let causes = test.causes.join(": ");
            return Err(format!(
                "of {path} is known: {found:?} ({causes}), where {expected:?} was expected"
            ));
        }
    }
    bench.nothing_stays().await
}

pub(super) async fn two_at_once<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |client: Client| -> Result {
        let sending = (2..10).map(|id| client.post("/transaction").body(insert(id)).send());
        for answer in futures_util::future::join_all(sending).await {
            answer?.ensure_status(200)?;
        }
        rows(&client, 9).await
    };
    expect(&bench.run(body).await, Outcome::Passed, "")?;
    bench.nothing_stays().await
}

pub(super) async fn beside_a_held_connection<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |client: Client, Sandbox(pool): Sandbox<D::Pool>| -> Result {
        let held = D::hold(&pool).await?;
        let refused = client.get("/rows").send().await;
        drop(held);
        rows(&client, 1).await?;
        refused?;
        Ok(())
    };
    expect(
        &bench.run(body).await,
        Outcome::Errored,
        "the test still holds it",
    )?;
    bench.nothing_stays().await
}

/// The application sees that many rows.
async fn rows(client: &Client, expected: i64) -> Result {
    let rows = client
        .get("/rows")
        .send()
        .await?
        .ensure_status(200)?
        .text()?;
    smoke_core::ensure_eq!(rows, expected.to_string());
    Ok(())
}
