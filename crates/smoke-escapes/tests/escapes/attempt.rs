//! A way out, tried by the real runner.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use smoke_core::{
    App, AppBody, AppFactory, Client, Limits, Outcome, Registry, Runner, Sandbox, Selection, Test,
    TestReport,
};
use tokio::sync::watch;

use crate::library::Library;
use crate::outside::{Ground, Outside};
use crate::scene::{Notes, Scene};
use crate::way::{Act, Step, Way};

/// How long a sandbox may be open: longer than anything takes on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(15);

/// The same for what never ends, and how long its test may take.
const SHORT: (Duration, Duration) = (Duration::from_millis(1500), Duration::from_secs(5));

/// From where a way out is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Handler,
    Test,
}

/// Which connection it is tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// One that was made for its test.
    New,
    /// One that a test before has left.
    Moved,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Something of it stays in the database.
    pub(crate) stays: bool,
    /// One of its statements was answered with an error.
    pub(crate) refused: bool,
    /// What the report says; none where the test passed.
    pub(crate) seen: Option<&'static str>,
}

/// What is the same for every test of one library.
#[derive(Clone)]
struct Play<L: Library> {
    library: L,
    production: L::Pool,
    way: Way,
    notes: Notes,
}

impl<L: Library> Play<L> {
    fn scene(&self, pool: L::Pool) -> Scene<L> {
        Scene {
            library: self.library.clone(),
            pool,
            production: self.production.clone(),
            notes: self.notes.clone(),
        }
    }

    async fn insert(pool: &L::Pool, id: u32) -> Result<(), String> {
        let sql = format!("INSERT INTO escapes (id, note) VALUES ({id}, 'of a smoke test')");
        let mut held = L::take(pool).await?;
        L::run(&mut held, &sql).await
    }

    fn runner(self, from: From, on: On) -> Runner {
        let (limit, timeout) = match self.way.step {
            Step::Act(Act::Never) => SHORT,
            _ => (LIMIT, LIMIT),
        };
        let registry = Registry::new().rollback(self.library.backend(limit));
        // The first by its name, on the only lane.
        let registry = registry.limits(Limits::default().tests_at_once(1));
        let registry = match on {
            On::New => registry,
            On::Moved => registry.test(Test::new(
                "escapes::before",
                async |Sandbox(pool): Sandbox<L::Pool>| Self::insert(&pool, 4).await,
            )),
        };
        let alone = self.way.alone;
        let registry = match from {
            From::Handler => {
                let get = matches!(self.way.step, Step::Act(Act::StaticPoolInGet));
                let body = move |client: Client| async move {
                    if !alone {
                        let _ = client.post("/before").send().await;
                    }
                    let _ = match get {
                        true => client.get("/way").send().await,
                        false => client.post("/way").send().await,
                    };
                    let _ = client.post("/after").send().await;
                };
                let play = self.clone();
                let app = move |Sandbox(pool): Sandbox<L::Pool>| Served {
                    play: Arc::new(play.clone()),
                    pool,
                };
                registry
                    .test(Test::new("escapes::test", body).timeout(timeout))
                    .app(AppFactory::new(app, |app: Served<L>| app))
            }
            From::Test => {
                let body = move |Sandbox(pool): Sandbox<L::Pool>| {
                    let play = self.clone();
                    async move {
                        if !alone {
                            let _ = Self::insert(&pool, 2).await;
                        }
                        play.scene(pool.clone()).go(&play.way).await;
                        let _ = Self::insert(&pool, 3).await;
                    }
                };
                registry.test(Test::new("escapes::test", body).timeout(timeout))
            }
        };
        Runner::new(registry)
    }
}

/// The application under test.
struct Served<L: Library> {
    play: Arc<Play<L>>,
    pool: L::Pool,
}

impl<L: Library> App for Served<L> {
    fn call(
        &self,
        request: Request<AppBody>,
    ) -> BoxFuture<'static, Result<Response<AppBody>, Box<dyn std::error::Error + Send + Sync>>>
    {
        let (play, pool) = (Arc::clone(&self.play), self.pool.clone());
        Box::pin(async move {
            let done = match request.uri().path() {
                "/before" => Play::<L>::insert(&pool, 2).await,
                "/after" => Play::<L>::insert(&pool, 3).await,
                _ => {
                    play.scene(pool).go(&play.way).await;
                    Ok(())
                }
            };
            let (status, text) = match done {
                Ok(()) => (StatusCode::OK, String::new()),
                Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error),
            };
            let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
            let mut response = Response::new(body.boxed_unsync());
            *response.status_mut() = status;
            Ok(response)
        })
    }
}

/// Tries it in one place.
pub(crate) async fn attempt<L: Library>(
    library: &L,
    way: Way,
    (from, on): (From, On),
    ground: &Ground,
    outside: &mut (dyn Outside + '_),
) -> Fate {
    ground.prepare(outside);
    let production = library.production();
    drop(L::take(&production).await.unwrap());
    let sessions = ground.sessions(outside);
    let (over, is_over) = watch::channel(false);
    let notes = Notes::new(is_over);
    let play = Play {
        library: library.clone(),
        production,
        way,
        notes: notes.clone(),
    };
    let runner = play.runner(from, on);
    let started = std::time::Instant::now();
    let report = runner.run(Selection::slow()).await;
    let (tried, before) = report.tests.split_last().unwrap();
    let is_in_order = |test: &TestReport| test.outcome == Outcome::Passed;
    assert!(before.iter().all(is_in_order), "{report:?}");
    assert_eq!(tried.name, "escapes::test", "{report:?}");
    let seen = seen(tried);
    let _ = over.send(true);
    notes.settled().await;
    let fate = Fate {
        stays: ground.stays(outside, sessions),
        refused: !notes.errors().is_empty(),
        seen,
    };
    if std::env::var_os("SMOKE_ESCAPES_SHOWN").is_some() {
        eprintln!(
            "{} {from:?} {on:?} {}: {fate:?} {:?} {:?} {:?} {:?}",
            library.name(),
            way.name,
            notes.errors(),
            tried.message,
            tried.causes,
            started.elapsed()
        );
    }
    fate
}

/// The verdict, in the words of `docs/rollback.md`.
fn seen(test: &TestReport) -> Option<&'static str> {
    const VERDICTS: [(&str, &str); 10] = [
        ("DATA MAY HAVE BEEN COMMITTED", "escaped"),
        ("without taking a connection from the sandbox", "bypassed"),
        ("connection was lost", "connection lost"),
        ("after the test had ended", "straggler"),
        ("the database was busy", "contended"),
        (
            "tables without transactions were written to",
            "non-transactional",
        ),
        ("held for longer than its limit", "past its limit"),
        ("a COMMIT would have been refused", "refused"),
        ("limit of the sandbox", "limit of the sandbox"),
        ("could not be confirmed", "unknown"),
    ];
    let said = test.message.as_deref().unwrap_or_default();
    let all = [said]
        .into_iter()
        .chain(test.causes.iter().map(String::as_str));
    let all = all.collect::<Vec<_>>().join("\n");
    let verdict = VERDICTS.iter().find(|(part, _)| all.contains(part));
    match (test.outcome, verdict) {
        (Outcome::Passed, _) => None,
        (_, Some((_, verdict))) => Some(verdict),
        (_, None) if all.contains("took longer than its limit") => Some("time-out"),
        (_, None) if all.contains("panicked") => Some("panic"),
        (_, None) => panic!("no verdict that is known: {test:?}"),
    }
}
