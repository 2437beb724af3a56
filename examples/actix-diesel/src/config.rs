//! What the environment says.

use std::env::{self, VarError};

use anyhow::{Result, bail};

#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// 0 is any free one.
    pub(crate) port: u16,
    /// A file, or PostgreSQL's where the feature is on.
    pub(crate) database_url: String,
    /// For trying what a broken deploy looks like: inserts are refused.
    pub(crate) broken_writes: bool,
}

impl Config {
    /// The file of the database, where it is one.
    pub(crate) fn file(&self) -> Option<&str> {
        let file = self.database_url.trim_start_matches("sqlite://");
        (!file.contains("://")).then_some(file)
    }

    pub(crate) fn from_env() -> Result<Self> {
        Ok(Self {
            port: port()?,
            database_url: database_url()?,
            broken_writes: broken_writes()?,
        })
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

fn database_url() -> Result<String> {
    let Some(url) = variable("DATABASE_URL")? else {
        return Ok("actix-diesel.sqlite3".to_owned());
    };
    // The rest of the URL of another database may hold a password: it is not shown.
    match url.split_once("://") {
        None | Some(("sqlite", _)) => {}
        Some(("postgres" | "postgresql", _)) if cfg!(feature = "postgres") => return Ok(url),
        Some((scheme @ ("postgres" | "postgresql"), _)) => bail!(
            "DATABASE_URL begins with {scheme}://, and this build knows SQLite alone: start the service with \
             `cargo run -p actix-diesel --features postgres`, or unset DATABASE_URL to get actix-diesel.sqlite3"
        ),
        Some((scheme, _)) => bail!(
            "DATABASE_URL begins with {scheme}://, and this service uses SQLite or PostgreSQL: set it to the path \
             of a file or to a postgres:// URL, or unset it to get actix-diesel.sqlite3"
        ),
    }
    if url.is_empty() || url.contains(":memory:") {
        bail!(
            "DATABASE_URL is {url:?}: set it to the path of a file, or unset it to get actix-diesel.sqlite3. \
             In memory, each connection would be a database of its own"
        );
    }
    Ok(url)
}

fn broken_writes() -> Result<bool> {
    match variable("ACTIX_DIESEL_BREAK")?.as_deref() {
        None | Some("") => Ok(false),
        Some("writes") => Ok(true),
        Some(said) => bail!("ACTIX_DIESEL_BREAK is {said:?}: set it to \"writes\", or unset it"),
    }
}

fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8: set it anew"),
    }
}
