//! Whatever a test does, its sandbox is ended, and what the end found counts.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use smoke_core::{
    DatabaseName, Failure, Outcome, Registry, Result, RollbackVerdict, Runner, Sandbox, SandboxOf,
    Selection, Test,
};
use support::{PATIENCE, Paper, Pool, assert_ended, eventually, only, run};

#[tokio::test]
async fn a_sandbox_is_finished_whatever_becomes_of_the_test() {
    async fn passes(_: Sandbox<Pool>) {}
    async fn fails(_: Sandbox<Pool>) -> Result {
        Err(Failure::new("no").into())
    }
    async fn panics(_: Sandbox<Pool>) {
        panic!("no")
    }
    async fn endless(_: Sandbox<Pool>) {
        std::future::pending::<()>().await;
    }
    let paper = Paper::default();
    let registry = Registry::new()
        .rollback(paper.clone())
        .test(Test::new("passes", passes))
        .test(Test::new("fails", fails))
        .test(Test::new("panics", panics))
        .test(Test::new("endless", endless).timeout(Duration::from_millis(50)))
        .test(Test::new("blocking", |_: Sandbox<Pool>| {}));
    let report = run(registry).await;
    for test in ["passes", "fails", "panics", "endless", "blocking"] {
        assert_eq!(paper.diary.count(&format!("open {test}")), 1, "{test}");
        assert_eq!(paper.diary.count(&format!("finish {test}")), 1, "{test}");
    }
    let outcomes: Vec<_> = report.tests.iter().map(|test| test.outcome).collect();
    use Outcome::{Errored, Failed, Passed};
    assert_eq!(
        outcomes,
        [Passed, Errored, Failed, Errored, Passed],
        "{report:#?}"
    );
    // One sandbox at a time: each is finished before the next is opened.
    let lines = paper.diary.lines();
    assert!(
        lines
            .chunks(2)
            .all(|pair| pair[0].replace("open", "finish") == pair[1]),
        "{lines:?}"
    );
}

#[tokio::test]
async fn only_rolled_back_is_good() {
    for (verdict, message) in [
        (
            RollbackVerdict::Unknown {
                cause: "the line is dead".to_owned(),
            },
            "could not be confirmed: the line is dead",
        ),
        (
            RollbackVerdict::ConnectionLost {
                cause: "reset".to_owned(),
            },
            "the sandbox's connection was lost",
        ),
        (
            RollbackVerdict::Contended {
                cause: "a deadlock".to_owned(),
            },
            "the database was busy: a deadlock",
        ),
        (
            RollbackVerdict::NoCapacity {
                cause: "53300".to_owned(),
            },
            "no capacity: ",
        ),
        (
            RollbackVerdict::Unreachable {
                cause: "refused".to_owned(),
            },
            "the database is down or cannot be reached: refused",
        ),
        (
            RollbackVerdict::ReadOnly {
                cause: "25006".to_owned(),
            },
            "the database is read-only",
        ),
        (
            RollbackVerdict::Refused {
                cause: "a constraint".to_owned(),
            },
            "a COMMIT would have been refused",
        ),
        (
            RollbackVerdict::NonTransactional {
                tables: vec!["notes".to_owned()],
            },
            "NOT rolled back: notes",
        ),
    ] {
        let paper = Paper::default();
        *paper.verdict.lock().unwrap() = verdict;
        let registry = Registry::new()
            .rollback(paper)
            .test(Test::new("a", |_: Sandbox<Pool>| {}));
        assert_ended(&only(run(registry).await), Outcome::Errored, message);
    }
}

#[tokio::test]
async fn an_escaped_test_says_so_in_capitals_and_is_not_run_again() {
    let paper = Paper::default();
    *paper.verdict.lock().unwrap() = RollbackVerdict::Escaped {
        how: "25P01".to_owned(),
        at: None,
    };
    let body = |_: Sandbox<Pool>| -> Result { Err(Failure::new("left is 3").into()) };
    let runner = Runner::new(
        Registry::new()
            .rollback(paper.clone())
            .test(Test::new("a", body)),
    );
    let test = only(runner.run(Selection::fast()).await);
    assert_ended(
        &test,
        Outcome::Errored,
        "(25P01): DATA MAY HAVE BEEN COMMITTED",
    );
    // Nothing that came of it, or was beside it, has caused it.
    assert!(
        test.message
            .unwrap()
            .ends_with("; the test ended with: left is 3")
    );
    assert_eq!(test.causes, [""; 0]);
    *paper.verdict.lock().unwrap() = RollbackVerdict::RolledBack;
    for _ in 0..3 {
        let test = only(runner.run(Selection::fast()).await);
        assert_ended(
            &test,
            Outcome::Errored,
            "it will not run again until the process is restarted",
        );
    }
    assert_eq!(paper.diary.count("open a"), 1);
}

#[tokio::test]
async fn a_test_that_writes_where_nothing_is_rolled_back_is_run_once_more_and_then_rests() {
    let paper = Paper::default();
    *paper.verdict.lock().unwrap() = RollbackVerdict::NonTransactional {
        tables: vec!["plain".to_owned()],
    };
    let registry = Registry::new().rollback(paper.clone());
    let runner = Runner::new(registry.test(Test::new("a", |_: Sandbox<Pool>| {})));
    for said in [
        "NOT rolled back: plain",
        "NOT rolled back: plain",
        "not run before 2",
    ] {
        let test = only(runner.run(Selection::fast()).await);
        assert_ended(&test, Outcome::Errored, said);
    }
    assert_eq!(paper.diary.count("open a"), 2);
}

#[tokio::test]
async fn a_sandbox_past_its_limit_is_cut_whatever_the_test_does() {
    let paper = Paper {
        limit: Duration::from_millis(50),
        ..Paper::default()
    };
    let diary = paper.diary.clone();
    let body = move |_: Sandbox<Pool>| {
        let diary = diary.clone();
        async move {
            let cut = eventually(PATIENCE, async || diary.count("cut a"), |count| *count > 0);
            cut.await.map(drop)
        }
    };
    let test = only(
        run(Registry::new()
            .rollback(paper.clone())
            .test(Test::new("a", body)))
        .await,
    );
    assert_ended(
        &test,
        Outcome::Errored,
        "held for longer than its limit of 50ms",
    );
    assert_eq!(paper.diary.lines(), ["open a", "cut a", "finish a"]);
}

#[tokio::test]
async fn what_may_have_stayed_is_said_before_what_was_rolled_back() {
    struct Second;
    impl smoke_core::DatabaseName for Second {
        type Pool = Pool;
    }
    let papers = [Paper::default(), Paper::default()];
    let said = "the server no longer knows";
    for (paper, verdict) in papers.iter().zip([
        RollbackVerdict::Limit {
            cause: "pool exhausted".to_owned(),
        },
        RollbackVerdict::Unknown {
            cause: said.to_owned(),
        },
    ]) {
        *paper.verdict.lock().unwrap() = verdict;
    }
    let [first, second] = papers;
    let body = |_: Sandbox<Pool>, _: smoke_core::SandboxOf<Second>| {};
    let registry = Registry::new()
        .rollback(first)
        .rollback_of::<Second>(second);
    let test = only(run(registry.test(Test::new("a", body))).await);
    assert_ended(&test, Outcome::Errored, said);
}

#[tokio::test]
async fn a_pool_that_somebody_keeps_is_a_straggler() {
    let kept = std::sync::Arc::new(std::sync::Mutex::new(None::<Pool>));
    let keep = std::sync::Arc::clone(&kept);
    let body = move |Sandbox(pool): Sandbox<Pool>| *keep.lock().unwrap() = Some(pool);
    let test = only(
        run(Registry::new()
            .rollback(Paper::default())
            .test(Test::new("a", body)))
        .await,
    );
    assert_ended(
        &test,
        Outcome::Errored,
        "still held after the test had ended",
    );
}

#[tokio::test]
async fn a_database_that_is_down_errors_the_tests_that_need_it_and_no_others() {
    let paper = Paper {
        broken: Some("refused: postgres://app:hunter2@db/app".to_owned()),
        ..Paper::default()
    };
    let registry = Registry::new()
        .rollback(paper)
        .test(Test::new("a", |_: Sandbox<Pool>| {}))
        .test(Test::new("b", |_: Option<Sandbox<Pool>>| {}))
        .test(Test::new("c", || {}));
    let report = run(registry).await;
    assert_ended(
        &report.tests[0],
        Outcome::Errored,
        "the sandbox could not be opened (paper)",
    );
    assert_eq!(
        report.tests[0].causes,
        ["refused: postgres://app:***@db/app"]
    );
    assert_ended(
        &report.tests[1],
        Outcome::Errored,
        "the sandbox could not be opened",
    );
    assert_ended(&report.tests[2], Outcome::Passed, "");
}

#[tokio::test]
async fn waiting_for_a_sandbox_is_not_counted_against_a_test() {
    // Each has most of its limit left, and the last waits for longer than that.
    let body = async |_: Sandbox<Pool>| tokio::time::sleep(Duration::from_millis(400)).await;
    let registry = (0..4).fold(
        Registry::new().rollback(Paper::default()),
        |registry, at| {
            registry.test(Test::new(format!("t{at}"), body).timeout(Duration::from_millis(1100)))
        },
    );
    let report = run(registry).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
}

#[tokio::test]
async fn production_is_let_in_between_two_sandboxes() {
    let paper = Paper {
        pause: Duration::from_millis(100),
        ..Paper::default()
    };
    let times = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let body = {
        let times = std::sync::Arc::clone(&times);
        move |_: Sandbox<Pool>| times.lock().unwrap().push(std::time::Instant::now())
    };
    let registry = Registry::new()
        .rollback(paper)
        .test(Test::new("a", body.clone()))
        .test(Test::new("b", body));
    let report = run(registry).await;
    assert!(report.verdict().is_pass(), "{report:#?}");
    let times = times.lock().unwrap();
    assert!(times[1] - times[0] >= Duration::from_millis(100));
}

#[tokio::test]
async fn a_sandbox_that_opens_too_late_is_finished_all_the_same() {
    #[derive(Clone)]
    struct Slow(Paper, std::sync::Arc<tokio::sync::Notify>);
    impl smoke_core::Backend for Slow {
        type Pool = Pool;
        fn describe(&self) -> String {
            "slow paper".to_owned()
        }
        fn open(
            &self,
            request: smoke_core::OpenRequest,
        ) -> futures_util::future::BoxFuture<'_, Result<smoke_core::Opened<Pool>>> {
            Box::pin(async move {
                self.1.notified().await;
                self.0.open(request).await
            })
        }
    }
    let paper = Paper::default();
    let test = Test::new("a", |_: Sandbox<Pool>| {}).timeout(Duration::from_millis(50));
    let answered = std::sync::Arc::new(tokio::sync::Notify::new());
    let slow = Slow(paper.clone(), std::sync::Arc::clone(&answered));
    let runner = Runner::new(Registry::new().rollback(slow).test(test));
    let test = only(runner.run(Selection::fast()).await);
    assert_ended(
        &test,
        Outcome::Errored,
        "took longer than its limit of 50ms",
    );
    answered.notify_one();
    let look = async || paper.diary.count("finish a");
    let finished = eventually(PATIENCE, look, |count| *count > 0);
    finished.await.unwrap();
}

struct Billing;

impl DatabaseName for Billing {
    type Pool = Pool;
}

struct Replica;

impl DatabaseName for Replica {
    type Pool = Pool;
}

#[tokio::test]
async fn several_databases_are_all_rolled_back_and_a_replica_reads_what_was_written() {
    async fn body(
        Sandbox(app): Sandbox<Pool>,
        SandboxOf(billing): SandboxOf<Billing>,
        SandboxOf(replica): SandboxOf<Replica>,
    ) {
        app.take();
        assert_eq!(replica.taken(), 1, "the replica is the writer's sandbox");
        assert_eq!(billing.taken(), 0, "another database has another");
    }
    let (app, billing) = (Paper::default(), Paper::default());
    let registry = Registry::new()
        .rollback(app.clone())
        .rollback_of::<Billing>(billing.clone())
        .replica::<SandboxOf<Replica>, Sandbox<Pool>>()
        .test(Test::new("a", body));
    assert_ended(&only(run(registry).await), Outcome::Passed, "");
    for paper in [app, billing] {
        assert_eq!(paper.diary.lines(), ["open a", "finish a"]);
    }
    let alone = Registry::new().replica::<SandboxOf<Replica>, Sandbox<Pool>>();
    let test = Test::new("a", |_: SandboxOf<Replica>| {});
    assert_ended(
        &only(run(alone.test(test)).await),
        Outcome::Errored,
        ".rollback(..)",
    );
}

/// A test whose sandbox always ends with that verdict is run twice, and errored.
async fn is_tried_once_more(verdict: RollbackVerdict, message: &str) {
    let paper = Paper::default();
    *paper.verdict.lock().expect("nobody panicked with it") = verdict;
    let registry = Registry::new()
        .rollback(paper.clone())
        .test(Test::new("a", |_: Sandbox<Pool>| {}));
    assert_ended(&only(run(registry).await), Outcome::Errored, message);
    assert_eq!(paper.diary.count("open a"), 2);
}

#[tokio::test]
async fn a_schema_that_changed_is_tried_once_more() {
    let verdict = RollbackVerdict::SchemaChanged {
        cause: "0A000".to_owned(),
    };
    is_tried_once_more(verdict, "the schema changed: 0A000").await;
}

#[tokio::test]
async fn a_database_that_is_busy_is_tried_once_more() {
    let verdict = RollbackVerdict::Contended {
        cause: "a deadlock".to_owned(),
    };
    is_tried_once_more(verdict, "the database was busy: a deadlock").await;

    let calm = Paper::default();
    let verdict = std::sync::Arc::clone(&calm.verdict);
    *verdict.lock().unwrap() = RollbackVerdict::Contended {
        cause: "a deadlock".to_owned(),
    };
    let tries = AtomicUsize::new(0);
    let body = move |_: Sandbox<Pool>| {
        if tries.fetch_add(1, Ordering::SeqCst) == 1 {
            *verdict.lock().unwrap() = RollbackVerdict::RolledBack;
        }
    };
    let body = std::sync::Arc::new(body);
    let test = Test::new("a", move |pool: Sandbox<Pool>| body(pool));
    assert_ended(
        &only(run(Registry::new().rollback(calm).test(test)).await),
        Outcome::Passed,
        "",
    );
}

#[tokio::test]
async fn as_many_sandboxes_are_open_at_once_as_the_backend_bears() {
    let paper = Paper {
        capacity: 2,
        ..Paper::default()
    };
    let (now, most, two) = (
        std::sync::Arc::new(AtomicUsize::new(0)),
        std::sync::Arc::new(AtomicUsize::new(0)),
        std::sync::Arc::new(tokio::sync::Barrier::new(2)),
    );
    let registry = (0..8).fold(Registry::new().rollback(paper), |registry, at| {
        let (now, most, two) = (now.clone(), most.clone(), two.clone());
        let body = move |_: Sandbox<Pool>| {
            let (now, most, two) = (now.clone(), most.clone(), two.clone());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Each has another one beside it, or waits in vain.
                two.wait().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                now.fetch_sub(1, Ordering::SeqCst);
            }
        };
        registry.test(Test::new(format!("t{at}"), body))
    });
    assert!(run(registry).await.verdict().is_pass());
    assert_eq!(most.load(Ordering::SeqCst), 2);
}
