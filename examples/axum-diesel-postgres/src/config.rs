//! What the environment says.

use std::env::{self, VarError};
use std::fmt;

use anyhow::{Result, bail};

#[derive(Clone)]
pub(crate) struct Config {
    /// 0 is any free one.
    pub(crate) port: u16,
    pub(crate) database_url: String,
    pub(crate) smoke_token: String,
}

impl Config {
    pub(crate) fn from_env() -> Result<Self> {
        let Some(database_url) = variable("DATABASE_URL")? else {
            bail!(
                "DATABASE_URL is not set: set it to the URL of a PostgreSQL database, \
                 postgres://user:password@host/database"
            );
        };
        if !database_url.starts_with("postgres://") && !database_url.starts_with("postgresql://") {
            bail!(
                "DATABASE_URL does not begin with postgres://: set it to the URL of a PostgreSQL database"
            );
        }
        let Some(smoke_token) = variable("SMOKE_TOKEN")? else {
            bail!(
                "SMOKE_TOKEN is not set: set it to a long random text (`openssl rand -hex 32`), \
                 with which operators see all of the smoke tests"
            );
        };
        Ok(Self {
            port: port()?,
            database_url,
            smoke_token,
        })
    }
}

/// Without what is secret.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

fn port() -> Result<u16> {
    match variable("PORT")?.as_deref() {
        None => Ok(3000),
        Some(said) => match said.parse() {
            Ok(port) => Ok(port),
            Err(_) => bail!(
                "PORT is {said:?}: set it to a number from 1 to 65535, to 0 for any free port, or unset it to get 3000"
            ),
        },
    }
}

/// A variable; none where it is empty.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8: set it anew"),
    }
}
