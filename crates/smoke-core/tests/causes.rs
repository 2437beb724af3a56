//! What the database said during a request that failed, whatever the application made of it.

mod support;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use smoke_core::{
    App, AppBody, AppFactory, Client, Endpoint, Outcome, Registry, Result, Route, Runner, Sandbox,
    Selection, Skip, Test, TestFn, TestReport, ensure_eq,
};
use smoke_rollback::Fault;
use smoke_rollback::witness::Witness;
use support::{Paper, Pool, assert_ended, only};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

const SAID: &str = "column \"license\" does not exist";

/// Meets an error of the database at each request but `/hello`; answers it with 500, and passes over
/// it at `/tolerant`.
struct Shop(Pool, Arc<Witness>);

impl App for Shop {
    fn call(
        &self,
        request: Request<AppBody>,
    ) -> BoxFuture<'static, std::result::Result<Response<AppBody>, BoxError>> {
        self.0.take();
        let path = request.uri().path();
        match path {
            "/hello" => {}
            "/busy" => self.1.saw(Fault::Busy, "due to lock timeout".to_owned()),
            "/aborted" => self.1.saw_it_aborted(),
            "/secret" => self.1.saw(Fault::Other, "password=hunter2".to_owned()),
            _ => self.1.saw(Fault::Other, SAID.to_owned()),
        }
        let status = match path {
            "/hello" | "/tolerant" => StatusCode::OK,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let panics = path == "/panics";
        Box::pin(async move {
            assert!(!panics, "the till fell");
            let mut response = Response::new(AppBody::default());
            *response.status_mut() = status;
            Ok(response)
        })
    }
}

fn registry(test: Test) -> Registry {
    let paper = Paper::default();
    let witness = Arc::clone(&paper.witness);
    let shop = move |Sandbox(pool): Sandbox<Pool>| Shop(pool, Arc::clone(&witness));
    let app = AppFactory::new(shop, |app: Shop| app);
    Registry::new().rollback(paper).app(app).test(test)
}

async fn run<Marker: 'static>(function: impl TestFn<Marker>) -> TestReport {
    let runner = Runner::new(registry(Test::new("a", function)));
    only(runner.run(Selection::fast()).await)
}

async fn post(client: &Client, path: &str) -> Result<u16> {
    Ok(client.post(path).send().await?.status().as_u16())
}

#[tokio::test]
async fn what_the_database_said_is_the_cause_of_a_failed_request() {
    let failed = run(async |client: Client| -> Result {
        ensure_eq!(post(&client, "/orders").await?, 201);
        Ok(())
    });
    let failed = failed.await;
    assert_ended(&failed, Outcome::Failed, "201");
    let cause = format!("during POST /orders the database last said: {SAID}");
    assert_eq!(failed.causes, [cause]);
    let errored = run(async |client: Client| -> Result {
        client.post("/panics").send().await?;
        Ok(())
    });
    let errored = errored.await;
    assert_ended(&errored, Outcome::Errored, "the till fell");
    let cause = format!("during POST /panics the database last said: {SAID}");
    assert_eq!(errored.causes, [cause]);
}

#[tokio::test]
async fn what_was_said_before_the_request_or_in_one_that_succeeded_is_no_cause() {
    let test = run(async |client: Client| -> Result {
        post(&client, "/tolerant").await?;
        ensure_eq!(post(&client, "/hello").await?, 201);
        Ok(())
    });
    let test = test.await;
    assert_ended(&test, Outcome::Failed, "201");
    assert_eq!(test.causes, [""; 0]);
}

#[tokio::test]
async fn a_test_that_passes_or_is_skipped_is_told_nothing() {
    let passed = run(async |client: Client| post(&client, "/orders").await.map(drop));
    assert_ended(&passed.await, Outcome::Passed, "");
    let skipped = run(async |client: Client| -> Result {
        post(&client, "/orders").await?;
        Err(Skip::new("no printer").into())
    });
    let skipped = skipped.await;
    assert_ended(&skipped, Outcome::Skipped, "no printer");
    assert_eq!(skipped.causes, [""; 0]);
}

#[tokio::test]
async fn what_the_test_says_itself_is_not_said_again() {
    let test = run(async |client: Client| -> Result {
        post(&client, "/orders").await?;
        Err(format!("cannot order: {SAID}").into())
    });
    let test = test.await;
    assert_ended(&test, Outcome::Errored, "cannot order");
    assert_eq!(test.causes, [""; 0]);
}

#[tokio::test]
async fn an_error_that_the_library_shows_to_nobody_is_known_by_what_it_did() {
    let test = run(async |client: Client| -> Result {
        ensure_eq!(post(&client, "/aborted").await?, 201);
        Ok(())
    });
    let test = test.await;
    assert_ended(&test, Outcome::Failed, "201");
    let [cause] = &test.causes[..] else {
        panic!("{test:?}")
    };
    assert!(
        cause.starts_with("during POST /aborted an SQL error aborted"),
        "{cause}"
    );
}

#[tokio::test]
async fn a_verdict_comes_before_what_the_test_made_of_it() {
    let test = run(async |client: Client| -> Result {
        ensure_eq!(post(&client, "/busy").await?, 201, "no order");
        Ok(())
    });
    let test = test.await;
    let said = "the database was busy: due to lock timeout; the test ended with: ";
    assert_ended(&test, Outcome::Errored, said);
    assert_ended(&test, Outcome::Errored, "no order");
    assert_eq!(test.causes, [""; 0]);
    assert!(test.place.unwrap().file.ends_with("causes.rs"));
}

/// The answer to whoever shows that token.
async fn answer(endpoint: &Endpoint, token: Option<&str>) -> String {
    let mut request = Request::get("/smoketest/?format=json");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let (head, ()) = request.body(()).expect("the request is valid").into_parts();
    let answer = endpoint.answer(Route::Fast, &head).await;
    String::from_utf8(
        answer
            .into_body()
            .into_bytes()
            .expect("the answer is whole")
            .to_vec(),
    )
    .expect("the answer is text")
}

#[tokio::test]
async fn what_the_database_said_is_redacted_and_for_trusted_viewers_alone() {
    let test = Test::new("a", async |client: Client| -> Result {
        ensure_eq!(post(&client, "/secret").await?, 201);
        Ok(())
    });
    let endpoint = Endpoint::new(registry(test).token("letmein"));
    let shown = answer(&endpoint, Some("letmein")).await;
    assert!(
        shown.contains("the database last said: password=***"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    let shown = answer(&endpoint, None).await;
    assert!(shown.contains("FAIL"), "{shown}");
    for secret in ["hunter2", "database", "/secret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
