//! A process ends when it wants to, whatever its smoke tests do. This file is such a process too.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

use std::process::Command;
use std::thread;
use std::time::Duration;

use smoke_core::{Event, Registry, Runner, Selection, Test};
use smoke_testing::output;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("child") => child(false),
        Some("child-that-shuts-down") => child(true),
        Some("--list") => {}
        // Whatever else the test runner says, there is one thing to do.
        _ => {
            assert_eq!(ends("child"), "");
            println!("test a_process_that_ends_waits_for_no_test ... ok");
            assert_eq!(ends("child-that-shuts-down"), "Ok(Fail)\n");
            println!("test a_process_that_shuts_its_runner_down_is_told_fail_in_time ... ok");
        }
    }
}

/// Runs this file as a process of its own, and returns what it says.
fn ends(what: &str) -> String {
    let mut process = Command::new(std::env::current_exe().unwrap());
    let output = output(process.arg(what), Duration::from_secs(30));
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Stops its own thread for ever.
fn park() {
    loop {
        thread::park();
    }
}

/// Stops a thread of the tests' runtime for ever.
async fn spin() {
    loop {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Stops a thread for functions that block.
async fn block() {
    let _ = tokio::task::spawn_blocking(park).await;
}

/// Starts tests that hang, and returns.
#[tokio::main]
async fn child(shutdown: bool) {
    let registry = Registry::new()
        .test(Test::new("shop::parks", park))
        .test(Test::new("shop::spins", spin))
        .test(Test::new("shop::blocks", block));
    let runner = Runner::new(registry);
    let mut events = runner.events();
    let running = tokio::spawn({
        let runner = runner.clone();
        async move { runner.run(Selection::fast()).await }
    });
    let mut started = 0;
    while started < 3 {
        if let Ok(Event::TestStarted { .. }) = events.recv().await {
            started += 1;
        }
    }
    if shutdown {
        runner.shutdown().await;
        let verdict = running.await.map(|report| report.verdict());
        println!("{verdict:?}");
    }
}
