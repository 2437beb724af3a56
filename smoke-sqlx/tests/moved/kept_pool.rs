//! A test that keeps its pool.

use std::sync::Arc;

use smoke_core::{Registry, Test};
use sqlx::SqlitePool;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::place::{Place, ask, run as run_sql};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run, test};

const KEEPS: &str = "t4_keeps";

/// Nine tests that find nothing of any other.
fn nine(place: &Place) -> Registry {
    let registry = Registry::new().rollback(place.moving());
    (0..9).fold(registry, |registry, at| {
        registry.test(as_on_a_new_one(&format!("t{at}"), &Seen::default()))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_one_test_keeps_errors_that_test_and_no_other() {
    let place = Place::new().await;
    let kept = Arc::new(Mutex::new(None));
    let keeping = Arc::clone(&kept);
    let keeps = test(KEEPS, move |pool| {
        let kept = Arc::clone(&keeping);
        async move {
            run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
            kept.lock().await.replace(pool);
            Ok(())
        }
    });
    let report = run(nine(&place).test(keeps)).await;
    assert_passed_but(&report, &[KEEPS]);
    let said = format!("{report:?}");
    assert!(said.contains("a handle of the sandbox's pool"), "{said}");
    assert!(kept.lock().await.is_some());
    place.until_none_is_left().await;
    assert_eq!(place.rows().await, 0);
}

/// A task that keeps a pool, until it is told no more.
struct Writer {
    tell: mpsc::Sender<oneshot::Sender<Result<(), String>>>,
    task: JoinHandle<()>,
}

impl Writer {
    fn begin(pool: SqlitePool) -> Self {
        let (tell, mut told) = mpsc::channel::<oneshot::Sender<_>>(1);
        let task = tokio::spawn(async move {
            while let Some(answer) = told.recv().await {
                let _ = answer.send(run_sql(&pool, "INSERT INTO t VALUES (99)").await);
            }
        });
        Self { tell, task }
    }

    /// Has it try to write, which it must not.
    async fn fails(&self) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        self.tell.send(answer).await.map_err(|_| "it has ended")?;
        match answered.await.map_err(|_| "it has ended")? {
            Ok(()) => Err("it wrote".to_owned()),
            Err(_) => Ok(()),
        }
    }

    async fn end(self) -> Result<(), String> {
        drop(self.tell);
        self.task.await.map_err(|error| error.to_string())
    }
}

type Kept = Arc<Mutex<Option<Writer>>>;

/// A test during which the task tries to write. The last of them ends it.
fn after(name: &str, writer: &Kept, is_last: bool) -> Test {
    let writer = Arc::clone(writer);
    test(name, move |pool| {
        let writer = Arc::clone(&writer);
        async move {
            let mut writer = writer.lock().await;
            run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
            writer.as_ref().ok_or("nobody writes")?.fails().await?;
            if is_last {
                writer.take().ok_or("nobody writes")?.end().await?;
            }
            let rows = ask(&pool, "SELECT count(*) FROM t").await?;
            (rows == 1).then_some(()).ok_or(rows.to_string())
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_writes_nothing_into_the_tests_after_it() {
    let place = Place::new().await;
    let writer = Kept::default();
    let keeping = Arc::clone(&writer);
    let keeps = test(KEEPS, move |pool| {
        let writer = Arc::clone(&keeping);
        async move {
            run_sql(&pool, "INSERT INTO t VALUES (1)").await?;
            writer.lock().await.replace(Writer::begin(pool));
            Ok(())
        }
    });
    let registry = nine(&place)
        .test(keeps)
        .test(after("t5_after", &writer, false))
        .test(after("t6_after", &writer, true));
    let report = run(registry).await;
    assert_passed_but(&report, &[KEEPS]);
    place.until_none_is_left().await;
    assert_eq!(place.rows().await, 0);
}
