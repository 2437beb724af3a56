//! Runs of tests that insert a row each, in three measurements.

mod beside_a_writer;
mod counts;
mod times;

use anyhow::Result;
use benches::database::{Database, MariadbDatabase, PostgresDatabase, SqliteDatabase};
use benches::inserting::runtime;
use benches::page::{Page, Table};
use benches::scale::Scale;
use benches::way::{
    Bb8Mariadb, Bb8Postgres, DeadpoolDieselPostgres, DeadpoolDieselSqlite, DeadpoolMariadb,
    DeadpoolPostgres, R2d2Mariadb, R2d2Postgres, R2d2Sqlite, SqlxMariadb, SqlxPostgres, SqlxSqlite,
    Way,
};
use tokio::runtime::Runtime;

/// What the measurements have in common.
struct Bench {
    scale: Scale,
    runtime: Runtime,
    /// How many tests a run has.
    tests: usize,
}

/// A table for each database, with rows for each way to it.
trait Measurement {
    /// Its name, for who chooses it on the command line.
    fn name(&self) -> &'static str;

    /// The figures' names. None where there is nothing to measure.
    fn columns<D: Database>(&self, bench: &Bench) -> Result<Option<Vec<String>>>;

    /// Measures one way.
    fn rows<W: Way>(&self, bench: &Bench, table: &mut Table) -> Result<()>;
}

fn main() -> Result<()> {
    let scale = Scale::asked_for();
    let bench = Bench {
        tests: scale.choose(3, 100),
        runtime: runtime()?,
        scale,
    };
    times::measure(&bench)?;
    counts::measure(&bench)?;
    beside_a_writer::measure(&bench)
}

impl Bench {
    /// Adds a table for each database.
    fn tables(&self, measurement: &impl Measurement, page: &mut Page) -> Result<()> {
        if let Some(mut table) = self.table::<PostgresDatabase>(measurement)? {
            self.rows::<DeadpoolPostgres>(measurement, &mut table)?;
            self.rows::<Bb8Postgres>(measurement, &mut table)?;
            self.rows::<SqlxPostgres>(measurement, &mut table)?;
            self.rows::<R2d2Postgres>(measurement, &mut table)?;
            self.rows::<DeadpoolDieselPostgres>(measurement, &mut table)?;
            page.table(&table);
        }
        if let Some(mut table) = self.table::<MariadbDatabase>(measurement)? {
            self.rows::<DeadpoolMariadb>(measurement, &mut table)?;
            self.rows::<Bb8Mariadb>(measurement, &mut table)?;
            self.rows::<SqlxMariadb>(measurement, &mut table)?;
            self.rows::<R2d2Mariadb>(measurement, &mut table)?;
            page.table(&table);
        }
        if let Some(mut table) = self.table::<SqliteDatabase>(measurement)? {
            self.rows::<R2d2Sqlite>(measurement, &mut table)?;
            self.rows::<DeadpoolDieselSqlite>(measurement, &mut table)?;
            self.rows::<SqlxSqlite>(measurement, &mut table)?;
            page.table(&table);
        }
        Ok(())
    }

    fn table<D: Database>(&self, measurement: &impl Measurement) -> Result<Option<Table>> {
        let Some(mut columns) = measurement.columns::<D>(self)? else {
            return Ok(None);
        };
        let version = self.runtime.block_on(async {
            let database = D::new().await?;
            let version = database.version().await?;
            database.remove().await?;
            anyhow::Ok(version)
        })?;
        // Without what a distribution adds.
        let version = version.split([' ', '-']).next().unwrap_or_default();
        columns.insert(0, format!("{} {version}", D::NAME));
        Ok(Some(Table::new(&columns)))
    }

    fn rows<W: Way>(&self, measurement: &impl Measurement, table: &mut Table) -> Result<()> {
        let name = format!("{}/{}, {}", measurement.name(), W::Database::NAME, W::NAME);
        if !self.scale.includes(&name) {
            return Ok(());
        }
        // Whoever waits sees how far it is.
        eprintln!("{name}");
        measurement.rows::<W>(self, table)
    }
}
