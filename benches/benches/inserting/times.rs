//! The time of runs, beside the bare statements on one connection.

use anyhow::Result;
use benches::database::Database;
use benches::inserting::{
    Through, by_hand, by_hand_connecting_each_time, on_a_worker, run, runner,
};
use benches::page::{Page, Table, beside, millis};
use benches::rounds::{Subject, take_turns, timed};
use benches::way::Way;

use crate::{Bench, Measurement};

struct Times {
    rounds: usize,
}

pub(crate) fn measure(bench: &Bench) -> Result<()> {
    let rounds = bench.scale.choose(1, 7);
    let mut page = Page::new("Tests that insert a row");
    page.say(&format!(
        "Runs of {} tests, each of which inserts one row, opening and closing of connections \
         included. By hand is the same statements (`BEGIN`, `INSERT`, `ROLLBACK`) with the same \
         library, all on one connection or each on its own; blocking libraries without a change of \
         threads. In each of {rounds} rounds everything in a row of the table has one turn.",
        bench.tests
    ));
    page.say(
        "Least / median in milliseconds; in brackets how many times the median by hand on one \
         connection.",
    );
    bench.tables(&Times { rounds }, &mut page)?;
    page.show("times")
}

impl Measurement for Times {
    fn name(&self) -> &'static str {
        "times"
    }

    fn columns<D: Database>(&self, _: &Bench) -> Result<Option<Vec<String>>> {
        let mut columns = vec![
            "by hand".to_owned(),
            "by hand, a connection each".to_owned(),
        ];
        for lanes in 1..=D::LANES {
            let plural = if lanes == 1 { "" } else { "s" };
            columns.push(format!("pool, {lanes} lane{plural}"));
            columns.push(format!("handler, {lanes} lane{plural}"));
        }
        Ok(Some(columns))
    }

    fn rows<W: Way>(&self, bench: &Bench, table: &mut Table) -> Result<()> {
        let Bench { runtime, tests, .. } = bench;
        let database = runtime.block_on(W::Database::new())?;
        let url = database.url();
        let mut subjects: Vec<Subject<'_>> = vec![
            Box::new(|| timed(|| on_a_worker(runtime, by_hand::<W>(url.to_owned(), *tests)))),
            Box::new(|| {
                let work = by_hand_connecting_each_time::<W>(url.to_owned(), *tests);
                timed(|| on_a_worker(runtime, work))
            }),
        ];
        for lanes in 1..=W::Database::LANES {
            for through in [Through::Pool, Through::Handler] {
                let runner = runner::<W>(url, *tests, through, lanes);
                subjects.push(Box::new(move || {
                    timed(|| runtime.block_on(run(&runner)).map(drop))
                }));
            }
        }
        let times = take_turns(self.rounds, &mut subjects)?;
        drop(subjects);
        let by_hand = &times[0];
        let mut cells = vec![millis(by_hand)];
        cells.extend(times[1..].iter().map(|times| beside(times, by_hand)));
        table.row(W::NAME, &cells);
        runtime.block_on(database.remove())
    }
}
