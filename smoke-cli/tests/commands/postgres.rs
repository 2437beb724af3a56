//! A fleet on a real database, which counts what its replicas do.

use std::sync::atomic::{AtomicI64, Ordering};

use smoke_sqlx::Rollback;
use smoke_tower::{Registry, Result, Sandbox, Test};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, raw_sql};

use crate::dns::{Dns, a, on_one_port};
use crate::fleet::RUNTIME;
use crate::smoke::{BUILD, TOKEN, running_gate};
use crate::tests;

tests![one_replica_of_a_fleet_writes_and_all_of_it_is_rolled_back];

/// How often something was sold, as those say who sold it.
static SOLD: AtomicI64 = AtomicI64::new(0);

const INSTANCES: [&str; 5] = ["web_1", "web_2", "web_3", "web_4", "web_5"];

/// A schema in which each order takes a number of its instance's own sequence: no rollback gives it back.
struct Database {
    options: PgConnectOptions,
    schema: String,
}

impl Database {
    fn new() -> Self {
        let url = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
            "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        let schema = format!("fleet_{}", std::process::id());
        let options: PgConnectOptions = url.parse().unwrap();
        let options = options.options([("search_path", &*schema)]);
        let database = Self { options, schema };
        let sequences = INSTANCES.map(|instance| format!("CREATE SEQUENCE sold_{instance};"));
        database.run(&format!(
            "CREATE SCHEMA {}; {} CREATE TABLE orders (\
             id BIGINT DEFAULT nextval('sold_' || current_setting('shop.instance')))",
            database.schema,
            sequences.concat()
        ));
        database
    }

    fn connected<T>(&self, work: impl AsyncFnOnce(&mut PgConnection) -> T) -> T {
        RUNTIME.block_on(async {
            let connection = PgConnection::connect_with(&self.options).await;
            work(&mut connection.unwrap()).await
        })
    }

    fn run(&self, sql: &str) {
        self.connected(async |connection| {
            let run = raw_sql(AssertSqlSafe(sql)).execute(connection);
            run.await.unwrap();
        });
    }

    /// How often each instance has inserted, and how many of the orders are there.
    fn counted(&self) -> (Vec<i64>, i64) {
        self.connected(async |connection| {
            let mut sold = Vec::new();
            for instance in INSTANCES {
                let last = "CASE WHEN is_called THEN last_value ELSE 0 END";
                let sql = AssertSqlSafe(format!("SELECT {last} FROM sold_{instance}"));
                let sold_there = sqlx::query_scalar(sql).fetch_one(&mut *connection);
                sold.push(sold_there.await.unwrap());
            }
            let orders = sqlx::query_scalar("SELECT count(*) FROM orders");
            (sold, orders.fetch_one(connection).await.unwrap())
        })
    }

    /// What a replica is made of whose one test of what all share sells something.
    fn registry(&self, instance: &'static str, build: &str) -> Registry {
        async fn sells(db: Sandbox<PgPool>) -> Result {
            let order = "INSERT INTO orders DEFAULT VALUES";
            sqlx::query(order).execute(&*db).await?;
            SOLD.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
        let options = self.options.clone().options([("shop.instance", instance)]);
        Registry::new()
            .token(TOKEN)
            .instance(instance)
            .build_id(build)
            .rollback(Rollback::<Postgres>::with_options(options))
            .test(Test::new("shop::sells", sells))
            .test(Test::new("shop::heap", async || {}).instance())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.run(&format!("DROP SCHEMA {} CASCADE", self.schema));
    }
}

fn one_replica_of_a_fleet_writes_and_all_of_it_is_rolled_back() {
    let (dns, database, replicas) = (Dns::start(), Database::new(), on_one_port(&INSTANCES));
    for (replica, instance) in replicas.iter().zip(INSTANCES) {
        let build = if instance == "web_5" {
            "0badf00"
        } else {
            BUILD
        };
        replica.serves(database.registry(instance, build));
    }
    let records = replicas
        .iter()
        .map(|replica| ("web.shop.test.", a(replica.address)));
    let records: Vec<_> = records.collect();
    dns.has(&records);
    let server = dns.address.to_string();
    let target = format!("dns+http://web.shop.test:{}", replicas[0].address.port());
    let mut gate = running_gate(&["--dns-server", &server, "--expect-replicas", "4", &target]);
    // Once each of them has answered, the one that the deploy leaves behind vanishes.
    gate.until(&format!("  other {} web_5", replicas[4].url()));
    for (replica, instance) in replicas.iter().zip(INSTANCES).take(4) {
        gate.until(&format!(" passed {} {instance}", replica.url()));
    }
    dns.has(&records[..4]);
    let (code, out) = gate.end();
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("PASS 4 of 4 passed"), "{out}");
    // One at first, and one in each of the two rounds that count: all by the same replica, unless the machine held
    // that one up.
    let sold = SOLD.load(Ordering::SeqCst);
    let (counted, left) = database.counted();
    let most = counted.iter().copied().max().unwrap_or_default();
    assert!(
        sold >= 3 && counted.iter().sum::<i64>() == sold,
        "{counted:?}"
    );
    assert!(2 * most >= sold, "{counted:?}");
    assert_eq!(left, 0);
}
