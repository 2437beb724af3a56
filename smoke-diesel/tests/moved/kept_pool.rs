//! A test that keeps its pool.

use std::sync::Arc;

use smoke_core::Registry;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::place::{HELD, Place, in_every_place};
use crate::runs::{Seen, as_on_a_new_one, assert_passed_but, run, said, test};

in_every_place! {
    a_pool_that_one_test_keeps_errors_that_test_and_no_other,
    what_was_kept_writes_nothing_into_the_tests_after_it,
}

const KEEPS: &str = "t4_keeps";

/// Nine tests that find nothing of any other.
fn nine<P: Place>(place: &P, seen: &Seen) -> Registry {
    let registry = Registry::new().rollback(place.moving(HELD));
    (0..9).fold(registry, |registry, at| {
        registry.test(as_on_a_new_one::<P>(&format!("t{at}"), seen))
    })
}

async fn a_pool_that_one_test_keeps_errors_that_test_and_no_other<P: Place>() {
    let place = P::new().await;
    let kept = Arc::new(Mutex::new(None));
    let keeping = Arc::clone(&kept);
    let keeps = test::<P, _>(KEEPS, move |pool| {
        let kept = Arc::clone(&keeping);
        async move {
            P::run(&pool, "INSERT INTO t VALUES (1)").await?;
            kept.lock().await.replace(pool);
            Ok(())
        }
    });
    let report = run(nine(&place, &Seen::default()).test(keeps)).await;
    assert_passed_but(&report, &[KEEPS]);
    let said = said(&report, KEEPS).unwrap();
    assert!(said.contains("a handle of the sandbox's pool"), "{said}");
    assert!(kept.lock().await.is_some());
    place.made().await;
    assert_eq!(place.rows().await, 0);
}

/// Tries to write through a pool whenever it is told to, and says how that went.
async fn writes<P: Place>(
    pool: P::Pool,
    mut told: mpsc::Receiver<oneshot::Sender<Result<(), String>>>,
) {
    while let Some(answer) = told.recv().await {
        let wrote = P::run(&pool, "INSERT INTO t VALUES (99)").await;
        let _ = answer.send(wrote);
    }
}

/// The task that keeps a pool, until it is told no more.
struct Writer {
    tell: mpsc::Sender<oneshot::Sender<Result<(), String>>>,
    task: JoinHandle<()>,
}

impl Writer {
    fn begin<P: Place>(pool: P::Pool) -> Self {
        let (tell, told) = mpsc::channel(1);
        let task = tokio::spawn(writes::<P>(pool, told));
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

async fn what_was_kept_writes_nothing_into_the_tests_after_it<P: Place>() {
    let place = P::new().await;
    let writer = Arc::new(Mutex::new(None));
    let keeping = Arc::clone(&writer);
    let keeps = test::<P, _>(KEEPS, move |pool| {
        let writer = Arc::clone(&keeping);
        async move {
            P::run(&pool, "INSERT INTO t VALUES (1)").await?;
            writer.lock().await.replace(Writer::begin::<P>(pool));
            Ok(())
        }
    });
    // The last of them ends the task, before the run does.
    let after = |name: &str, is_last: bool| {
        let writer = Arc::clone(&writer);
        test::<P, _>(name, move |pool| {
            let writer = Arc::clone(&writer);
            async move {
                let mut writer = writer.lock().await;
                P::run(&pool, "INSERT INTO t VALUES (1)").await?;
                writer.as_ref().ok_or("nobody writes")?.fails().await?;
                if is_last {
                    writer.take().ok_or("nobody writes")?.end().await?;
                }
                let rows = P::ask(&pool, "SELECT CAST(count(*) AS TEXT) FROM t").await?;
                (rows == "1").then_some(()).ok_or(rows)
            }
        })
    };
    let registry = nine(&place, &Seen::default())
        .test(keeps)
        .test(after("t5_after", false))
        .test(after("t6_after", true));
    let report = run(registry).await;
    assert_passed_but(&report, &[KEEPS]);
    place.made().await;
    assert_eq!(place.rows().await, 0);
}
