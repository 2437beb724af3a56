//! Opening a sandbox.

use std::sync::Arc;
use std::time::Duration;

use smoke_core::rollback::Terms;
use smoke_core::rollback::absent::{OPENING, not_opened_in_time, patience};
use smoke_core::rollback::acting::as_session;
use smoke_core::rollback::gate::lock;
use smoke_core::rollback::queue::{self, Look};
use smoke_core::{HandleToken, OpenRequest, Opened, Result};
use sqlx::pool::PoolConnection;
use sqlx::{ConnectOptions, Error, Pool};

use crate::database::{Database, Options};
use crate::hooks::guarded;
use crate::levels;
use crate::rollback::Rollback;
use crate::session::Session;
use crate::shared::Shared;
use crate::verdict::{not_connected, not_opened};

/// Connects, sets the connection up, begins the transaction and returns the pool.
pub(crate) async fn open<DB: Database>(
    rollback: &Rollback<DB>,
    request: OpenRequest,
) -> Result<Opened<Pool<DB>>> {
    let choices = rollback.choices();
    let options = rollback
        .connect_options()
        .map_err(|error| not_opened::<DB>(&error))?;
    let options = DB::for_sandbox(options);
    let (way, _relay) = if choices.savepoint_each_statement {
        DB::by_way_of_relay(&options).await?
    } else {
        (options.clone(), None)
    };
    let savepoints = levels::savepoints();
    let guard = savepoints.guard();
    let shared = Arc::new(Shared::<DB>::new(
        savepoints,
        options.clone(),
        rollback.on_top(),
    ));
    let witness = shared.gate.witness();
    if DB::ENDS_ON_ITS_OWN {
        witness.listen();
    }
    let terms = choices.terms(guard, &request, DB::WRITES, witness);
    let (token, watching) = HandleToken::new();
    let pool_options = rollback
        .hooks()
        .max_connections(1)
        .min_connections(0)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(patience(request.limit));
    let pool = guarded(pool_options, Arc::clone(&shared), token).connect_lazy_with(way);
    let opening = async {
        let mut connection = connect(&pool, &options).await?;
        let outside = prepare(rollback, &mut connection, &shared, &terms).await?;
        drop(connection);
        // A task of its own gives it back.
        while pool.num_idle() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok::<_, smoke_core::Error>(outside)
    };
    let opened = tokio::time::timeout(OPENING, opening).await;
    let outside = opened.unwrap_or_else(|_| Err(not_opened_in_time()))?;
    shared.opened(pool.clone(), outside);
    watch(&shared, patience(request.limit));
    Ok(Opened {
        pool,
        session: Arc::new(Session::new(shared, watching, patience(request.limit))),
    })
}

/// Has the queue see whether somebody has the connection, until the sandbox is over. Nobody is told
/// who waits for it.
fn watch<DB: Database>(shared: &Arc<Shared<DB>>, patience: Duration) {
    let queue = Arc::clone(shared.gate.queue());
    let shared = Arc::clone(shared);
    queue::watch(queue, patience, move || {
        let pool = shared.pool().filter(|_| !shared.gate.is_closed())?;
        Some(Look {
            is_out: pool.num_idle() == 0,
            is_awaited: false,
        })
    });
}

/// Has the pool connect, once and for all.
async fn connect<DB: Database>(
    pool: &Pool<DB>,
    options: &Options<DB>,
) -> Result<PoolConnection<DB>> {
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

/// Turns the connection into the one of a sandbox.
async fn prepare<DB: Database>(
    rollback: &Rollback<DB>,
    connection: &mut DB::Connection,
    shared: &Shared<DB>,
    terms: &Terms,
) -> Result<DB::Outside> {
    let outside = DB::seize(connection).await?;
    let begun = async {
        for setup in rollback.setups() {
            setup(connection).await?;
        }
        DB::make_ready(connection, &outside).await?;
        levels::begin::<DB>(connection, DB::begin(terms, &outside)).await?;
        DB::begun(connection, &outside).await?;
        let prove = lock(&shared.savepoints).prove();
        DB::run(connection, prove).await
    };
    begun.await.map_err(|error| not_opened::<DB>(&error))?;
    Ok(outside)
}
