//! Runs of tests that do nothing, beside the bare spawning and joining of as many tasks.

use std::time::Duration;

use anyhow::Result;
use benches::inserting::{run, runtime};
use benches::page::{Page, Table};
use benches::rounds::{Subject, Times, take_turns, timed};
use benches::scale::Scale;
use benches::trivial::registry;
use smoke_axum::Runner;
use tokio::runtime::Handle;

fn main() -> Result<()> {
    let scale = Scale::asked_for();
    let mut page = Page::new("Tests that do nothing");
    page.say(
        "Asynchronous tests with an empty body, with the default limit of tests at once. By hand is \
         what a runner does at its barest: a task on another runtime for each test, awaited with a \
         time-out. Microseconds a test, least / median; in brackets how many times the median by hand.",
    );
    let mut table = Table::new(&["tests", "by hand", "a run", "tests a second"]);
    let (keeper, stage) = (runtime()?, runtime()?);
    for tests in scale.choose(vec![10], vec![100, 1_000, 10_000, 100_000]) {
        if !scale.includes(&format!("trivial/{tests}")) {
            continue;
        }
        let runner = Runner::new(registry(tests));
        let mut subjects: [Subject<'_>; 2] = [
            Box::new(|| timed(|| keeper.block_on(by_hand(stage.handle(), tests)))),
            Box::new(|| timed(|| keeper.block_on(run(&runner)).map(drop))),
        ];
        // As many tests in all, so that the small runs have their share of rounds.
        let rounds = scale.choose(1, (100_000 / tests).clamp(5, 51));
        let times = take_turns(rounds, &mut subjects)?;
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / tests as f64;
        let cell = |times: &Times| {
            format!(
                "{:.2} / {:.2}",
                micros(times.least()),
                micros(times.median())
            )
        };
        let (by_hand, ours) = (&times[0], &times[1]);
        table.row(
            &tests.to_string(),
            &[
                cell(by_hand),
                format!("{} (**{:.2}**)", cell(ours), ours.ratio(by_hand)),
                format!("{:.0}", tests as f64 / ours.median().as_secs_f64()),
            ],
        );
    }
    page.table(&table);
    page.show("trivial")
}

async fn by_hand(stage: &Handle, tests: usize) -> Result<()> {
    for _ in 0..tests {
        let task = stage.spawn(async {});
        tokio::time::timeout(Duration::from_secs(10), task).await??;
    }
    Ok(())
}
