//! Opening a sandbox.

use std::sync::{Arc, Mutex, OnceLock};

use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::pooled_connection::{ManagerConfig, RecyclingMethod};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use smoke_core::rollback::redact;
use smoke_core::{HandleToken, OpenRequest, Opened, Result};
use smoke_rollback::acting::as_session;
use smoke_rollback::savepoints::Savepoints;
use smoke_rollback::{
    Missing, Moved, OPENING, Sandbox, Session, check_out, kept_or_new, not_opened_in_time, patience,
};
use tokio::sync::oneshot;

use super::connection::Connection;
use super::link::Asynchronous;
use super::opener::{Opener, by};
use super::{Manager, Rollback, SandboxPool};
use crate::each_statement::by_way_of_relay;

pub(super) async fn open<P, C>(rollback: &Rollback<P, C>, request: OpenRequest) -> Result<Opened<P>>
where
    P: SandboxPool<Connection = C>,
    C: Connection,
{
    kept_or_new(&request.berth, |moved| open_on(rollback, &request, moved)).await
}

async fn open_on<P, C>(
    rollback: &Rollback<P, C>,
    request: &OpenRequest,
    moved: Option<Moved<Asynchronous<P>>>,
) -> Result<Opened<P>>
where
    P: SandboxPool<Connection = C>,
    C: Connection,
{
    if rollback.url.is_none() {
        C::admit_manager()?;
    }
    let wanted = rollback.choices.savepoint_each_statement && moved.is_none();
    let relayed = by_way_of_relay(wanted, rollback.url.as_deref()).await?;
    let (connect, url, relay) = match relayed {
        Some((url, relay)) => {
            let url = Arc::from(url);
            (by(Arc::clone(&url)), Some(url), Some(relay))
        }
        None => (Arc::clone(&rollback.connect), rollback.url.clone(), None),
    };
    let link = Asynchronous {
        connect: Arc::clone(&rollback.connect),
        line: OnceLock::new(),
    };
    let sandbox = Sandbox::new(link, &rollback.choices, request, Savepoints::new());
    let sandbox = Arc::new(sandbox);
    let (token, handles) = HandleToken::new();
    let (failed, failure) = oneshot::channel();
    let opener = Arc::new(Opener {
        sandbox: Arc::clone(&sandbox),
        connect,
        url,
        setups: rollback.setups.clone(),
        moved: Mutex::new(moved),
        failed: Mutex::new(Some(failed)),
        _token: token,
        _relay: relay,
    });
    let mut config = ManagerConfig::default();
    config.recycling_method = hand_out(Arc::clone(&sandbox));
    config.custom_setup = Box::new(move |_url| {
        let opener = Arc::clone(&opener);
        async move { opener.open().await }.boxed()
    });
    let manager = Manager::new_with_config(String::new(), config);
    let patience = patience(request.limit);
    let pool = P::build(manager, patience)?;
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
    drop(connected.inspect_err(|_| sandbox.gate().close())?);
    Ok(Session::opened(sandbox, pool, handles, request))
}

fn said(missing: Missing) -> smoke_core::Error {
    let (Missing::InUse(said) | Missing::Gone(said)) = missing;
    smoke_core::Error::msg(redact(&said))
}

/// Hands the connection out inside the transaction only, and counts that.
fn hand_out<P: SandboxPool>(
    sandbox: Arc<Sandbox<Asynchronous<P>>>,
) -> RecyclingMethod<P::Connection> {
    RecyclingMethod::CustomFunction(Box::new(move |connection| {
        let sandbox = Arc::clone(&sandbox);
        async move {
            let inside = check_out(&sandbox, connection).await;
            inside.map_err(|refusal| {
                let said = Box::new(refusal.to_string());
                Error::DatabaseError(DatabaseErrorKind::Unknown, said)
            })
        }
        .boxed()
    }))
}
