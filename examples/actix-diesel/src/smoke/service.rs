//! The service as it runs: its configuration, its pool.

use diesel::prelude::*;
use diesel::sql_types::Integer;
use smoke_actix::{Client, Provided, Result, ensure, ensure_eq, ensure_ok, skip, smoke_test};

use super::ProductionPool;
use crate::config::Config;
use crate::db::each;

/// The database is where it survives a restart.
#[smoke_test]
async fn the_database_is_a_file(config: Provided<Config>) -> Result {
    let Some(path) = config.file() else {
        skip!("it is a server's")
    };
    ensure!(std::path::Path::new(path).is_file(), "{path} is not there");
    Ok(())
}

/// The pool still gives connections. The function blocks, so it runs on a thread of its own.
#[smoke_test(timeout = "6s")]
fn the_pool_gives_a_connection(production: Provided<ProductionPool>) -> Result {
    let one: i32 = each!(production.0, pool => {
        let mut connection = ensure_ok!(pool.get());
        diesel::select(1.into_sql::<Integer>()).get_result(&mut connection)?
    });
    ensure_eq!(one, 1);
    Ok(())
}

#[smoke_test]
async fn the_health_check_answers(client: Client) -> Result {
    let answer = client.get("/health").send().await?.ensure_status(200)?;
    ensure_eq!(answer.text()?, "OK\n");
    Ok(())
}

/// Is reported as skipped, so that nobody forgets it.
#[smoke_test(skip = "the mail server has no address for tests yet")]
async fn mail_arrives() {}
