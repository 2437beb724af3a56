//! Databases that end a transaction on their own, and tables that know none.

use smoke_core::{Client, Outcome, Result};

use super::escapes::escapes;
use crate::backend::bench::{Bench, expect};
use crate::backend::{Database, Dialect};

pub(super) async fn commits<D: Database>(bench: &Bench<D>) -> Result<(), String> {
    if bench.database.dialect() != Dialect::Mysql {
        return Ok(());
    }
    for sql in [
        "CREATE TABLE smoke_conformance_more (id INTEGER)",
        "ALTER TABLE smoke_conformance ADD COLUMN more INTEGER",
        "TRUNCATE TABLE smoke_conformance",
        "START TRANSACTION",
        "SET autocommit = 0; SET autocommit = 1",
        "LOCK TABLES smoke_conformance READ",
    ] {
        escapes(bench, sql).await?;
        bench
            .nothing_stays()
            .await
            .map_err(|error| format!("{sql}: {error}"))?;
    }
    let more = "SELECT COUNT(*) FROM information_schema.columns \
                WHERE table_schema = DATABASE() AND (table_name = 'smoke_conformance_more' OR column_name = 'more')";
    match D::number(&bench.production, more).await? {
        0 => Ok(()),
        _ => Err("the statement that committed was carried out".to_owned()),
    }
}

pub(super) async fn tables_without_transactions<D: Database>(
    bench: &Bench<D>,
) -> Result<(), String> {
    if bench.database.dialect() != Dialect::Mysql {
        return Ok(());
    }
    let make = "CREATE OR REPLACE TABLE smoke_conformance_plain (id INTEGER) ENGINE = MyISAM";
    D::execute(&bench.production, make).await?;
    let body = async |client: Client| -> Result {
        let insert = "INSERT INTO smoke_conformance_plain VALUES (1)";
        let answer = client.post("/execute").body(insert).send().await?;
        answer.ensure_status(200)?;
        Ok(())
    };
    let found = expect(
        &bench.run(body).await,
        Outcome::Errored,
        "tables without transactions were written to, and what was written was NOT rolled back: smoke_conformance_plain",
    );
    D::execute(&bench.production, "DROP TABLE smoke_conformance_plain").await?;
    found
}
