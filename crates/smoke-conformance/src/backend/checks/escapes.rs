//! What cannot be rolled back is seen and said.

use std::sync::Arc;
use std::time::Duration;

use smoke_core::{Client, Outcome, Registry, Result, Test};
use tokio::sync::mpsc;

use super::insert;
use crate::backend::app::{Late, SqlApp};
use crate::backend::bench::{Bench, expect, one};
use crate::backend::{Database, Dialect};

/// How long a task of the application may take, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(15);

const CAPITALS: &str = "DATA MAY HAVE BEEN COMMITTED";

pub(super) async fn a_raw_commit<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |client: Client| -> Result {
        client
            .post("/execute")
            .body(insert(2))
            .send()
            .await?
            .ensure_status(200)?;
        client.post("/tolerate").body("COMMIT").send().await?;
        Ok(())
    };
    let runner = bench.runner(Registry::new().test(Test::new("conformance::test", body)));
    let first = one(&runner).await;
    expect(&first, Outcome::Errored, CAPITALS)?;
    expect(&first, Outcome::Errored, "during POST /tolerate")?;
    let before = bench.rows().await?;
    expect(&one(&runner).await, Outcome::Errored, "not run: at ")?;
    if bench.rows().await? != before {
        return Err("the test was run again".to_owned());
    }
    Ok(())
}

pub(super) async fn a_sealed_commit<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    if !bench.database.seals() {
        return Ok(());
    }
    for sql in [
        format!("{}; COMMIT", insert(2)),
        format!("COMMIT; {}", insert(2)),
        format!("COMMIT; BEGIN; {}; COMMIT", insert(2)),
        format!("ROLLBACK; {}", insert(2)),
        format!("ROLLBACK; BEGIN; {}; COMMIT", insert(2)),
    ] {
        let (in_request, in_test) = (sql.clone(), sql.clone());
        let request = move |client: Client| {
            let sql = in_request.clone();
            async move {
                client.post("/tolerate").body(sql).send().await?;
                // What comes after it in the same test stays as little.
                let _ = client.post("/tolerate").body(insert(3)).send().await;
                Ok::<_, smoke_core::Error>(())
            }
        };
        expect(&bench.run(request).await, Outcome::Errored, CAPITALS)?;
        let test = move |smoke_core::Sandbox(pool): smoke_core::Sandbox<D::Pool>| {
            let sql = in_test.clone();
            async move {
                let _ = D::execute(&pool, &sql).await;
                let _ = D::execute(&pool, &insert(3)).await;
            }
        };
        expect(&bench.run(test).await, Outcome::Errored, CAPITALS)?;
        bench
            .nothing_stays()
            .await
            .map_err(|error| format!("{sql}: {error}"))?;
    }
    Ok(())
}

pub(super) async fn a_commit_and_a_begin<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    escapes(bench, "COMMIT; BEGIN").await?;
    if bench.database.dialect() != Dialect::Sqlite {
        escapes(bench, "COMMIT AND CHAIN").await?;
    }
    Ok(())
}

pub(super) async fn a_raw_rollback<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    escapes(bench, "ROLLBACK").await?;
    escapes(bench, "ROLLBACK; BEGIN").await?;
    if bench.database.dialect() != Dialect::Sqlite {
        escapes(bench, "ROLLBACK AND CHAIN").await?;
    }
    Ok(())
}

/// The end is seen after the request, and also where the test itself brings it about.
pub(super) async fn escapes<D: Database>(
    bench: &Bench<D>,
    sql: &'static str,
) -> Result<(), String> {
    let in_request = move |client: Client| async move {
        client.post("/tolerate").body(sql).send().await?;
        Ok::<_, smoke_core::Error>(())
    };
    expect(
        &bench.run(in_request).await,
        Outcome::Errored,
        "during POST /tolerate",
    )?;
    let in_test = move |pool: smoke_core::Sandbox<D::Pool>| async move {
        let _ = D::execute(&pool, sql).await;
    };
    expect(&bench.run(in_test).await, Outcome::Errored, CAPITALS)?;
    bench.clean().await
}

pub(super) async fn another_pool<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    // On SQLite the other pool's write waits for the sandbox in vain, and is no success.
    if bench.database.dialect() != Dialect::Sqlite {
        let body = async |client: Client| -> Result {
            client.post("/elsewhere").body(insert(2)).send().await?;
            Ok(())
        };
        let bypassed = "POST /elsewhere succeeded without taking a connection from the sandbox";
        expect(&bench.run(body).await, Outcome::Errored, bypassed)?;
    }
    let silent = async |client: Client| -> Result {
        client
            .post("/elsewhere")
            .body("SELECT 1")
            .without_database()
            .send()
            .await?;
        client.post("/elsewhere").body("SELECT 1").send().await?;
        Ok(())
    };
    expect(
        &bench.run(silent).await,
        Outcome::Errored,
        "is the application using another pool?",
    )
}

pub(super) async fn a_late_task<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    let body = async |client: Client| -> Result {
        client
            .post("/later")
            .body(insert(2))
            .send()
            .await?
            .ensure_status(200)?;
        Ok(())
    };
    let (done, mut ended) = mpsc::unbounded_channel();
    let late = Late {
        over: Arc::default(),
        done,
    };
    let over = Arc::clone(&late.over);
    let registry = Registry::new().test(Test::new("conformance::test", body));
    let app = SqlApp::<D>::working_late(bench.production.clone(), late);
    let runner = smoke_core::Runner::new(registry.rollback(bench.database.backend()).app(app));
    expect(
        &one(&runner).await,
        Outcome::Errored,
        "after the test had ended",
    )?;
    over.notify_one();
    let closed = bench.database.closed();
    match tokio::time::timeout(PATIENCE, ended.recv()).await {
        Ok(Some(Err(error))) if error.contains(closed) => bench.nothing_stays().await,
        Ok(Some(Err(error))) => Err(format!(
            "the task was told {error:?}, which does not say {closed:?}"
        )),
        Ok(Some(Ok(()))) => Err("the task was given a connection".to_owned()),
        _ => Err("the task did not end".to_owned()),
    }
}
