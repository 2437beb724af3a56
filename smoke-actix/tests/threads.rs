//! What an application's thread keeps when the test is over, and what goes on there.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web::Data;
use actix_web::{App, HttpResponse, web};
use tokio::sync::watch;

use smoke_conformance::eventually;
use smoke_testing::PATIENCE;

use smoke_actix::{Client, Limits, Registry, Result, Runner, Selection, Test, app};

/// Counts those that live.
struct Held(Arc<AtomicUsize>);

impl Held {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

async fn uses_it(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    client.get("/block").send().await?.ensure_status(200)?;
    client.get("/spawn").send().await?.ensure_status(200)?;
    // Nobody reads to the end of this one.
    assert!(client.get("/endless").max_body(1).send().await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_hundred_runs_leave_no_thread_and_nothing_of_the_application_but_what_it_spawned() {
    let living = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&living);
    let (release, released) = watch::channel(false);
    let registry = Registry::new()
        .limits(Limits::default().starts_per_minute(1000))
        .app(app(move || {
            let (held, released) = (Data::new(Held::new(&counted)), released.clone());
            move || {
                let (held, released) = (held.clone(), released.clone());
                App::new()
                    .app_data(held.clone())
                    .route("/", web::get().to(async || "the shop"))
                    .route(
                        "/block",
                        web::get().to(async || web::block(|| "blocked").await.unwrap()),
                    )
                    .route(
                        "/spawn",
                        web::get().to(move |held: Data<Held>| {
                            let mut released = released.clone();
                            actix_web::rt::spawn(async move {
                                let _held = held;
                                let _ = released.wait_for(|released| *released).await;
                            });
                            async { "spawned" }
                        }),
                    )
                    .route(
                        "/endless",
                        web::get().to(move || {
                            let held = held.clone();
                            let chunks = futures_util::stream::repeat_with(move || {
                                let _held = &held;
                                Ok::<_, actix_web::Error>(web::Bytes::from("on and on"))
                            });
                            async { HttpResponse::Ok().streaming(chunks) }
                        }),
                    )
            }
        }))
        .test(Test::new("shop::is_used", uses_it))
        .test(Test::new("shop::is_used_too", uses_it));
    let runner = Runner::new(registry);
    let mut before = 0;
    for round in 0..100 {
        let report = runner.run(Selection::fast()).await;
        assert!(report.verdict().is_pass(), "{report:#?}");
        // What it has spawned goes on, as in production; a task of each test holds its data.
        let spawned = 2 * (round + 1);
        assert_eq!(living.load(Ordering::SeqCst), spawned, "in round {round}");
        if round == 4 {
            before = threads();
        }
    }
    release.send(true).unwrap();
    let look = async || living.load(Ordering::SeqCst);
    eventually(PATIENCE, look, |held| *held == 0).await.unwrap();
    // The operating system may take a moment, and a pool of threads keeps its own for ten seconds.
    let gone = eventually(PATIENCE, async || threads(), |threads| *threads <= before);
    gone.await.unwrap();
}
