//! One of several replicas of a service, which share a database. The environment says what is wrong
//! with it:
//!
//! | variable | holds |
//! |---|---|
//! | `PORT` | where it listens on loopback |
//! | `DATABASE` | the SQLite file, or the URL of PostgreSQL |
//! | `FOLDER` | where it looks for a file `broken`: as long as that is there, its instance test fails |
//! | `HOLD` | set where it is to get no traffic before a PASS |
//! | `NO_SCHEDULER` | set where nothing keeps its schedules |
//! | `TABLE` | the table that this build expects, `orders` unless set |

use std::env;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use diesel::r2d2::{ConnectionManager, Pool, R2D2Connection};
use diesel::{PgConnection, SqliteConnection};
use smoke_axum::smoke_core::{Backend, Limits, Registry, Runner, Schedule, Test};
use smoke_axum::{Client, Provided, Sandbox, SmokeLayer};
use smoke_diesel::r2d2::Rollback;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The pool that the application uses, on either database.
type Connections<C> = Pool<ConnectionManager<C>>;

/// Longer than any test takes: a second signal ends the drain.
const DRAIN: Duration = Duration::from_secs(120);

struct Shop<C: R2D2Connection + 'static> {
    pool: Connections<C>,
    table: Arc<str>,
}

impl<C: R2D2Connection + 'static> Clone for Shop<C> {
    fn clone(&self) -> Self {
        let (pool, table) = (self.pool.clone(), Arc::clone(&self.table));
        Self { pool, table }
    }
}

/// Where the file is that breaks this instance.
struct Broken(PathBuf);

async fn orders<C: R2D2Connection + 'static>(State(shop): State<Shop<C>>) -> StatusCode {
    let ordering = tokio::task::spawn_blocking(move || -> Result<()> {
        let sql = format!("INSERT INTO {} DEFAULT VALUES", shop.table);
        Ok(shop.pool.get()?.batch_execute(&sql)?)
    });
    match ordering.await {
        Ok(Ok(())) => StatusCode::CREATED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The service. `/` needs no database.
fn router<C: R2D2Connection + 'static>(shop: Shop<C>) -> Router {
    let port = env::var("PORT").unwrap_or_default();
    Router::new()
        .route("/", get(async move || port))
        .route("/orders", post(orders::<C>))
        .with_state(shop)
}

/// An order can be placed: a fault here is one that all replicas share.
async fn orders_can_be_placed(client: Client) -> smoke_axum::Result {
    client.post("/orders").send().await?.ensure_status(201)?;
    Ok(())
}

/// This instance is as it is to be.
async fn instance_is_well(broken: Provided<Broken>) -> smoke_axum::Result {
    smoke_axum::ensure!(!broken.0.exists(), "this instance is broken");
    Ok(())
}

fn registry<C, B>(shop: &Shop<C>, rollback: B) -> Result<Registry>
where
    C: R2D2Connection + 'static,
    B: Backend<Pool = Connections<C>>,
{
    let broken = PathBuf::from(env::var("FOLDER")?).join("broken");
    let table = Arc::clone(&shop.table);
    let period = Duration::from_millis(200);
    let registry = Registry::new()
        .provide(Broken(broken))
        .rollback(rollback)
        .app(smoke_axum::app(
            move |Sandbox(pool): Sandbox<Connections<C>>| {
                let table = Arc::clone(&table);
                router(Shop { pool, table })
            },
        ))
        .test(Test::new("orders_can_be_placed", orders_can_be_placed))
        .test(Test::new("instance_is_well", instance_is_well).instance())
        .schedule(Schedule::every(period).instance())
        .schedule(Schedule::every(period).shared())
        .limits(Limits::default().run(Duration::from_secs(2)))
        .open();
    Ok(match env::var_os("HOLD") {
        Some(_) => registry.hold_until_first_pass(),
        None => registry,
    })
}

/// How often probers have asked whether this replica is ready: `/asked`.
async fn count(State(asked): State<Arc<AtomicU64>>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/smoketest/ready") {
        asked.fetch_add(1, Ordering::SeqCst);
    }
    next.run(request).await
}

#[tokio::main]
async fn main() -> Result<()> {
    let url = env::var("DATABASE")?;
    if url.starts_with("postgres://") {
        serve(
            ConnectionManager::new(&url),
            Rollback::<ConnectionManager<PgConnection>>::postgres(&url),
        )
        .await
    } else {
        serve(
            ConnectionManager::new(&url),
            Rollback::<ConnectionManager<SqliteConnection>>::sqlite(&url),
        )
        .await
    }
}

async fn serve<C, B>(manager: ConnectionManager<C>, rollback: B) -> Result<()>
where
    C: R2D2Connection + 'static,
    B: Backend<Pool = Connections<C>>,
{
    // It connects when somebody asks, so that a replica starts without its database.
    let pool = Pool::builder()
        .min_idle(Some(0))
        .connection_timeout(Duration::from_secs(1))
        .build(manager)?;
    let table = env::var("TABLE").unwrap_or_else(|_| "orders".to_owned());
    let shop = Shop {
        pool,
        table: table.into(),
    };
    let runner = Runner::new(registry(&shop, rollback)?);
    let asked = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&asked);
    let app = router(shop)
        .layer(SmokeLayer::new(&runner))
        .layer(from_fn_with_state(asked, count))
        .route(
            "/asked",
            get(async move || told.load(Ordering::SeqCst).to_string()),
        );

    let port = env::var("PORT")?.parse().context("PORT")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    if env::var_os("NO_SCHEDULER").is_none() {
        runner.start();
    }
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            terminate.recv().await;
            runner.drain(DRAIN).await;
            runner.shutdown().await;
        })
        .await?;
    Ok(())
}
