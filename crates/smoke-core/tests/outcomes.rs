//! What becomes of a test, whatever it does.

mod support;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use smoke_core::{
    App, AppBody, AppFactory, Client, Context, Error, Failure, Fixture, Kind, Outcome, Provided,
    Providers, Registry, Result, Sandbox, Skip, Test, This, Unique, ensure_eq,
};
use support::{Paper, Pool, assert_ended, only, run, run_one};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::test]
async fn every_return_type_gives_its_outcome() {
    async fn io() -> std::io::Result<()> {
        Err(std::io::Error::other("no paper"))
    }
    fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err(Failure::new("left is 3").into())
    }
    async fn any() -> anyhow::Result<()> {
        Err(anyhow::Error::new(Failure::new("left is 3")).context("while counting"))
    }
    fn report() -> eyre::Result<()> {
        Err(eyre::Report::new(Skip::new("no printer")))
    }
    assert_ended(
        &run_one(Test::new("a", async || {})).await,
        Outcome::Passed,
        "",
    );
    assert_ended(&run_one(Test::new("a", || {})).await, Outcome::Passed, "");
    assert_ended(
        &run_one(Test::new("a", io)).await,
        Outcome::Errored,
        "no paper",
    );
    assert_ended(
        &run_one(Test::new("a", boxed)).await,
        Outcome::Failed,
        "left is 3",
    );
    let failed = run_one(Test::new("a", any)).await;
    assert_ended(&failed, Outcome::Failed, "while counting");
    assert_eq!(failed.causes, ["left is 3"]);
    assert!(failed.place.unwrap().file.ends_with("outcomes.rs"));
    assert_ended(
        &run_one(Test::new("a", report)).await,
        Outcome::Skipped,
        "no printer",
    );
}

#[tokio::test]
async fn a_panic_is_errored_with_its_message_and_place() {
    async fn panicking() {
        panic!("the till is {}", "empty");
    }
    let test = run_one(Test::new("a", panicking)).await;
    assert_ended(&test, Outcome::Errored, "panicked: the till is empty");
    assert!(test.place.unwrap().file.ends_with("outcomes.rs"));
    let test = run_one(Test::new("a", || -> () { panic!("no change") })).await;
    assert_ended(&test, Outcome::Errored, "panicked: no change");
    assert!(test.place.unwrap().file.ends_with("outcomes.rs"));
}

#[tokio::test]
async fn the_kind_is_the_greatest_among_the_fixtures() {
    async fn all(_: Unique, _: Sandbox<Pool>, _: Client) {}
    assert_eq!(Test::new("a", async || {}).kind(), Kind::Unit);
    assert_eq!(Test::new("a", |_: Unique| {}).kind(), Kind::Unit);
    assert_eq!(
        Test::new("a", |_: Sandbox<Pool>, _: Unique| {}).kind(),
        Kind::Database
    );
    assert_eq!(Test::new("a", all).kind(), Kind::Http);
}

#[tokio::test]
async fn what_nothing_provides_is_errored_and_said_at_start() {
    for (test, remedy) in [
        (Test::new("a", |_: Provided<u32>| {}), ".provide(..)"),
        (Test::new("a", |_: Sandbox<Pool>| {}), ".rollback(..)"),
        (Test::new("a", |_: Client| {}), ".app(..)"),
    ] {
        let runner = smoke_core::Runner::new(Registry::new().test(test));
        let problems = runner.check();
        assert!(
            problems.len() == 1
                && problems[0].starts_with("a: nothing ")
                && problems[0].contains(remedy),
            "{problems:?}"
        );
        let report = runner.run(smoke_core::Selection::fast()).await;
        assert!(!report.verdict().is_pass());
        assert_ended(&only(report), Outcome::Errored, remedy);
    }
}

/// A newtype of the application.
struct Tills(Vec<u32>);

#[tokio::test]
async fn a_provided_newtype_is_read_as_if_it_were_the_argument() {
    async fn first(tills: Provided<Tills>) -> Result {
        ensure_eq!(tills.0[0], 3);
        Ok(())
    }
    async fn taken(tills: Provided<Tills>) -> Result {
        let tills: Arc<Tills> = Provided::into_arc(tills);
        ensure_eq!(tills.0.len(), 2);
        Ok(())
    }
    let registry = Registry::new()
        .provide(Tills(vec![3, 4]))
        .test(Test::new("first", first))
        .test(Test::new("taken", taken));
    for test in run(registry).await.tests {
        assert_ended(&test, Outcome::Passed, "");
    }
}

#[tokio::test]
async fn a_fixture_that_is_there_or_not() {
    let registry = || {
        Registry::new().test(Test::new("a", |found: Option<Provided<u32>>| {
            assert!(found.is_none())
        }))
    };
    assert_ended(&only(run(registry()).await), Outcome::Passed, "");
    assert_ended(
        &only(run(registry().provide(7_u32)).await),
        Outcome::Errored,
        "panicked: assertion failed",
    );
    let skipping = Registry::new()
        .test(Test::new("a", |_: Sandbox<Pool>| {}))
        .test(Test::new("b", || {}))
        .skip_without::<Sandbox<Pool>>("this region has no database");
    let report = run(skipping).await;
    assert!(report.verdict().is_pass());
    assert_ended(
        &report.tests[0],
        Outcome::Skipped,
        "this region has no database",
    );
}

#[tokio::test]
async fn a_skipped_test_is_no_test_that_ran() {
    let report = run(Registry::new().test(Test::new("a", || {}).skip("later"))).await;
    assert!(!report.verdict().is_pass());
    assert_eq!(report.fail_reasons(), ["no test ran"]);
    assert_ended(&only(report), Outcome::Skipped, "later");
}

#[derive(Clone)]
struct Checked;

impl Fixture for Checked {
    const KIND: Kind = Kind::Unit;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<Self>()
    }

    async fn acquire(_: &Context) -> Result<Self> {
        Ok(Self)
    }
}

#[tokio::test]
async fn a_fixture_that_asks_for_itself_is_an_error_with_the_chain() {
    let test = run_one(Test::new("a", |_: Checked| {})).await;
    assert_ended(
        &test,
        Outcome::Errored,
        "a fixture asks for itself: outcomes::Checked -> outcomes::Checked",
    );
}

struct NoApp;

impl App for NoApp {
    fn call(
        &self,
        _: http::Request<AppBody>,
    ) -> BoxFuture<'static, Result<http::Response<AppBody>, BoxError>> {
        Box::pin(async { Err("no app".into()) })
    }
}

#[tokio::test]
async fn an_app_factory_that_asks_for_a_client_is_an_error_with_the_chain() {
    let chain = "Client -> smoke_core::app::edge::AppUnderTest -> smoke_core::client::Client";
    let registry = || Registry::new().test(Test::new("a", |_: Client| {}));
    let asking = AppFactory::new(|_: Client| NoApp, |app: NoApp| app);
    assert_ended(
        &only(run(registry().app(asking)).await),
        Outcome::Errored,
        chain,
    );
    // A check says nothing against what is optional; the chain is met when it is acquired.
    let asking = AppFactory::new(|_: Option<Client>| NoApp, |app: NoApp| app);
    assert_ended(
        &only(run(registry().app(asking)).await),
        Outcome::Errored,
        "a fixture asks for itself: ",
    );
}

#[tokio::test]
async fn a_factory_that_panics_or_fails_is_an_error_of_the_test() {
    let registry = || {
        Registry::new()
            .test(Test::new("a", |_: Client| {}))
            .test(Test::new("b", || {}))
    };
    let panicking = AppFactory::new(|| -> NoApp { panic!("no routes") }, |app: NoApp| app);
    let failing = AppFactory::new(async || Err::<NoApp, _>("no config"), |app: NoApp| app);
    for (factory, message) in [
        (
            panicking,
            "the application under test could not be built: its factory panicked: no routes; it is called anew for each test",
        ),
        (
            failing,
            "the application under test could not be built: no config",
        ),
    ] {
        let report = run(registry().app(factory)).await;
        assert_ended(&report.tests[0], Outcome::Errored, message);
        assert_ended(&report.tests[1], Outcome::Passed, "");
    }
}

/// A user that cannot be had.
#[derive(Clone)]
struct SignedIn<T>(std::marker::PhantomData<T>);

impl<T: Clone + Send + Sync + 'static> Fixture for SignedIn<T> {
    const KIND: Kind = Kind::Unit;

    async fn acquire(_: &Context) -> Result<Self> {
        Err(Error::msg("the password is wrong").context("could not sign in"))
    }
}

/// Passes on what another fixture says, or says it in its own words, or skips.
#[derive(Clone)]
struct Cart<const N: u8>;

impl<const N: u8> Fixture for Cart<N> {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        if N == 2 {
            return Err(Skip::new("no cart today").into());
        }
        let signed_in = cx.get::<SignedIn<Paper>>().await;
        let signed_in = match N {
            0 => signed_in,
            _ => signed_in.map_err(|error| error.context("no cart")),
        };
        signed_in.map(|_| Self)
    }
}

#[tokio::test]
async fn a_fixture_that_cannot_be_had_is_named() {
    let registry = Registry::new()
        .test(Test::new("a::asks", |_: SignedIn<Paper>| {}))
        .test(Test::new("b::passes_on", |_: Cart<0>| {}))
        .test(Test::new("c::says_more", |_: Cart<1>| {}))
        .test(Test::new("d::skips", |_: Cart<2>| {}));
    let tests = run(registry).await.tests;
    let told = |at: usize| (tests[at].message.as_deref().unwrap(), &*tests[at].causes);
    let said = "SignedIn<Paper>: could not sign in";
    let wrong = "the password is wrong".to_owned();
    assert_eq!(told(0), (said, &*vec![wrong.clone()]));
    assert_eq!(told(1), (said, &*vec![wrong.clone()]));
    let causes = vec![said.to_owned(), wrong];
    assert_eq!(told(2), ("Cart<1>: no cart", &*causes));
    assert_eq!(told(3).0, "no cart today");
    assert_eq!(tests[3].outcome, Outcome::Skipped);
}

#[derive(Clone, Debug, PartialEq)]
struct Once(String);

impl Fixture for Once {
    const KIND: Kind = Kind::Unit;

    async fn acquire(cx: &Context) -> Result<Self> {
        let paper = cx.get::<Provided<Paper>>().await?;
        paper.diary.note("acquired");
        let diary = paper.diary.clone();
        cx.on_finish(async move { diary.note("finished") });
        Ok(Self(cx.get::<Unique>().await?.name()))
    }
}

#[tokio::test]
async fn a_fixture_is_acquired_once_a_test_and_finished_after_it() {
    let paper = Paper::default();
    fn body(first: Once, second: Once, paper: Provided<Paper>) {
        assert_eq!(first, second);
        paper.diary.note("body");
        panic!("after that");
    }
    let registry = Registry::new()
        .test(Test::new("a", body))
        .provide(paper.clone());
    assert_ended(&only(run(registry).await), Outcome::Errored, "after that");
    assert_eq!(paper.diary.lines(), ["acquired", "body", "finished"]);
}

struct Accounts(Provided<Paper>);

impl smoke_core::SuiteValue for Accounts {
    const KIND: Kind = Kind::Unit;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<Provided<Paper>>()
    }

    async fn set_up(cx: &Context) -> Result<Self> {
        let paper = cx.get::<Provided<Paper>>().await?;
        paper.diary.note("set up");
        Ok(Self(paper))
    }

    async fn tear_down(cx: Context) -> Result {
        cx.get::<This<Self>>().await?.0.diary.note("tear down");
        Err(Failure::new("something was left").into())
    }
}

#[tokio::test]
async fn a_tear_down_that_fails_turns_passed_into_errored() {
    let paper = Paper::default();
    let registry = Registry::new()
        .test(Test::new("a", |this: This<Accounts>| {
            this.0.diary.note("a")
        }))
        .test(Test::new("b", |_: This<Accounts>| -> Result {
            Err(Failure::new("no").into())
        }))
        .provide(paper.clone());
    let report = run(registry).await;
    assert_ended(
        &report.tests[0],
        Outcome::Errored,
        "tear-down failed: something was left",
    );
    assert_ended(&report.tests[1], Outcome::Failed, "no");
    assert_eq!(paper.diary.count("set up"), 2);
    assert_eq!(paper.diary.count("tear down"), 2);
}
