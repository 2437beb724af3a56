//! A session of the sandbox's own: what it keeps is gone with it, and whose it is is known.

use smoke_conformance::eventually;
use smoke_rollback::dialect::postgres::{FACTS, Facts};
use smoke_testing::PATIENCE;
use smoke_testing::pooler::{Production, ask, connect, variable};
use tokio_postgres::SimpleQueryMessage;

use crate::application::Application;
use crate::{Sandbox, with_every_pool};

with_every_pool! {
    a_lock_of_the_session_goes_with_its_connection,
}

async fn a_lock_of_the_session_goes_with_its_connection<A: Application>() {
    let production = Production::new().await;
    let sandbox = Sandbox::<A>::open(&production.direct).await;
    let process = sandbox.pool.process().await;
    let lock = format!("SELECT pg_advisory_lock(88, {process})");
    sandbox.run(&lock).await.unwrap();
    let client = connect(&production.direct).await;
    let free = format!("SELECT pg_try_advisory_lock(88, {process})");
    assert_eq!(ask(&client, &free).await.get(0), Some("f"));
    assert!(sandbox.finish().await.is_rolled_back());
    let gone = eventually(
        PATIENCE,
        || ask(&client, &free),
        |row| row.get(0) == Some("t"),
    );
    gone.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superuser_is_told_from_an_ordinary_role() {
    for (url, role, bypasses) in [
        ("SMOKE_TEST_POSTGRES_ADMIN_URL", "postgres", true),
        ("SMOKE_TEST_POSTGRES_URL", "smoke", false),
    ] {
        let answer = connect(&variable(url)).await.simple_query(FACTS).await;
        let facts = answer
            .unwrap()
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
                _ => None,
            });
        let facts = Facts::read(facts.collect()).unwrap();
        assert_eq!(facts.user, role);
        assert_eq!(facts.bypasses_row_security, bypasses, "{role}");
    }
}
