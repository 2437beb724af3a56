//! Statements that are prepared, and tables that are not what they were.

use diesel::QueryDsl;
use smoke_core::Registry;

use crate::place::postgres::{Pool, Postgres};
use crate::place::{HELD, Place};
use crate::runs::{assert_passed_but, run, test};

diesel::table! {
    goods (name) {
        name -> Text,
    }
}

/// Asks with a statement that is prepared once for each connection.
async fn names(pool: &Pool) -> Result<Vec<String>, String> {
    let mut connection = pool.get().await.map_err(|error| error.to_string())?;
    let query = goods::table.select(goods::name);
    let names = diesel_async::RunQueryDsl::load(query, &mut connection);
    names.await.map_err(|error| error.to_string())
}

/// The library keeps prepared statements with the connection. One that was prepared for a table of
/// other columns fails for good there, and passes on another connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_one_test_does_not_spoil_the_statements_of_the_next() {
    let place = Postgres::new().await;
    place
        .execute("CREATE TABLE goods (name TEXT); INSERT INTO goods VALUES ('tea')")
        .await;
    let shadows = test::<Postgres, _>("a_shadows", async |pool| {
        Postgres::run(&pool, "CREATE TEMPORARY TABLE goods (name VARCHAR)").await?;
        let names = names(&pool).await?;
        names
            .is_empty()
            .then_some(())
            .ok_or("the other one was read")?;
        Ok(())
    });
    let asks = test::<Postgres, _>("b_asks", async |pool| {
        let names = names(&pool).await?;
        (names == ["tea"]).then_some(()).ok_or(format!("{names:?}"))
    });
    let registry = Registry::new().rollback(place.moving(HELD));
    let report = run(registry.test(shadows).test(asks)).await;
    assert_passed_but(&report, &[]);
    place.made().await;
}
