//! Opening a sandbox.

use std::sync::{Arc, Mutex, OnceLock};

use diesel_async::pooled_connection::ManagerConfig;
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use smoke_core::rollback::acting::as_session;
use smoke_core::{HandleToken, OpenRequest, Opened, Result};
use tokio::sync::oneshot;

use super::checkout::check;
use super::opener::{Opener, by};
use super::session::Session;
use super::{Connection, Manager, Missing, Rollback, SandboxPool};
use crate::absent::{OPENING, not_opened_in_time, patience};
use crate::dialect::Dialect;
use crate::each_statement::by_way_of_relay;
use crate::gate::Gate;
use crate::savepoints::Savepoints;
use smoke_core::rollback::redact;

pub(super) async fn open<P, C>(rollback: &Rollback<P, C>, request: OpenRequest) -> Result<Opened<P>>
where
    P: SandboxPool<Connection = C>,
    C: Connection,
{
    if rollback.url.is_none() {
        C::Dialect::admit_manager()?;
    }
    let wanted = rollback.choices.savepoint_each_statement;
    let relayed = by_way_of_relay(wanted, rollback.url.as_deref()).await?;
    let (connect, url, relay) = match relayed {
        Some((url, relay)) => {
            let url = Arc::from(url);
            (by(Arc::clone(&url)), Some(url), Some(relay))
        }
        None => (Arc::clone(&rollback.connect), rollback.url.clone(), None),
    };
    let gate = Arc::new(Gate::default());
    let savepoints = Savepoints::new();
    let server_side = Arc::new(OnceLock::new());
    let (token, watch) = HandleToken::new();
    let (failed, failure) = oneshot::channel();
    let terms = Arc::new(rollback.choices.terms(
        savepoints.guard(),
        &request,
        C::Dialect::WRITES,
        gate.witness(),
    ));
    let opener = Arc::new(Opener {
        connect,
        url,
        gate: Arc::clone(&gate),
        setups: rollback.setups.clone(),
        terms: Arc::clone(&terms),
        server_side: Arc::clone(&server_side),
        failed: Mutex::new(Some(failed)),
        _token: token,
        _relay: relay,
    });
    let mut config = ManagerConfig::default();
    config.recycling_method = check(Arc::clone(&gate), terms);
    config.custom_setup = Box::new(move |_url| {
        let opener = Arc::clone(&opener);
        async move { opener.open().await }.boxed()
    });
    let manager = Manager::new_with_config(String::new(), config);
    let pool = P::build(manager, patience(request.limit))?;
    let connecting = Box::pin(as_session(pool.take(OPENING)));
    let connected = match tokio::time::timeout(OPENING, select(failure, connecting)).await {
        Ok(Either::Left((Ok(error), _))) => Err(error),
        Ok(Either::Left((Err(_), connecting))) => connecting.await.map_err(said),
        Ok(Either::Right((Ok(object), _))) => Ok(object),
        // What the opener said has the kind of the error, too.
        Ok(Either::Right((Err(missing), mut failure))) => {
            Err(failure.try_recv().unwrap_or_else(|_| said(missing)))
        }
        Err(_) => Err(not_opened_in_time()),
    };
    drop(connected.inspect_err(|_| gate.close())?);
    pool.watch(&gate, patience(request.limit));
    let session = Session::new(
        pool.clone(),
        gate,
        watch,
        savepoints,
        server_side,
        Arc::clone(&rollback.connect),
    );
    Ok(Opened {
        pool,
        session: Arc::new(session),
    })
}

fn said(missing: Missing) -> smoke_core::Error {
    let (Missing::InUse(said) | Missing::Gone(said)) = missing;
    smoke_core::Error::msg(redact(&said))
}
