//! What a server counts during runs, beside the bare statements.

use anyhow::Result;
use benches::database::Database;
use benches::inserting::{Through, by_hand, on_a_worker, run, runner};
use benches::page::{Page, Table};
use benches::way::Way;

use crate::{Bench, Measurement};

/// How often each thing is counted: what else the server does can only add to a count.
const TIMES: usize = 3;

struct Counts;

pub(crate) fn measure(bench: &Bench) -> Result<()> {
    let mut page = Page::new("What the server counts");
    page.say(&format!(
        "For a run of {} tests on one lane, each of which inserts one row through the pool, and for \
         the same statements by hand on one connection: the least of {TIMES} runs. The texts of \
         statements are those that name smoke after the first run, and after the last: as many as \
         the server keeps apart.",
        bench.tests
    ));
    bench.tables(&Counts, &mut page)?;
    page.show("counts")
}

impl Measurement for Counts {
    fn name(&self) -> &'static str {
        "counts"
    }

    fn columns<D: Database>(&self, _: &Bench) -> Result<Option<Vec<String>>> {
        if D::COUNTS.is_empty() {
            return Ok(None);
        }
        let counted = D::COUNTS.iter().chain(&["statement texts"]);
        Ok(Some(counted.map(|name| (*name).to_owned()).collect()))
    }

    fn rows<W: Way>(&self, bench: &Bench, table: &mut Table) -> Result<()> {
        let Bench { runtime, tests, .. } = bench;
        let database = runtime.block_on(W::Database::new())?;
        let url = database.url();
        runtime.block_on(database.forget_statements())?;
        let by_hand = count(bench, &database, || {
            on_a_worker(runtime, by_hand::<W>(url.to_owned(), *tests))
        })?;
        table.row(&format!("{}, by hand", W::NAME), &by_hand);
        let a_run = count(bench, &database, || {
            let runner = runner::<W>(url, *tests, Through::Pool, 1);
            runtime.block_on(async {
                run(&runner).await?;
                runner.shutdown().await;
                Ok(())
            })
        })?;
        table.row(W::NAME, &a_run);
        runtime.block_on(database.remove())
    }
}

/// What the server counts while something is done.
fn count(
    bench: &Bench,
    database: &impl Database,
    done: impl Fn() -> Result<()>,
) -> Result<Vec<String>> {
    let mut least: Option<Vec<i64>> = None;
    let mut texts = Vec::new();
    for _ in 0..TIMES {
        let before = bench.runtime.block_on(database.counts_at_rest())?;
        done()?;
        let after = bench.runtime.block_on(database.counts_at_rest())?;
        let more = before
            .iter()
            .zip(after)
            .map(|(before, after)| after - before);
        least = Some(match least {
            None => more.collect(),
            Some(least) => least
                .into_iter()
                .zip(more)
                .map(|(one, other)| one.min(other))
                .collect(),
        });
        texts.push(bench.runtime.block_on(database.statement_texts("smoke"))?);
    }
    let mut cells: Vec<_> = least
        .into_iter()
        .flatten()
        .map(|count| count.to_string())
        .collect();
    cells.push(match (texts.first(), texts.last()) {
        (Some(Some(first)), Some(Some(last))) => format!("{first}, {last}"),
        _ => "not kept by this server".to_owned(),
    });
    Ok(cells)
}
