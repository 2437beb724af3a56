//! A runner of tests that insert a row each, and the bare statements.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use smoke_axum::smoke_core::Format;
use smoke_axum::{Ask, Client, Limits, Registry, Report, Runner, Sandbox, Selection, Test};
use tokio::runtime::{Builder, Runtime};

use crate::way::Way;

/// What a test inserts its row through.
#[derive(Clone, Copy, Debug)]
pub enum Through {
    /// The sandbox's pool.
    Pool,
    /// A handler of the application under test.
    Handler,
}

/// A runtime as an application on this machine has it.
pub fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}

/// No limit but that of lanes gets in the way.
pub fn limits(lanes: usize) -> Limits {
    Limits::default()
        .tests_at_once(lanes)
        .run(Duration::from_secs(60 * 60))
        .starts_per_minute(usize::MAX)
}

/// Tests that insert a row each, on sandboxes of the database with this URL.
#[must_use]
pub fn runner<W: Way>(url: &str, tests: usize, through: Through, lanes: usize) -> Runner {
    let registry = Registry::new()
        .rollback(W::rollback(url, lanes))
        .app(smoke_axum::app(|Sandbox(pool): Sandbox<W::Pool>| {
            router::<W>(pool)
        }))
        .limits(limits(lanes));
    let registry = (0..tests).fold(registry, |registry, at| {
        let name = format!("bench::inserts_{at}");
        registry.test(match through {
            Through::Pool => Test::new(name, async |Sandbox(pool): Sandbox<W::Pool>| {
                W::insert(&pool).await
            }),
            Through::Handler => Test::new(name, async |client: Client| {
                client.post("/rows").send().await?.ensure_status(201)?;
                <smoke_axum::Result>::Ok(())
            }),
        })
    });
    Runner::new(registry)
}

/// The application.
fn router<W: Way>(pool: W::Pool) -> Router {
    let insert = async move || match W::insert(&pool).await {
        Ok(()) => StatusCode::CREATED,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Router::new().route("/rows", post(insert))
}

/// Runs the tests once.
///
/// # Errors
///
/// Unless all of them pass.
pub async fn run(runner: &Runner) -> Result<Arc<Report>> {
    let answer = runner.ask(Ask::new(Selection::fast()).fresh()).await;
    let report = answer.report;
    ensure!(
        report.verdict().is_pass(),
        "{}",
        report.render(Format::Text)
    );
    Ok(report)
}

/// Awaits this where an application's tasks run.
pub fn on_a_worker(
    runtime: &Runtime,
    work: impl Future<Output = Result<()>> + Send + 'static,
) -> Result<()> {
    runtime.block_on(runtime.spawn(work))?
}

/// The bare statements of as many inserts, one after the other on one connection.
pub async fn by_hand<W: Way>(url: String, inserts: usize) -> Result<()> {
    let mut connection = W::connect(&url).await?;
    for _ in 0..inserts {
        W::insert_by_hand(&mut connection).await?;
    }
    W::close(connection).await
}

/// The same, on a connection each.
pub async fn by_hand_connecting_each_time<W: Way>(url: String, inserts: usize) -> Result<()> {
    for _ in 0..inserts {
        by_hand::<W>(url.clone(), 1).await?;
    }
    Ok(())
}
