//! Requests to the application that a sandbox cannot vouch for.

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{
    App, AppBody, AppFactory, Client, Error, Outcome, Registry, Result, Runner, Selection, Test,
    TestFn, TestReport,
};
use support::{Diary, PATIENCE, assert_ended, eventually, only};
use tokio::sync::{Notify, mpsc};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Writes into a diary whatever it is asked for; `/waits` answers once it is let go, `/fails` with
/// a 500, `/panics` not at all.
struct Writes(Diary, Arc<Notify>);

impl Writes {
    fn factory(diary: &Diary, go: &Arc<Notify>) -> AppFactory {
        let (diary, go) = (diary.clone(), Arc::clone(go));
        AppFactory::new(
            move || Self(diary.clone(), Arc::clone(&go)),
            |app: Self| app,
        )
    }
}

impl App for Writes {
    fn call(
        &self,
        request: http::Request<AppBody>,
    ) -> BoxFuture<'static, std::result::Result<http::Response<AppBody>, BoxError>> {
        self.0.note("written");
        let (go, path) = (Arc::clone(&self.1), request.uri().path().to_owned());
        Box::pin(async move {
            let mut answer = http::Response::new(AppBody::default());
            match &*path {
                "/waits" => go.notified().await,
                "/fails" => *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR,
                "/panics" => panic!("no paper left"),
                _ => {}
            }
            Ok(answer)
        })
    }
}

/// Posts, and tells what became of it.
async fn posted(client: &Client, path: &str, told: &mpsc::UnboundedSender<String>) {
    let answer = client.post(path).without_database().send().await;
    let _ = told.send(answer.map_or_else(|error| format!("{error:#}"), |_| String::new()));
}

/// What is told next.
async fn next(heard: &mut mpsc::UnboundedReceiver<String>) -> String {
    let said = tokio::time::timeout(PATIENCE, heard.recv()).await;
    said.expect("told in time").expect("somebody tells")
}

#[tokio::test]
async fn a_request_that_outlives_its_test_errors_it() {
    let (diary, go) = (Diary::default(), Arc::new(Notify::new()));
    let (told, mut heard) = mpsc::unbounded_channel();
    let begun = diary.clone();
    let body = move |client: Client| {
        let (told, begun) = (told.clone(), begun.clone());
        async move {
            tokio::spawn(async move { posted(&client, "/waits", &told).await });
            let begun = eventually(PATIENCE, async || begun.lines(), |lines| !lines.is_empty());
            begun.await.map(drop)
        }
    };
    let app = Writes::factory(&diary, &go);
    let runner = Runner::new(Registry::new().app(app).test(Test::new("a", body)));
    let test = only(runner.run(Selection::fast()).await);
    assert_ended(
        &test,
        Outcome::Errored,
        "still under way when the test ended",
    );
    go.notify_one();
    assert_eq!(next(&mut heard).await, "");
}

#[tokio::test]
async fn a_request_after_the_end_of_its_test_reaches_no_application() {
    let diary = Diary::default();
    let (told, mut heard) = mpsc::unbounded_channel();
    let over = Arc::new(Notify::new());
    let ended = Arc::clone(&over);
    let body = move |client: Client| {
        let (told, ended) = (told.clone(), Arc::clone(&ended));
        async move {
            tokio::spawn(async move {
                ended.notified().await;
                posted(&client, "/users", &told).await;
            });
        }
    };
    let app = Writes::factory(&diary, &Arc::default());
    let runner = Runner::new(Registry::new().app(app).test(Test::new("a", body)));
    let test = only(runner.run(Selection::fast()).await);
    assert_ended(&test, Outcome::Passed, "");
    over.notify_one();
    let said = next(&mut heard).await;
    assert!(said.contains("POST /users cannot be sent"), "{said}");
    assert!(diary.lines().is_empty());
}

/// Whether anything was written is not known: it may have been refused with a 200.
#[tokio::test]
async fn a_test_that_bypasses_its_sandbox_is_run_once_more_and_then_rests() {
    async fn body(client: Client) -> Result {
        client.post("/users").send().await?;
        Ok(())
    }
    let diary = Diary::default();
    let app = Writes::factory(&diary, &Arc::default());
    let runner = Runner::new(Registry::new().app(app).test(Test::new("a", body)));
    for written in 1..=2 {
        let test = only(runner.run(Selection::fast()).await);
        assert_ended(
            &test,
            Outcome::Errored,
            "POST /users succeeded without taking a connection",
        );
        let said = test.message.unwrap();
        assert!(
            said.contains("If it wrote anything, that was NOT"),
            "{said}"
        );
        assert_eq!(diary.count("written"), written);
    }
    for _ in 0..3 {
        let test = only(runner.run(Selection::fast()).await);
        assert_ended(&test, Outcome::Errored, "(2 times in a row so far)");
        let said = test.message.unwrap();
        assert!(said.starts_with("not run before 2"), "{said}");
        assert!(said.contains("POST /users succeeded without"), "{said}");
    }
    assert_eq!(diary.count("written"), 2);
}

#[tokio::test]
async fn a_test_that_bypassed_its_sandbox_now_and_then_does_not_rest() {
    let diary = Diary::default();
    let times = diary.clone();
    let body = move |client: Client| {
        let odd = times.lines().len() % 2 == 1;
        async move {
            let request = client.post("/users");
            let request = if odd {
                request.without_database()
            } else {
                request
            };
            request.send().await.map(drop)
        }
    };
    let app = Writes::factory(&diary, &Arc::default());
    let runner = Runner::new(Registry::new().app(app).test(Test::new("a", body)));
    for _ in 0..3 {
        let test = only(runner.run(Selection::fast()).await);
        assert_ended(&test, Outcome::Errored, "without taking a connection");
        let test = only(runner.run(Selection::fast()).await);
        assert_ended(&test, Outcome::Passed, "");
    }
}

/// Runs a test whose POST to `/waits` is never answered.
async fn never_answered<Marker: 'static>(limit: Duration, body: impl TestFn<Marker>) -> TestReport {
    let app = Writes::factory(&Diary::default(), &Arc::default());
    let test = Test::new("a", body).timeout(limit);
    let runner = Runner::new(Registry::new().app(app).test(test));
    only(runner.run(Selection::fast()).await)
}

/// The request is on its way at once; it is given up after that.
const MOMENT: Duration = Duration::from_millis(1);
/// Longer than a test takes that ends by itself.
const LIMIT: Duration = Duration::from_secs(10);
const DROPPED: &str = "POST /waits was dropped before it was answered, without taking a connection";

#[tokio::test]
async fn a_write_that_the_test_gives_up_is_an_error_of_the_test() {
    let gives_up = async |client: Client| -> Result {
        let waits = client.post("/waits").send();
        assert!(tokio::time::timeout(MOMENT, waits).await.is_err());
        Ok(())
    };
    assert_ended(
        &never_answered(LIMIT, gives_up).await,
        Outcome::Errored,
        DROPPED,
    );
    let fails = async |client: Client| -> Result {
        tokio::time::timeout(MOMENT, client.post("/waits").send()).await??;
        Ok(())
    };
    let test = never_answered(LIMIT, fails).await;
    assert_ended(&test, Outcome::Errored, "deadline has elapsed");
    assert!(test.causes[0].starts_with(DROPPED), "{test:#?}");
    let skips = async |client: Client| -> Result {
        let _ = tokio::time::timeout(MOMENT, client.post("/waits").send()).await;
        smoke_core::skip!("there is no time")
    };
    assert_ended(
        &never_answered(LIMIT, skips).await,
        Outcome::Errored,
        DROPPED,
    );
}

#[tokio::test]
async fn a_write_that_is_stopped_with_its_test_is_said_beside_the_limit() {
    let limit = Duration::from_millis(100);
    let test = never_answered(limit, async |client: Client| -> Result {
        client.post("/waits").send().await?;
        Ok(())
    })
    .await;
    assert_ended(&test, Outcome::Errored, "took longer than its limit");
    assert!(test.causes[0].starts_with(DROPPED), "{test:#?}");
}

/// What becomes of a test whose application does not answer as it should.
async fn misanswered(path: &'static str, is_good: bool) -> TestReport {
    let body = move |client: Client| async move {
        match client.post(path).send().await {
            _ if is_good => Ok(()),
            Ok(answer) => answer.ensure_success().map(drop).map_err(Error::from),
            Err(error) => Err(error.into()),
        }
    };
    let app = Writes::factory(&Diary::default(), &Arc::default());
    let runner = Runner::new(Registry::new().app(app).test(Test::new("a", body)));
    only(runner.run(Selection::fast()).await)
}

#[tokio::test]
async fn a_write_that_panics_or_fails_is_no_pass() {
    for (path, end, said) in [
        ("/panics", "panicked", "the application panicked"),
        ("/fails", "failed", "answered 500"),
    ] {
        let bypassed = format!("POST {path} {end} without taking a connection");
        let test = misanswered(path, true).await;
        assert_ended(&test, Outcome::Errored, &bypassed);
        let test = misanswered(path, false).await;
        let message = test.message.as_deref().unwrap_or_default();
        assert!(message.contains(said), "{test:#?}");
        // What is wrong is said by the 500 itself.
        let causes = test.causes.join("\n");
        assert_eq!(causes.contains(&bypassed), path == "/panics", "{test:#?}");
    }
}
