//! Who is signed in, which redis knows.

use std::future::{Ready, ready};

use actix_session::config::PersistentSession;
use actix_session::storage::{RedisSessionStore, RedisSessionStoreBuilder};
use actix_session::{Session, SessionExt as _, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::cookie::time::Duration;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use anyhow::{Context as _, Result, bail};
use tokio::time::timeout;

use crate::config::Config;
use crate::error::AppError;

const USER: &str = "user";

/// How long redis may take. Its client alone would go on trying for minutes.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// Where sessions are kept, for how long, and what their cookies are encrypted with.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) store: RedisSessionStore,
    pub(crate) key: Key,
    pub(crate) last: Duration,
}

impl Sessions {
    /// Those of users.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        let store = RedisSessionStore::builder(&config.redis_url)
            .cache_keygen(|key| format!("session:{key}"));
        Ok(Self {
            store: connected(store)
                .await
                .context("the redis that REDIS_URL names cannot be used: is the server up?")?,
            key: config.session_key.clone(),
            last: Duration::days(1),
        })
    }

    pub(crate) fn middleware(&self) -> SessionMiddleware<RedisSessionStore> {
        SessionMiddleware::builder(self.store.clone(), self.key.clone())
            .cookie_name("shop".to_owned())
            .session_lifecycle(PersistentSession::default().session_ttl(self.last))
            .build()
    }
}

/// Connects, or says soon that it cannot.
pub(crate) async fn connected(store: RedisSessionStoreBuilder) -> Result<RedisSessionStore> {
    match timeout(PATIENCE, store.build()).await {
        Ok(store) => store,
        Err(_) => bail!("redis, which keeps the sessions, gives no connection"),
    }
}

/// The user who is signed in. Nobody else reaches a handler that asks for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedIn(pub(crate) i64);

impl SignedIn {
    /// The session gets another name, so that one that was foisted on the user is worth nothing.
    pub(crate) fn begin(session: &Session, user: i64) -> Result<(), AppError> {
        session.renew();
        Ok(session.insert(USER, user)?)
    }
}

impl FromRequest for SignedIn {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = request.get_session().get(USER);
        ready(match user {
            Ok(Some(user)) => Ok(Self(user)),
            Ok(None) => Err(AppError::SignedOut),
            Err(error) => Err(error.into()),
        })
    }
}
