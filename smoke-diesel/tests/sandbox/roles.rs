//! Roles of PostgreSQL that an application takes on.

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;

use crate::subject::postgres::OnPostgres;
use crate::subject::role::{Role, user};
use crate::subject::{PATIENCE, Sandbox, on_postgres, open};

on_postgres! {
    a_role_of_a_transaction_does_not_keep_the_sandbox_from_ending,
    a_login_that_takes_on_a_role_can_be_ended_from_outside,
}

async fn a_role_of_a_transaction_does_not_keep_the_sandbox_from_ending<S: OnPostgres>() {
    let role = Role::to_take_on().await;
    let sandbox = Sandbox::<S>::open().await;
    let take_on = format!("SET LOCAL ROLE {}", role.0);
    let work = S::transaction(&sandbox.pool, &take_on, true);
    let ((), left) = sandbox.request(work).await;
    left.unwrap();
    let (_, verdict) = sandbox.finish().await;
    assert!(verdict.is_rolled_back(), "{verdict:?}");
    role.drop().await;
}

async fn a_login_that_takes_on_a_role_can_be_ended_from_outside<S: OnPostgres>() {
    let (subject, role) = (S::new().await, Role::new().await);
    role.alter(&format!("SET role = {}", user())).await;
    let opened = open(&subject.at(role.url())).await.unwrap();
    S::run(&opened.pool, "INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let mut production = subject.postgres().connect().await;
    let processes = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'",
        role.0
    );
    let count = async |production: &mut _| -> i64 {
        sql::<BigInt>(&processes)
            .get_result(production)
            .await
            .unwrap()
    };
    let held = S::hold(&opened.pool).await;
    opened.session.cut().await;
    let gone = async { while count(&mut production).await > 0 {} };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    drop((held, opened.pool));
    opened.session.finish().await;
    drop(subject);
    role.drop().await;
}
