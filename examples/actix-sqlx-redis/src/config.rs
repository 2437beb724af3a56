//! What the environment says.

use std::env::{self, VarError};

use actix_web::cookie::Key;
use anyhow::{Result, bail};

#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
    /// Where mails are posted to.
    pub(crate) mail_url: String,
    /// Signs and encrypts the cookies of sessions.
    pub(crate) session_key: Key,
}

impl Config {
    pub(crate) fn from_env() -> Result<Self> {
        Ok(Self {
            database_url: url("DATABASE_URL", "postgres://")?,
            redis_url: url("REDIS_URL", "redis://")?,
            // Without TLS, as this example is built.
            mail_url: url("MAIL_URL", "http://")?,
            session_key: session_key()?,
        })
    }
}

/// URLs may hold passwords: no message shows one.
fn url(name: &str, scheme: &str) -> Result<String> {
    match variable(name)? {
        Some(url) if url.starts_with(scheme) => Ok(url),
        Some(_) => bail!("{name} does not begin with {scheme}"),
        None => bail!("{name} is not set: set it to a URL that begins with {scheme}"),
    }
}

fn session_key() -> Result<Key> {
    let Some(key) = variable("SESSION_KEY")? else {
        tracing::warn!("SESSION_KEY is not set: sessions end with this process");
        return Ok(Key::generate());
    };
    match Key::try_from(key.as_bytes()) {
        Ok(key) => Ok(key),
        Err(_) => bail!("SESSION_KEY has less than 64 bytes: `openssl rand -hex 64` makes one"),
    }
}

/// A variable; none where it is empty.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8: set it anew"),
    }
}
