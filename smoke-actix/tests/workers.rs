//! Four workers share one runner, and no test is in their way.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use actix_web::{App, web};
use futures_util::future::join_all;
use smoke_actix::{Client, Limits, Registry, Result, Runner, Smoke, Test};
use smoke_testing::PATIENCE;
use support::Server;
use tokio::sync::Semaphore;

async fn worker() -> String {
    format!("{:?}", std::thread::current().id())
}

fn serve(runner: Runner) -> Server {
    Server::start(move || {
        App::new()
            .route("/", web::get().to(worker))
            .wrap(Smoke::new(&runner))
    })
}

/// Asks until each of the four workers has answered.
async fn assert_all_workers_serve(server: &Server) {
    let asking = async {
        let mut workers = BTreeSet::new();
        while workers.len() < 4 {
            let answers = join_all((0..8).map(|_| server.get("/"))).await;
            workers.extend(answers.into_iter().map(|answer| answer.body));
        }
    };
    let served = tokio::time::timeout(Duration::from_secs(20), asking).await;
    assert!(served.is_ok(), "a worker does not answer");
}

#[tokio::test]
async fn two_hundred_requests_to_four_workers_make_one_run() {
    let (runs, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (counted, gated) = (runs.clone(), gate.clone());
    let test = Test::new("shop::opens", move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let gated = gated.clone();
        async move {
            let _open = gated.acquire().await;
        }
    });
    let limits = Limits::default().reuse(Duration::from_secs(60));
    let limits = limits.test(Duration::from_secs(19));
    let server = serve(Runner::new(
        Registry::new().test(test).limits(limits).open(),
    ));
    let asking = join_all((0..200).map(|_| server.get("/smoketest/")));
    let opening = async {
        // Whoever comes after the run has ended gets its report as well.
        assert_all_workers_serve(&server).await;
        gate.close();
    };
    let (answers, ()) = tokio::join!(asking, opening);
    let run = answers[0].header("x-smoke-run").to_owned();
    for answer in answers {
        assert_eq!(answer.header("x-smoke-status"), "PASS", "{answer:?}");
        assert_eq!(answer.header("x-smoke-run"), run);
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn tests_that_hang_or_block_and_handlers_that_do_leave_all_workers_serving() {
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let in_handler = Arc::clone(&released);
    let (start, mut started) = tokio::sync::mpsc::unbounded_channel();
    let starting = start.clone();
    async fn asks(client: Client) -> Result {
        client.get("/block").send().await?;
        Ok(())
    }
    let limits = Limits::default().test(Duration::from_secs(1));
    let registry = Registry::new()
        .limits(limits)
        .app(smoke_actix::app(move || {
            let (start, released) = (starting.clone(), in_handler.clone());
            move || {
                let (start, released) = (start.clone(), released.clone());
                App::new().route(
                    "/block",
                    web::get().to(move || {
                        let _ = start.send("handler");
                        let _ = released.lock().unwrap().recv();
                        async { "released" }
                    }),
                )
            }
        }))
        .test(Test::new("shop::has_a_handler_that_blocks", asks))
        .test(Test::new("shop::never_ends", std::future::pending::<()>))
        .test(Test::new("shop::blocks_in_async_code", move || {
            let (start, released) = (start.clone(), released.clone());
            async move {
                let _ = start.send("test");
                let _ = released.lock().unwrap().recv();
            }
        }));
    let server = serve(Runner::new(registry.open()));
    let asking = server.get("/smoketest/");
    let serving = async {
        let mut next = async || tokio::time::timeout(PATIENCE, started.recv()).await;
        let first = next().await.unwrap().unwrap();
        let second = next().await.unwrap().unwrap();
        assert_ne!(first, second);
        assert_all_workers_serve(&server).await;
    };
    let (answer, ()) = tokio::join!(asking, serving);
    assert_eq!(answer.status, 503);
    for line in [
        "shop::has_a_handler_that_blocks errored: took longer than its limit of 1s; it hangs: ",
        "shop::never_ends errored: took longer than its limit of 1s\n",
        "shop::blocks_in_async_code errored: took longer than its limit of 1s; it hangs: ",
    ] {
        assert!(answer.body.contains(line), "{line}: {}", answer.body);
    }
    // The handler still hangs: its test is not started again.
    let again = server.ask("POST", "/smoketest/").await;
    let line = "shop::has_a_handler_that_blocks errored: still hung since ";
    assert!(again.body.contains(line), "{}", again.body);
    assert_all_workers_serve(&server).await;
    drop(release);
}
