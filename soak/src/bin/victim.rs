//! Runs writing smoke tests: until it is ended, or a number of them.
//!
//! ```text
//! victim DATABASE URL TILL          for ever; says "going" once a run has passed
//! victim DATABASE URL TILL TESTS    so many; says what it uses after a warm-up, and at the end
//! ```

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use smoke_axum::{Ask, Report, Runner, Selection};
use smoke_conformance::eventually;
use soak::figures::Figures;
use soak::shop::{Tills, registry, with_an_export};
use soak::stack::{Mariadb, Postgres, Sqlite, Stack};

/// How much of the tests is the warm-up: a tenth.
const WARM_UP: usize = 10;

/// For longer than tokio keeps a thread that blocks and has nothing to do, which is 10 s.
const KEPT: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [database, url, till, tests @ ..] = &arguments[..] else {
        bail!("usage: victim DATABASE URL TILL [TESTS]");
    };
    let till = till.parse().context("no till")?;
    let tests = tests.first().map(|tests| tests.parse()).transpose()?;
    match database.as_str() {
        Postgres::NAME => run::<Postgres>(url, till, tests).await,
        Mariadb::NAME => run::<Mariadb>(url, till, tests).await,
        Sqlite::NAME => run::<Sqlite>(url, till, tests).await,
        other => bail!("unknown database {other}"),
    }
}

async fn run<S: Stack>(url: &str, till: u32, tests: Option<usize>) -> Result<()> {
    let registry = registry::<S>(url, Tills(till, till % 16 + 1));
    match tests {
        None => for_ever(&Runner::new(with_an_export(registry))).await,
        Some(tests) => so_many(&Runner::new(registry), tests).await,
    }
}

async fn for_ever(runner: &Runner) -> Result<()> {
    let mut going = false;
    loop {
        let report = once(runner).await;
        if !going && report.verdict().is_pass() {
            going = true;
            println!("going");
        }
    }
}

async fn so_many(runner: &Runner, tests: usize) -> Result<()> {
    let (mut ran, mut warm) = (0, None);
    while ran < tests + tests / WARM_UP {
        let report = once(runner).await;
        if !report.verdict().is_pass() {
            bail!("after {ran} tests: {report:#?}");
        }
        ran += report.counts().passed;
        if warm.is_none() && ran >= tests / WARM_UP {
            println!("{}", warm.insert(Figures::now()?));
        }
    }
    let warm = warm.context("there was no warm-up")?;
    println!("{}", at_rest(&warm).await?);
    Ok(())
}

/// What is used once the threads have gone that a runtime keeps for a while, in case that it needs
/// them again.
async fn at_rest(warm: &Figures) -> Result<Figures> {
    let look = async || Figures::now();
    let goes_on = |now: &Figures| now.threads > warm.threads;
    match eventually(KEPT, look, |now| !now.as_ref().is_ok_and(goes_on)).await {
        Ok(now) => now,
        // What does not go is found by who reads it.
        Err(_) => Figures::now(),
    }
}

async fn once(runner: &Runner) -> Report {
    let ask = Ask::new(Selection::fast()).fresh();
    runner.ask(ask).await.report.as_ref().clone()
}
