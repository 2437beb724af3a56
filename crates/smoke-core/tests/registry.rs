//! What makes every run a FAIL, with the reason.

mod support;

use std::marker::PhantomData;
use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{
    Ask, Backend, Error, Limits, OpenRequest, Opened, Reason, Registry, Result, Runner, Sandbox,
    Scope, Selection, Test, Verdict,
};
use support::{Paper, run};

fn one() -> Registry {
    Registry::new().test(Test::new("shop::opens", || {}))
}

#[tokio::test]
async fn each_mistake_is_a_fail_with_its_reason_and_no_test_runs() {
    let nested = Paper::default();
    let opened = nested
        .open(smoke_core::OpenRequest::new("x", Duration::from_secs(1)))
        .await
        .unwrap();
    for (registry, reason) in [
        (Registry::new(), "no tests are registered"),
        (
            one().expect_at_least(5),
            "1 tests are registered, and at least 5 are expected",
        ),
        (
            one().test(Test::new("shop::opens", || {})),
            "two tests are called shop::opens",
        ),
        (one().test(Test::new(" ", || {})), "a test has no name"),
        (one().provide(1_u8).provide(2_u8), "u8 is provided twice"),
        (
            one().rollback(Paper::default()).rollback(Paper::default()),
            "is given twice",
        ),
        (
            one().rollback(nested.clone()).provide(opened.pool.clone()),
            "would NOT be rolled back",
        ),
        (
            one()
                .provide(std::sync::Arc::new(opened.pool.clone()))
                .rollback(nested.clone()),
            "paper::Pool> is provided, and is the pool type of a rollback backend",
        ),
        (one().token(""), "the token is empty"),
        (one().token("x").open(), "keep one of them"),
        (one().token("x").token(" "), "the token is empty"),
        (
            one().allow(["10.0.0.0/8", "10.0.0.0/33"]),
            "network 2 of .allow(..) cannot be read",
        ),
        (
            one().allow(["10.0.0.0/8"]).proxies(["proxy.example"]),
            "network 1 of .proxies(..) cannot be read",
        ),
        (one().allow(["10.0.0.0/8"]).open(), "narrow nothing"),
        (one().allow_if(|_| true).open(), "narrow nothing"),
        (one().require_token(), "no .token(..)"),
        (
            one().limits(Limits::default().runs_at_once(usize::MAX)),
            "the most is 1000",
        ),
        (
            one()
                .suite(smoke_core::Suite::new("till").set_up(|| {}))
                .suite(smoke_core::Suite::new("till").set_up(|| {})),
            "two suites are called till, and each has a set-up",
        ),
        (one().token("s3cret\n"), "the token has blanks around it"),
        (
            one().limits(Limits::default().tests_at_once(0)),
            "the limit of tests at once is 0",
        ),
        (one().build_id("a\nb"), "the build id has characters"),
    ] {
        let runner = Runner::new(registry);
        assert!(
            runner
                .check()
                .iter()
                .any(|problem| problem.contains(reason)),
            "{:?}",
            runner.check()
        );
        let report = runner.run(Selection::fast()).await;
        assert_eq!(report.verdict(), Verdict::Fail);
        assert!(
            report.reasons.iter().any(|said| said.contains(reason)),
            "{:?}",
            report.reasons
        );
        assert!(report.tests.is_empty());
    }
    assert!(run(one()).await.verdict().is_pass());
}

#[tokio::test]
async fn a_selection_that_matches_nothing_is_a_fail() {
    let runner = Runner::new(one());
    let nothing = "no test is selected";
    for (selection, reason, word) in [
        (
            Selection::fast().select("nobody"),
            "no test matches \"nobody\"",
            None,
        ),
        (
            Selection::fast().skip("shop"),
            nothing,
            Some(Reason::Nothing),
        ),
        (
            Selection::fast().of_scope(Scope::Instance),
            nothing,
            Some(Reason::Nothing),
        ),
    ] {
        let answer = runner.ask(Ask::new(selection)).await;
        let report = &answer.report;
        assert_eq!(
            (report.verdict(), &report.reasons[..], answer.reason),
            (Verdict::Fail, &[reason.to_owned()][..], word)
        );
    }
}

#[tokio::test]
async fn a_runner_that_is_paused_or_shut_says_so() {
    let runner = Runner::new(one());
    runner.pause();
    assert_eq!(
        runner.run(Selection::fast()).await.reasons,
        ["switched off: the runner is paused"]
    );
    runner.resume();
    assert!(runner.run(Selection::fast()).await.verdict().is_pass());
    runner.shutdown().await;
    assert_eq!(
        runner.run(Selection::fast()).await.reasons,
        ["switched off: the runner is shut down"]
    );
}

#[tokio::test]
async fn a_report_says_what_was_built_and_where_it_ran() {
    let report = run(one().build_id("4f2a91c").instance("blue-1")).await;
    assert_eq!(
        (report.build.as_deref(), report.instance.as_deref()),
        (Some("4f2a91c"), Some("blue-1"))
    );
    assert!(run(one()).await.instance.is_some());
}

#[test]
fn a_runner_can_be_dropped_anywhere() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let runner = Runner::new(one());
        assert!(runner.run(Selection::fast()).await.verdict().is_pass());
        drop(runner);
    });
    let runner = Runner::new(one());
    assert!(futures_util::FutureExt::now_or_never(async { drop(runner) }).is_some());
}

/// In processes of their own, since the environment is the whole process's.
#[test]
fn the_environment_names_the_build_where_the_registry_does_not() {
    for (value, build) in [("4f2a91c", "4f2a91c"), ("", "no build")] {
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        alone
            .args(["--exact", "--ignored", "--nocapture", "the_build_is_said"])
            .env("SMOKE_BUILD", value);
        let ran = smoke_testing::output(&mut alone, smoke_testing::PATIENCE);
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{said}");
        let wanted = format!("alone: {build}, beside its own: 0badf00\n");
        assert!(said.contains(&wanted), "{said}");
    }
}

#[tokio::test]
#[ignore = "run by the_environment_names_the_build_where_the_registry_does_not"]
async fn the_build_is_said() {
    let alone = run(one()).await.build;
    let own = run(one().build_id("0badf00")).await.build;
    let said = |build: Option<String>| build.unwrap_or_else(|| "no build".to_owned());
    println!("alone: {}, beside its own: {}", said(alone), said(own));
}

/// A backend that is never asked.
struct Of<P>(PhantomData<P>);

impl<P: Clone + Send + Sync + 'static> Backend for Of<P> {
    type Pool = P;

    fn describe(&self) -> String {
        "nothing".to_owned()
    }

    fn open(&self, _: OpenRequest) -> BoxFuture<'_, Result<Opened<P>>> {
        Box::pin(async { Err(Error::msg("there is nothing to open")) })
    }
}

/// The same name twice, as in two versions of one crate.
#[tokio::test]
async fn a_pool_of_another_version_is_told_from_one_without_a_backend() {
    let (backend, newer) = {
        #[derive(Clone)]
        struct Pool;
        (Of(PhantomData::<Pool>), |_: Sandbox<Pool>| {})
    };
    let older = {
        #[derive(Clone)]
        struct Pool;
        |_: Sandbox<Pool>| {}
    };
    let registry = Registry::new()
        .rollback(backend)
        .test(Test::new("newer", newer))
        .test(Test::new("older", older))
        .test(Test::new("other", |_: Sandbox<u8>| {}));
    let report = run(registry).await;
    let said = |name| {
        let test = report.tests.iter().find(|test| test.name == name).unwrap();
        test.message.clone().unwrap_or_default()
    };
    assert!(
        said("newer").contains("the sandbox could not be opened"),
        "{report:?}"
    );
    let other_version = "has a backend for a type of the same name, from another version";
    assert!(said("older").contains(other_version), "{report:?}");
    assert!(!said("other").contains(other_version), "{report:?}");
    assert!(
        said("other").contains("to the registry, which has smoke_core::"),
        "{report:?}"
    );
}
