//! Runs on SQLite, beside somebody else who writes: what both have to wait for.

use std::time::{Duration, Instant};

use anyhow::Result;
use benches::database::Database;
use benches::inserting::{Through, run, runner};
use benches::page::{Page, Table, figure, millis};
use benches::rounds::Times;
use benches::way::Way;
use benches::writer::Writer;

use crate::{Bench, Measurement};

struct BesideAWriter;

pub(crate) fn measure(bench: &Bench) -> Result<()> {
    let mut page = Page::new("SQLite, beside somebody else who writes");
    page.say(&format!(
        "Runs of {} tests on one lane, each of which inserts one row through the pool, while another \
         connection writes, pauses for a millisecond and writes again, with SQLite's own \
         `busy_timeout`. Milliseconds. The writes alone are those of as long a time without a run. \
         Pauses are what a run takes beyond what its tests take.",
        bench.tests
    ));
    bench.tables(&BesideAWriter, &mut page)?;
    page.show("beside_a_writer")
}

impl Measurement for BesideAWriter {
    fn name(&self) -> &'static str {
        "beside a writer"
    }

    fn columns<D: Database>(&self, _: &Bench) -> Result<Option<Vec<String>>> {
        // The others have more than one writer.
        if D::LANES > 1 {
            return Ok(None);
        }
        let columns = [
            "run, least / median",
            "its pauses, sum",
            "writes alone: median",
            "99 of 100",
            "longest",
            "writes beside: median",
            "99 of 100",
            "longest",
        ];
        Ok(Some(columns.map(str::to_owned).into()))
    }

    fn rows<W: Way>(&self, bench: &Bench, table: &mut Table) -> Result<()> {
        let Bench { runtime, tests, .. } = bench;
        let database = runtime.block_on(W::Database::new())?;
        let runner = runner::<W>(database.url(), *tests, Through::Pool, 1);
        let (mut runs, mut pauses) = (Vec::new(), Vec::new());
        let writer = Writer::start(database.url());
        for _ in 0..bench.scale.choose(1, 7) {
            let start = Instant::now();
            let report = runtime.block_on(run(&runner))?;
            runs.push(start.elapsed());
            let own: Duration = report.tests.iter().map(|test| test.duration).sum();
            pauses.push(report.duration.saturating_sub(own));
        }
        let beside = writer.end()?;

        let writer = Writer::start(database.url());
        std::thread::sleep(runs.iter().sum());
        let alone = writer.end()?;

        let mut cells = vec![millis(&Times::of(runs)), figure(Times::of(pauses).median())];
        for writes in [alone, beside] {
            cells.extend([writes.median(), writes.percentile(99), writes.most()].map(figure));
        }
        table.row(W::NAME, &cells);
        runtime.block_on(database.remove())
    }
}
