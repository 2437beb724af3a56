//! Opening a sandbox.

use std::sync::{Arc, Mutex};

use smoke_core::{HandleToken, OpenRequest, Opened, Result};
use smoke_rollback::acting::as_session;
use smoke_rollback::dialect::Dialect;
use smoke_rollback::lock;
use smoke_rollback::{
    Link as _, Moved, OPENING, Sandbox, Session, check_out, kept_or_new, not_opened_in_time,
    patience,
};
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::{ConnectOptions, Error, Pool};

use crate::database::{Database, Options};
use crate::errors::{not_connected, not_opened};
use crate::levels;
use crate::link::Sqlx;
use crate::rollback::Rollback;

type Kept<DB> = Moved<Sqlx<DB>>;

/// Connects, sets the connection up, begins the transaction and returns the pool.
pub(crate) async fn open<DB: Database>(
    rollback: &Rollback<DB>,
    request: OpenRequest,
) -> Result<Opened<Pool<DB>>> {
    kept_or_new(&request.berth, |moved| open_on(rollback, &request, moved)).await
}

async fn open_on<DB: Database>(
    rollback: &Rollback<DB>,
    request: &OpenRequest,
    moved: Option<Kept<DB>>,
) -> Result<Opened<Pool<DB>>> {
    let choices = rollback.choices();
    let options = rollback
        .connect_options()
        .map_err(|error| not_opened::<DB>(&error))?;
    let options = DB::for_sandbox(options);
    let (way, _relay) = match (moved.is_some(), DB::placeholder()) {
        (true, Some(placeholder)) => (placeholder, None),
        _ if choices.savepoint_each_statement => DB::by_way_of_relay(&options).await?,
        _ => (options.clone(), None),
    };
    let link = Sqlx::new(options.clone(), rollback.on_top());
    let sandbox = Sandbox::new(link, choices, request, levels::savepoints());
    let sandbox = Arc::new(sandbox);
    let (token, handles) = HandleToken::new();
    let patience = patience(request.limit);
    let pool_options = rollback
        .hooks()
        .max_connections(1)
        .min_connections(0)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(patience);
    let pool_options = guarded(pool_options, Arc::clone(&sandbox), token);
    let (pool_options, known) = match moved {
        Some(moved) => {
            let outside = Arc::clone(&moved.outside);
            (in_the_place(pool_options, moved), Some(outside))
        }
        None => (pool_options, None),
    };
    let pool = pool_options.connect_lazy_with(way);
    let opening = async {
        let mut connection = connect(&pool, &options).await?;
        if known.is_none() {
            set_up(rollback, &mut connection)
                .await
                .map_err(|error| not_opened::<DB>(&error))?;
        }
        if let Err(error) = sandbox.begin(&mut connection, known).await {
            // Before another one is made in its place.
            sandbox.link().discard(connection).await;
            return Err(error);
        }
        // Now, and not in a task of its own.
        connection.return_to_pool().await;
        Ok::<_, smoke_core::Error>(())
    };
    let opened = tokio::time::timeout(OPENING, opening).await;
    opened.unwrap_or_else(|_| Err(not_opened_in_time()))?;
    sandbox.link().opened(pool.clone());
    Ok(Session::opened(sandbox, pool, handles, request))
}

/// Gives the pool a connection of a sandbox before in the place of the one that it has just made.
fn in_the_place<DB: Database>(options: PoolOptions<DB>, moved: Kept<DB>) -> PoolOptions<DB> {
    let moved = Mutex::new(Some(moved));
    options.after_connect(move |connection, _| {
        let moved = lock(&moved).take();
        Box::pin(async move {
            let mut moved = moved.ok_or(Error::PoolClosed)?;
            std::mem::swap(&mut moved.connection, connection);
            Ok(())
        })
    })
}

/// Has the connection handed out inside the transaction only, and counts how often. The token is
/// dropped with the pool.
fn guarded<DB: Database>(
    options: PoolOptions<DB>,
    sandbox: Arc<Sandbox<Sqlx<DB>>>,
    token: HandleToken,
) -> PoolOptions<DB> {
    let token = Arc::new(token);
    options.before_acquire(move |connection, _| {
        let (sandbox, _token) = (Arc::clone(&sandbox), &token);
        Box::pin(async move {
            if check_out(&sandbox, connection).await.is_err() {
                // The pool closes this connection and, being closed itself, connects no other.
                sandbox.gate().close();
                sandbox.link().shut_pool();
                return Ok(false);
            }
            Ok(true)
        })
    })
}

/// Has the pool connect, once and for all.
async fn connect<DB: Database>(
    pool: &Pool<DB>,
    options: &Options<DB>,
) -> Result<PoolConnection<DB>> {
    #[cfg(feature = "sqlite")]
    let _watching = DB::watch()?;
    let connected = as_session(pool.acquire()).await;
    pool.set_connect_options(DB::nowhere());
    match connected {
        Ok(connection) => Ok(connection),
        // The pool tries again and again, and keeps to itself what stands in the way.
        Err(Error::PoolTimedOut) => match options.connect().await {
            Err(error) => Err(not_connected::<DB>(&error, options)),
            Ok(_) => Err(smoke_core::Error::msg(
                "the pool gives no connection, though the database can be reached: \
                 does `after_connect` of its options fail (it is logged), or take too long?",
            )),
        },
        Err(error) => Err(not_connected::<DB>(&error, options)),
    }
}

/// Sets a connection up as the application's.
async fn set_up<DB: Database>(
    rollback: &Rollback<DB>,
    connection: &mut DB::Connection,
) -> Result<(), Error> {
    DB::Dialect::prepare::<Sqlx<DB>>(connection).await?;
    for setup in rollback.setups() {
        setup(connection).await?;
    }
    Ok(())
}
