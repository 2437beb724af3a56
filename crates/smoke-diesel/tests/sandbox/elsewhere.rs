//! An address may lead to several servers: on another one the number of a connection is somebody else's.

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel_async::{
    AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use smoke_core::rollback::mysql::{self, Who};
use smoke_core::rollback::postgres::{Facts, count, terminate};

use crate::subject::Subject;
use crate::subject::mariadb::Mariadb;
use crate::subject::postgres::url;

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_of_another_postgres_is_ended() {
    let mut somebody = AsyncPgConnection::establish(&url()).await.unwrap();
    let process: i32 = sql::<Integer>("SELECT pg_backend_pid()")
        .get_result(&mut somebody)
        .await
        .unwrap();
    let since = "SELECT (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text";
    let here: String = sql::<Text>(since).get_result(&mut somebody).await.unwrap();
    let facts = |server: &str| Facts {
        who: format!("pid = {process}"),
        process,
        writes: true,
        may_make_tables: true,
        client: None,
        client_port: None,
        server_port: None,
        user: "shop".to_owned(),
        bypasses_row_security: false,
        server: server.to_owned(),
    };
    let mut other = AsyncPgConnection::establish(&url()).await.unwrap();
    for own_process in [true, false] {
        let who = facts("1").who(own_process, "guard");
        for ask in [count(&who), terminate(&who)] {
            let error = other.batch_execute(&ask).await.unwrap_err().to_string();
            assert!(error.contains("another server answered"), "{error}");
            other.batch_execute("ROLLBACK").await.unwrap();
        }
    }
    let number: i64 = sql::<BigInt>("SELECT txid_current()")
        .get_result(&mut somebody)
        .await
        .unwrap();
    for (server, knows) in [("1", false), (&*here, true)] {
        let asked = facts(server).fate_of(number);
        let fate: Option<String> = sql::<Nullable<Text>>(&asked)
            .get_result(&mut other)
            .await
            .unwrap();
        assert_eq!(fate.is_some(), knows, "{fate:?}");
    }
    somebody.batch_execute("SELECT 1").await.unwrap();
    let who = facts(&here).who(true, "guard");
    other.batch_execute(&terminate(&who)).await.unwrap();
    somebody.batch_execute("SELECT 1").await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_of_another_mariadb_is_ended() {
    let subject = Mariadb::new().await;
    let mut somebody = AsyncMysqlConnection::establish(&subject.url())
        .await
        .unwrap();
    let asked = sql::<(BigInt, Text, Text)>(mysql::WHO).get_result(&mut somebody);
    let (number, here, host): (i64, String, String) = asked.await.unwrap();
    let mut other = AsyncMysqlConnection::establish(&subject.url())
        .await
        .unwrap();
    for (place, host, counted) in [("00", &*host, -1), (&here, "00", 0), (&here, &host, 1)] {
        let (place, host) = (place.to_owned(), host.to_owned());
        let who = Who {
            number,
            place,
            host,
        };
        let found: i64 = sql::<BigInt>(&who.count())
            .get_result(&mut other)
            .await
            .unwrap();
        assert_eq!(found, counted, "{who:?}");
        if counted != 0 {
            let killed = other.batch_execute(&who.kill()).await;
            assert_eq!(killed.is_ok(), counted == 1, "{who:?}: {killed:?}");
            let lives = somebody.batch_execute("SELECT 1").await.is_ok();
            assert_eq!(lives, counted != 1, "{who:?}");
        }
    }
}
