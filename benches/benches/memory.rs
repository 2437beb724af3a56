//! The memory that tests hold which do nothing.

use std::alloc::System;
use std::time::Duration;

use anyhow::Result;
use benches::inserting::{run, runtime};
use benches::page::{Page, Table};
use benches::scale::Scale;
use benches::trivial::registry;
use smoke_axum::Runner;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The bytes that are allocated, once no thread of what was before frees any more.
fn held() -> i64 {
    let mut before = None;
    loop {
        let stats = COUNTING.stats();
        let now = stats.bytes_allocated as i64 - stats.bytes_deallocated as i64;
        if before == Some(now) {
            return now;
        }
        before = Some(now);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What is held by a runner before its first run, and after a run whose report is kept.
struct Held {
    before: i64,
    after: i64,
}

fn main() -> Result<()> {
    let scale = Scale::asked_for();
    let mut page = Page::new("Memory that tests hold");
    page.say(
        "Tests with an empty body. Bytes allocated a test, over those of a runner of one test: when \
         registry and runner are built, and after a run whose report is kept.",
    );
    let mut table = Table::new(&["tests", "built", "after a run"]);
    measure(1)?;
    let alone = measure(1)?;
    for tests in scale.choose(vec![10], vec![100, 1_000, 10_000, 100_000]) {
        if !scale.includes(&format!("memory/{tests}")) {
            continue;
        }
        let held = measure(tests)?;
        let each =
            |held: i64, alone: i64| format!("{:.0}", (held - alone) as f64 / (tests - 1) as f64);
        table.row(
            &tests.to_string(),
            &[
                each(held.before, alone.before),
                each(held.after, alone.after),
            ],
        );
    }
    page.table(&table);
    page.show("memory")
}

fn measure(tests: usize) -> Result<Held> {
    let runtime = runtime()?;
    let nothing = held();
    let runner = Runner::new(registry(tests));
    let before = held() - nothing;
    let report = runtime.block_on(run(&runner))?;
    let after = held() - nothing;
    drop(report);
    runtime.block_on(runner.shutdown());
    Ok(Held { before, after })
}
