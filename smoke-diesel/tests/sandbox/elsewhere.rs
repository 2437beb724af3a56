//! An address may lead to several servers: on another one the number of a connection is somebody else's.

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel_async::{
    AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use smoke_conformance::eventually;
use smoke_core::Opened;
use smoke_diesel::bb8;
use smoke_rollback::dialect::mysql::{Sight, Who};
use smoke_rollback::dialect::postgres::{Facts, count, terminate};
use uuid::Uuid;

use crate::subject::mariadb::{Login, Mariadb};
use crate::subject::postgres::url;
use crate::subject::{PATIENCE, Subject, is_lost, open};

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
        let asked = facts(server).fate_of(&number.to_string());
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
    // Through a Unix socket there are no ports.
    let url = format!("{}?prefer_socket=false", subject.url());
    let mut somebody = AsyncMysqlConnection::establish(&url).await.unwrap();
    let asked = sql::<Text>(&Who::ask()).get_result::<String>(&mut somebody);
    let Who {
        number,
        place: here,
        port,
    } = Who::read(&asked.await.unwrap()).unwrap();
    let mut other = AsyncMysqlConnection::establish(&url).await.unwrap();
    let cases = [
        ("00", &*port, None),
        (&here, "00", Some(Sight::Gone)),
        (&here, &port, Some(Sight::Listed)),
        (&here, &port, Some(Sight::Unlisted)),
    ];
    for (place, port, seen) in cases {
        let (place, port) = (place.to_owned(), port.to_owned());
        let who = Who {
            number,
            place,
            port,
        };
        let asked = sql::<Text>(&who.sight());
        let found: String = asked.get_result(&mut other).await.unwrap();
        assert_eq!(Sight::read(&found).ok(), seen, "{who:?}");
        let killed = match seen {
            Some(Sight::Gone) => continue,
            _ => other.batch_execute(&who.kill()).await,
        };
        assert_eq!(killed.is_ok(), seen == Some(Sight::Listed), "{killed:?}");
        if let Err(error) = killed {
            let was_gone = who.was_gone(&error.to_string());
            assert_eq!(was_gone, seen == Some(Sight::Unlisted), "{error}");
        }
        if seen.is_none() {
            somebody.batch_execute("SELECT 1").await.unwrap();
        }
        if seen == Some(Sight::Listed) {
            let is_it = format!("id = {number}");
            let look = async || listed(&mut subject.connect().await, &is_it).await;
            eventually(PATIENCE, look, |found| *found == 0)
                .await
                .unwrap();
        }
    }
    somebody.batch_execute("SELECT 1").await.unwrap_err();
}

/// How many connections are like that.
async fn listed(other: &mut AsyncMysqlConnection, how: &str) -> i64 {
    let count = format!("SELECT COUNT(*) FROM information_schema.processlist WHERE {how}");
    sql::<BigInt>(&count).get_result(other).await.unwrap()
}

/// What a trigger or a procedure does it does as its definer: the connection is then shown to be the
/// definer's, and to nobody else without the privilege to see it.
#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_in_a_trigger_of_somebody_else_is_not_taken_for_gone() {
    let (one, another) = (Login::new().await, Login::new().await);
    for (login, socket, may_end) in [
        (None, true, true),
        (None, false, true),
        (Some(&another), false, false),
    ] {
        let subject = Mariadb::new().await;
        let mut other = subject.connect().await;
        let lock = Uuid::new_v4();
        let trigger = format!(
            "CREATE DEFINER = {} TRIGGER slow BEFORE INSERT ON t FOR EACH ROW BEGIN DO GET_LOCK('{lock}', 30); END; \
             DO GET_LOCK('{lock}', 0)",
            one.account()
        );
        other.batch_execute(&trigger).await.unwrap();
        let url = login.map_or(subject.url(), |login| login.url(&subject));
        let url = format!("{url}?prefer_socket={socket}");
        let backend = bb8::Rollback::mysql(url).accept_implicit_commits();
        let Opened { pool, session } = open(&backend).await.unwrap();
        let running = tokio::spawn(async move {
            let ran = Mariadb::run(&pool, "INSERT INTO t VALUES (1)").await;
            ran.is_ok()
        });
        let waits = "state = 'User lock' AND db = DATABASE()";
        let look = async || listed(&mut subject.connect().await, waits).await;
        eventually(PATIENCE, look, |found| *found > 0)
            .await
            .unwrap();
        assert_eq!(session.cut().await, may_end, "{login:?}");
        let free = format!("DO RELEASE_LOCK('{lock}')");
        other.batch_execute(&free).await.unwrap();
        assert_eq!(running.await.unwrap(), !may_end);
        assert!(session.cut().await);
        let verdict = session.finish().await;
        assert!(is_lost(&verdict), "{verdict:?}");
        assert_eq!(subject.rows().await, 0);
    }
    for role in [one, another] {
        role.drop().await;
    }
}
