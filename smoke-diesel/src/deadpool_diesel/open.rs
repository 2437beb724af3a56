//! Opening a sandbox.

use std::sync::{Arc, Mutex, OnceLock};

use ::deadpool_diesel::{ManagerConfig, Runtime};
use deadpool::managed::{self, Hook, HookError, PoolError};
use diesel::r2d2::ConnectionManager;
use smoke_core::rollback::acting::{as_session, is_session};
use smoke_core::rollback::postgres::each_statement::Relay;
use smoke_core::{Error, HandleToken, OpenRequest, Opened, Result};

use super::rollback::{Rollback, Setup};
use super::session::Session;
use super::{Manager, Pool};
use crate::absent::{OPENING, not_opened_in_time, patience};
use crate::dialect::{Dialect, Terms};
use crate::each_statement::by_way_of_relay;
use crate::gate::{Gate, Refusal, lock};
use crate::queue;
use crate::r2d2::Connection;
use crate::savepoints::Savepoints;
use crate::steps::blocking::end_nested;
use crate::verdict::{not_begun, not_connected};
use crate::witness::instrumentation;

/// What turns the pool's connection into the one of a sandbox, and what came of it.
struct Opener<C: Connection> {
    gate: Arc<Gate>,
    url: String,
    setups: Vec<Setup<C>>,
    terms: Terms,
    outside: OnceLock<Arc<C::Outside>>,
    failed: Mutex<Option<Error>>,
    _relay: Option<Relay>,
}

impl<C: Connection> Opener<C> {
    fn open(&self, connection: &mut C) -> Result<C::Outside> {
        let url = self.url.clone();
        let manager: Arc<dyn Fn() -> ConnectionManager<C> + Send + Sync> =
            Arc::new(move || ConnectionManager::new(url.clone()));
        let outside = connection.seize(&manager)?;
        connection.set_instrumentation(instrumentation::<C::Dialect>(Arc::clone(&self.gate)));
        for setup in &self.setups {
            setup(connection).map_err(|error| not_begun::<C::Dialect>(&error))?;
        }
        connection.begin(&outside, &self.terms, &self.gate)?;
        self.gate.witness().begin();
        Ok(outside)
    }

    fn fail(&self, error: Error) {
        self.gate.close();
        lock(&self.failed).get_or_insert(error);
    }
}

/// Connects, sets the connection up, begins the transaction and returns the pool.
pub(super) async fn open<C: Connection>(
    rollback: &Rollback<C>,
    request: OpenRequest,
) -> Result<Opened<Pool<C>>>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    let wanted = rollback.choices.savepoint_each_statement;
    let (url, relay) = by_way_of_relay(wanted, Some(&rollback.url)).await?.unzip();
    let savepoints = Savepoints::new();
    let gate = Arc::new(Gate::default());
    let opener = Arc::new(Opener::<C> {
        gate: Arc::clone(&gate),
        url: rollback.url.clone(),
        setups: rollback.setups.clone(),
        terms: rollback.choices.terms(
            savepoints.guard(),
            &request,
            C::Dialect::WRITES,
            gate.witness(),
        ),
        outside: OnceLock::new(),
        failed: Mutex::new(None),
        _relay: relay,
    });
    let (token, watch) = HandleToken::new();
    let manager = Manager::from_config(
        url.as_deref().unwrap_or(&rollback.url),
        Runtime::Tokio1,
        config::<C>(),
    );
    let pool = Pool::<C>::builder(manager)
        .max_size(1)
        .wait_timeout(Some(patience(request.limit)))
        .runtime(Runtime::Tokio1)
        .post_create(begin(&opener, token))
        .pre_recycle(hand_out(&gate))
        .build()?;
    let connecting = async {
        let _watching = C::watch()?;
        as_session(pool.get()).await.map(drop).map_err(|error| {
            let said = match error {
                // Without what the pool says of where it said it.
                PoolError::Backend(::deadpool_diesel::Error::Connection(error)) => {
                    error.to_string()
                }
                error => error.to_string(),
            };
            let known = lock(&opener.failed).take();
            known.unwrap_or_else(|| not_connected::<C::Dialect>(&said, Some(&rollback.url)))
        })
    };
    let connected = tokio::time::timeout(OPENING, connecting).await;
    let connected = connected.unwrap_or_else(|_| Err(not_opened_in_time()));
    let outside = connected
        .and_then(|()| {
            let outside = opener.outside.get().cloned();
            outside.ok_or_else(|| Error::msg("the connection was not set up"))
        })
        .inspect_err(|_| gate.close())?;
    queue::watch(&pool, &gate, patience(request.limit));
    let session = Session::new(pool.clone(), gate, watch, savepoints, outside);
    Ok(Opened {
        pool,
        session: Arc::new(session),
    })
}

/// No query of the pool's own: what the check-out needs to know its hook asks.
fn config<C: diesel::Connection>() -> ManagerConfig<C> {
    ManagerConfig {
        recycling_method: ::deadpool_diesel::RecyclingMethod::CustomFunction(Box::new(|_| Ok(()))),
    }
}

/// Has the first connection begin the transaction, and refuses every other.
fn begin<C: Connection>(opener: &Arc<Opener<C>>, token: HandleToken) -> Hook<Manager<C>>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    let opener = Arc::clone(opener);
    Hook::async_fn(move |object: &mut ::deadpool_diesel::Connection<C>, _| {
        // Dropped with the pool.
        let _token = &token;
        let opener = Arc::clone(&opener);
        Box::pin(async move {
            opener.gate.admit().map_err(refused)?;
            let opening = Arc::clone(&opener);
            let opened = object.interact(move |connection| opening.open(connection));
            match opened.await {
                Ok(Ok(outside)) => {
                    let _ = opener.outside.set(Arc::new(outside));
                    return Ok(());
                }
                Ok(Err(error)) => opener.fail(error),
                Err(_) => opener.fail(Error::msg("the set-up of the connection panicked")),
            }
            Err(refused(Refusal::Closed))
        })
    })
}

/// Hands the connection out while the sandbox is open only, and counts that.
fn hand_out<C: Connection>(gate: &Arc<Gate>) -> Hook<Manager<C>>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    let gate = Arc::clone(gate);
    Hook::async_fn(move |object: &mut ::deadpool_diesel::Connection<C>, _| {
        let gate = Arc::clone(&gate);
        Box::pin(async move {
            if is_session() {
                return Ok(());
            }
            if gate.is_closed() {
                return Err(refused(Refusal::Closed));
            }
            let turn = gate.queue().turn();
            if object.interact(end_nested).await.is_err() {
                gate.lose("the application panicked while it used the connection");
                return Err(refused(Refusal::Lost));
            }
            gate.checked_out();
            turn.take();
            Ok(())
        })
    })
}

fn refused(refusal: Refusal) -> HookError<::deadpool_diesel::Error> {
    HookError::message(refusal.to_string())
}
