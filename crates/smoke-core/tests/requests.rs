//! Requests to the application that a sandbox cannot vouch for.

mod support;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use smoke_core::{
    App, AppBody, AppFactory, Client, Outcome, Registry, Result, Runner, Selection, Test,
};
use support::{Diary, assert_ended, only};
use tokio::sync::{Notify, mpsc};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Writes into a diary whatever it is asked for; `/waits` answers once it is let go.
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
        let (go, waits) = (Arc::clone(&self.1), request.uri().path() == "/waits");
        Box::pin(async move {
            if waits {
                go.notified().await;
            }
            Ok(http::Response::new(AppBody::default()))
        })
    }
}

/// Posts, and tells what became of it.
async fn posted(client: &Client, path: &str, told: &mpsc::UnboundedSender<String>) {
    let answer = client.post(path).without_database().send().await;
    let _ = told.send(answer.map_or_else(|error| format!("{error:#}"), |_| String::new()));
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
            while begun.lines().is_empty() {
                tokio::task::yield_now().await;
            }
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
    assert_eq!(heard.recv().await.unwrap(), "");
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
    let said = heard.recv().await.unwrap();
    assert!(said.contains("POST /users cannot be sent"), "{said}");
    assert!(diary.lines().is_empty());
}

#[tokio::test]
async fn a_test_that_wrote_past_its_sandbox_is_not_run_again() {
    async fn body(client: Client) -> Result {
        client.post("/users").send().await?;
        Ok(())
    }
    let diary = Diary::default();
    let app = Writes::factory(&diary, &Arc::default());
    let runner = Runner::new(Registry::new().app(app).test(Test::new("a", body)));
    let first = only(runner.run(Selection::fast()).await);
    assert_ended(
        &first,
        Outcome::Errored,
        "POST /users succeeded without taking a connection",
    );
    for _ in 0..3 {
        let again = only(runner.run(Selection::fast()).await);
        assert_ended(
            &again,
            Outcome::Errored,
            "it wrote past its sandbox, and what it wrote was NOT rolled back",
        );
    }
    assert_eq!(diary.count("written"), 1);
}
