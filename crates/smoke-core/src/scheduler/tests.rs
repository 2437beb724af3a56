//! Time stands still in these tests but where they let it go on.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use smoke_report::Verdict;

use super::*;
use crate::watch::Probe;
use crate::{Registry, Test};

const PERIOD: Duration = Duration::from_secs(30);

fn scheduled() -> Registry {
    let test = Test::new("shop::opens", async || {});
    Registry::new().test(test).schedule(Schedule::every(PERIOD))
}

fn status(runner: &Runner) -> (Verdict, Option<Reason>) {
    let off = runner.off().is_some();
    let said = runner.watch().judge(Probe::Status, off, Instant::now());
    (said.verdict, said.reason)
}

#[tokio::test(start_paused = true)]
async fn starts_go_on_at_their_pace_and_survive_panics() {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    let dues = Arc::new(Mutex::new(Vec::new()));
    let planned = Arc::clone(&dues);
    let plan = move |due| planned.lock().unwrap().push(due);
    let kept = tokio::spawn(keep(PERIOD, plan, move || {
        let start = counted.fetch_add(1, Ordering::SeqCst);
        async move { assert!(start % 2 == 1, "every second one panics") }
    }));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(starts.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    // 120 in an hour, each moved by a quarter of its period at most.
    let starts = starts.load(Ordering::SeqCst);
    assert!((96..=161).contains(&starts), "{starts}");
    assert!(!kept.is_finished());
    // One is planned, then none while it runs, and in turn.
    let dues = dues.lock().unwrap();
    let (planned, under_way): (Vec<_>, Vec<_>) =
        dues.chunks(2).map(|two| (two[0], two.get(1))).unzip();
    assert!(planned.is_sorted() && planned.iter().all(Option::is_some));
    assert_eq!(planned.len(), starts + 1);
    assert!(under_way.iter().flatten().all(|due| due.is_none()));
}

#[tokio::test(start_paused = true)]
async fn runs_that_were_missed_are_not_made_up_for() {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    tokio::spawn(keep(
        PERIOD,
        |_| {},
        move || {
            let slow = counted.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                if slow {
                    tokio::time::sleep(PERIOD * 100).await;
                }
            }
        },
    ));
    tokio::time::sleep(PERIOD * 100 + Duration::from_secs(6)).await;
    assert_eq!(starts.load(Ordering::SeqCst), 1);
    tokio::time::sleep(PERIOD).await;
    assert!(starts.load(Ordering::SeqCst) <= 3);
}

#[test]
fn a_scheduler_whose_runtime_ends_is_dead() {
    let runner = Runner::new(scheduled());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.spawn(keep_all(&runner));
    assert_eq!(status(&runner).1, Some(Reason::Unknown));
    drop(runtime);
    assert_eq!(status(&runner), (Verdict::Fail, Some(Reason::Dead)));
}

#[test]
fn a_scheduler_that_is_told_to_end_is_not_dead() {
    let runner = Runner::new(scheduled());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let kept = runtime.spawn(keep_all(&runner));
    let told = async {
        runner.shutdown().await;
        kept.await
    };
    runtime.block_on(told).unwrap();
    assert_eq!(status(&runner).1, Some(Reason::Off));
    assert_eq!(
        runner
            .watch()
            .judge(Probe::Status, false, Instant::now())
            .reason,
        Some(Reason::Unknown)
    );
}

#[test]
fn a_schedule_keeps_no_runner_that_nobody_has() {
    let runner = Runner::new(scheduled());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let kept = runtime.spawn(keep_all(&runner));
    drop(runner);
    runtime.block_on(kept).unwrap();
}

#[tokio::test]
async fn scheduled_runs_move_what_is_known_and_no_others_do() {
    let runner = Runner::new(scheduled());
    let asked = runner
        .ask(Ask::new(Schedule::every(PERIOD).selection()).fresh())
        .await;
    assert!(asked.report.verdict().is_pass());
    assert_eq!(status(&runner), (Verdict::Fail, Some(Reason::Unknown)));
    run(&runner, 0, &Schedule::every(PERIOD)).await;
    assert_eq!(status(&runner), (Verdict::Pass, None));
}

#[tokio::test]
async fn a_hold_knows_of_a_run_that_is_under_way() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let waits = Test::new("shop::waits", move || {
        let _ = tell.send(());
        std::future::pending::<()>()
    });
    let registry = Registry::new().test(waits).hold_until_first_pass();
    let runner = Runner::new(registry.schedule(Schedule::every(PERIOD)));
    let (minute, now) = (Duration::from_secs(60), Instant::now());
    runner.watch().start(now - minute);
    let judged = |runner: &Runner| {
        let watch = runner.watch();
        watch.skip_beginning();
        watch.judge(Probe::Ready, false, now + minute).reason
    };
    // Three periods and the limit of a run have passed since the start.
    assert_eq!(judged(&runner), Some(Reason::Stale));
    let running = tokio::spawn({
        let runner = runner.clone();
        async move { run(&runner, 0, &Schedule::every(PERIOD)).await }
    });
    told.recv().await.unwrap();
    assert_eq!(judged(&runner), Some(Reason::Held));
    running.abort();
}

#[tokio::test]
async fn nothing_is_run_and_nothing_learned_while_runs_are_off_or_the_instance_drains() {
    let runner = Runner::new(scheduled());
    let mut events = runner.events();
    runner.pause();
    run(&runner, 0, &Schedule::every(PERIOD)).await;
    runner.resume();
    runner.drain(Duration::ZERO).await;
    run(&runner, 0, &Schedule::every(PERIOD)).await;
    assert!(events.try_recv().is_err());
    assert_eq!(status(&runner).1, Some(Reason::Unknown));
}

#[tokio::test]
async fn a_drain_ends_when_another_one_is_over_earlier() {
    let runner = Runner::new(scheduled());
    let draining = tokio::spawn({
        let runner = runner.clone();
        async move { runner.drain(Duration::MAX).await }
    });
    while !runner.watch().is_draining() {
        tokio::task::yield_now().await;
    }
    assert!(!draining.is_finished());
    runner.drain(Duration::ZERO).await;
    draining.await.unwrap();
    assert!(runner.watch().is_draining());
}

#[test]
fn the_environment_moves_and_switches_off_schedules_and_skips_tests() {
    let set = |name: &'static str, value: &'static str| {
        let mut registry = scheduled().usual_schedules();
        registry.settings =
            crate::watch::Settings::read(|asked| (asked == name).then(|| value.into()));
        Runner::new(registry)
    };
    let shown = |runner: &Runner| -> Vec<String> {
        runner.schedules().iter().map(Schedule::to_string).collect()
    };
    // There is no instance test, and so no schedule of them.
    let usual = ["fast every 30s", "fast scope=shared every 5m"];
    assert_eq!(shown(&set("SMOKE_OFF", "0")), usual);
    assert_eq!(
        shown(&set("SMOKE_SCHEDULE", "2m")),
        ["fast every 2m", "fast scope=shared every 2m"]
    );
    assert!(shown(&set("SMOKE_SCHEDULE", "off")).is_empty());
    for (name, value) in [("SMOKE_SCHEDULE", "soon"), ("SMOKE_SKIP", "shop::disk")] {
        let problems = set(name, value).check();
        assert!(
            problems.iter().any(|problem| problem.contains(name)),
            "{problems:?}"
        );
    }
    assert!(set("SMOKE_SKIP", "shop::opens").check().is_empty());
}
