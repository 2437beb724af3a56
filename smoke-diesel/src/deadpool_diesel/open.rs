//! Opening a sandbox.

use std::sync::{Arc, Mutex};

use ::deadpool_diesel::{ManagerConfig, Runtime};
use deadpool::managed::{self, Hook, HookError, PoolError};
use diesel::r2d2::ConnectionManager;
use smoke_core::{Error, HandleToken, OpenRequest, Opened, Result};
use smoke_rollback::acting::{as_session, is_session};
use smoke_rollback::dialect::Dialect;
use smoke_rollback::gate::{Gate, Refusal};
use smoke_rollback::lock;
use smoke_rollback::not_connected;
use smoke_rollback::savepoints::Savepoints;
use smoke_rollback::{OPENING, Sandbox, Session, not_opened_in_time, patience};
use tokio::runtime::Handle;

use super::link::DeadpoolDiesel;
use super::rollback::{Rollback, Setup};
use super::{Manager, Pool};
use crate::blocking::{Connection, end_nested};
use crate::each_statement::{Relay, by_way_of_relay};
use crate::instrumentation::instrumentation;

/// What turns the pool's connection into the one of a sandbox, and what came of it.
struct Opener<C: Connection>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    sandbox: Arc<Sandbox<DeadpoolDiesel<C>>>,
    setups: Vec<Setup<C>>,
    failed: Mutex<Option<Error>>,
    runtime: Handle,
    _relay: Option<Relay>,
}

impl<C: Connection> Opener<C>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    async fn open(&self, connection: &mut C) -> Result {
        let not_begun = |error| Sandbox::<DeadpoolDiesel<C>>::not_begun(&error);
        let preparing = C::Dialect::prepare::<DeadpoolDiesel<C>>(connection);
        preparing.await.map_err(not_begun)?;
        let gate = Arc::clone(self.sandbox.gate());
        connection.set_instrumentation(instrumentation::<C::Dialect>(gate));
        for setup in &self.setups {
            setup(connection).map_err(not_begun)?;
        }
        self.sandbox.begin(connection, None).await
    }

    fn fail(&self, error: Error) {
        self.sandbox.gate().close();
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
    let own_url = rollback.url.clone();
    let link = DeadpoolDiesel::new(Arc::new(move || ConnectionManager::new(own_url.clone())));
    let sandbox = Sandbox::new(link, &rollback.choices, &request, Savepoints::new());
    let sandbox = Arc::new(sandbox);
    let opener = Arc::new(Opener::<C> {
        sandbox: Arc::clone(&sandbox),
        setups: rollback.setups.clone(),
        failed: Mutex::new(None),
        runtime: Handle::current(),
        _relay: relay,
    });
    let (token, handles) = HandleToken::new();
    let manager = Manager::from_config(
        url.as_deref().unwrap_or(&rollback.url),
        Runtime::Tokio1,
        config::<C>(),
    );
    let patience = patience(request.limit);
    let pool = Pool::<C>::builder(manager)
        .max_size(1)
        .wait_timeout(Some(patience))
        .runtime(Runtime::Tokio1)
        .post_create(begin(&opener, token))
        .pre_recycle(hand_out(sandbox.gate()))
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
            known.unwrap_or_else(|| not_connected::<DeadpoolDiesel<C>>(&said, Some(&rollback.url)))
        })
    };
    let connected = tokio::time::timeout(OPENING, connecting).await;
    let connected = connected.unwrap_or_else(|_| Err(not_opened_in_time()));
    connected.inspect_err(|_| sandbox.gate().close())?;
    Ok(Session::opened(sandbox, pool, handles, &request))
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
            opener.sandbox.gate().admit().map_err(refused)?;
            let opening = Arc::clone(&opener);
            let opened = object.interact(move |connection| {
                let runtime = opening.runtime.clone();
                runtime.block_on(opening.open(connection))
            });
            match opened.await {
                Ok(Ok(())) => return Ok(()),
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
