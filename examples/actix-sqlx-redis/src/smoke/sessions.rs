//! A fixture: sessions of one test.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use actix_session::storage::{RedisSessionStore, SessionKey, SessionStore as _};
use actix_web::cookie::Key;
use actix_web::cookie::time::Duration;
use smoke_actix::{Context, Fixture, Kind, Provided, Providers, Result};
use tokio::time::timeout;

use crate::config::Config;
use crate::sessions::{PATIENCE, Sessions, connected};

/// A test has ended by then. What a process that died has left in redis is gone then too.
const LAST: Duration = Duration::seconds(30);

/// Redis rolls nothing back. So the application under test has a store of its own, on a connection
/// of its own, whose keys are not those of users' sessions, last for seconds, and are deleted when
/// the test is over. Its cookies are encrypted with another key, so that they open nothing in
/// production.
#[derive(Clone)]
pub(super) struct TestSessions(pub(super) Sessions);

impl Fixture for TestSessions {
    const KIND: Kind = Kind::Database;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<Provided<Config>>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        let config = cx.get::<Provided<Config>>().await?;
        let used = Used::default();
        let store = RedisSessionStore::builder(&config.redis_url).cache_keygen({
            let used = used.clone();
            move |key| used.named(key)
        });
        let store = connected(store).await?;
        cx.on_finish(used.delete_from(store.clone()));
        Ok(Self(Sessions {
            store,
            key: Key::generate(),
            last: LAST,
        }))
    }
}

/// The sessions that a test has used. To look for them in redis (`KEYS`, `SCAN`) would burden it
/// with all of production's.
#[derive(Clone, Default)]
struct Used(Arc<Mutex<BTreeSet<String>>>);

impl Used {
    /// The key in redis.
    fn named(&self, session: &str) -> String {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(session.to_owned());
        format!("smoke:session:{session}")
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All that can be, within a time: the sandbox is rolled back after this.
    async fn delete_from(self, store: RedisSessionStore) -> Result {
        let deleting = async {
            let mut deleted = Ok(());
            for session in self.take() {
                let of_one = store.delete(&SessionKey::try_from(session)?).await;
                deleted = deleted.and(of_one);
            }
            Ok(deleted?)
        };
        let deleted = timeout(PATIENCE, deleting).await;
        deleted.map_err(|_| "redis, which keeps the sessions, does not delete them")?
    }
}
