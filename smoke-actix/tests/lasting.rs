//! What an application shares with production works there after the test.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::rt::System;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse};
use smoke_actix::{Client, Limits, Registry, Result, Runner, Selection, Test, app};
use smoke_conformance::{SharedClient, eventually, eventually_blocking};
use smoke_testing::PATIENCE;

async fn ping(client: Data<SharedClient>) -> HttpResponse {
    match client.ping().await {
        Ok(()) => HttpResponse::Ok().body("pong"),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

async fn pings(client: Client) -> Result {
    client.get("/ping").send().await?.ensure_status(200)?;
    Ok(())
}

/// A client whose task can be moved between threads, and one whose task belongs to its thread.
fn clients() -> [SharedClient; 2] {
    let anywhere = SharedClient::new(|task| drop(tokio::spawn(task)));
    let here = SharedClient::new(|task| drop(actix_web::rt::spawn(task)));
    [anywhere.unwrap(), here.unwrap()]
}

fn registry(client: &SharedClient) -> Registry {
    let client = Data::new(client.clone());
    let limits = Limits::default().starts_per_minute(1000);
    let factory = app(move || {
        let client = client.clone();
        move || {
            let stopping = async || {
                System::current().stop();
                "stopped"
            };
            App::new()
                .app_data(client.clone())
                .route("/ping", web::get().to(ping))
                .route("/stop", web::get().to(stopping))
        }
    });
    Registry::new().limits(limits).app(factory)
}

#[tokio::test]
async fn a_client_that_a_test_has_used_first_works_for_production_after_it() {
    for client in clients() {
        let runner = Runner::new(registry(&client).test(Test::new("shop::pings", pings)));
        client.outlives(runner).await;
    }
}

#[tokio::test]
async fn a_client_works_for_production_where_its_runner_was_dropped() {
    for client in clients() {
        let registry = registry(&client).test(Test::new("shop::pings", pings));
        let report = Runner::new(registry).run(Selection::fast()).await;
        assert!(report.verdict().is_pass(), "{report:#?}");
        client.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_handler_that_does_not_return_stops_neither_the_next_test_nor_production() {
    let [client, _] = clients();
    let release = Arc::new(AtomicBool::new(false));
    let (shared, released) = (Data::new(client.clone()), Arc::clone(&release));
    let factory = app(move || {
        let (client, released) = (shared.clone(), Arc::clone(&released));
        move || {
            let released = Arc::clone(&released);
            let blocks = move |client: Data<SharedClient>| {
                let released = Arc::clone(&released);
                async move {
                    client.ping().await.unwrap();
                    let look = || released.load(Ordering::SeqCst);
                    eventually_blocking(PATIENCE, look, |released| *released).unwrap();
                    "returned"
                }
            };
            App::new()
                .app_data(client.clone())
                .route("/ping", web::get().to(ping))
                .route("/blocks", web::get().to(blocks))
        }
    });
    let blocks = async |client: Client| client.get("/blocks").send().await.map(drop);
    let blocks = Test::new("shop::blocks", blocks).timeout(Duration::from_millis(200));
    let limits = Limits::default().starts_per_minute(10_000);
    let registry = Registry::new().limits(limits).app(factory).test(blocks);
    let runner = Runner::new(registry.test(Test::new("shop::pings", pings)));
    // One that had not begun in time does not hang.
    let look = async || {
        let report = runner.run(Selection::fast().select("shop::blocks")).await;
        let said = report.tests[0].message.clone().unwrap();
        assert!(said.contains("took longer than its limit"), "{said}");
        said
    };
    let hangs = eventually(PATIENCE, look, |said| said.contains("it hangs"));
    hangs.await.unwrap();
    client.ping().await.unwrap();
    let report = runner.run(Selection::fast().select("shop::pings")).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
    release.store(true, Ordering::SeqCst);
    // The thread is free again, and the test is started again.
    let look = || runner.run(Selection::fast().select("shop::blocks"));
    let passed = eventually(PATIENCE, look, |report| report.verdict().is_pass());
    passed.await.unwrap();
}

#[tokio::test]
async fn an_application_that_stops_its_system_stops_nothing_of_the_next() {
    let [_, client] = clients();
    let stops = async |client: Client| {
        client.get("/stop").send().await?.ensure_status(200)?;
        client.get("/ping").send().await?.ensure_status(200)?;
        Ok::<_, smoke_actix::Error>(())
    };
    let registry = registry(&client).test(Test::new("shop::stops", stops));
    let runner = Runner::new(registry);
    for _ in 0..3 {
        let report = runner.run(Selection::fast()).await;
        assert!(report.verdict().is_pass(), "{report:#?}");
    }
    client.ping().await.unwrap();
}

#[tokio::test]
async fn an_application_that_stops_its_system_at_each_run_does_not_pile_up_threads() {
    let threads = Arc::new(Mutex::new(HashSet::new()));
    let seen = Arc::clone(&threads);
    let factory = app(move || {
        let seen = Arc::clone(&seen);
        move || {
            let seen = Arc::clone(&seen);
            let stopping = move || {
                System::current().stop();
                seen.lock().unwrap().insert(std::thread::current().id());
                async { "stopped" }
            };
            App::new().route("/stop", web::get().to(stopping))
        }
    });
    let stops = async |client: Client| -> Result {
        client.get("/stop").send().await?.ensure_status(200)?;
        Ok(())
    };
    let limits = Limits::default().starts_per_minute(1000);
    let registry = Registry::new().limits(limits).app(factory);
    let runner = Runner::new(registry.test(Test::new("shop::stops", stops)));
    for _ in 0..60 {
        let report = runner.run(Selection::fast()).await;
        assert!(report.verdict().is_pass(), "{report:#?}");
    }
    let threads = threads.lock().unwrap().len();
    assert!(threads <= 30, "{threads} threads in 60 runs");
}
