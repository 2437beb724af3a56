//! What the environment says.

use std::env::{self, VarError};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// 0 is any free one.
    pub(crate) port: u16,
    /// A file.
    pub(crate) database_url: String,
    /// For trying what a broken deploy looks like.
    pub(crate) broken: Option<Broken>,
}

/// What does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Inserts are refused.
    Writes,
    /// The mail server does not answer.
    Mail,
}

impl Config {
    pub(crate) fn from_env() -> Result<Self> {
        Ok(Self {
            port: port()?,
            database_url: database_url()?,
            broken: broken()?,
        })
    }

    /// Where the database's file is.
    pub(crate) fn folder(&self) -> PathBuf {
        let path = Path::new(self.database_url.trim_start_matches("sqlite://"));
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
            _ => ".".into(),
        }
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
        return Ok("quickstart.sqlite3".to_owned());
    };
    // The rest of the URL of another database may hold a password: it is not shown.
    if let Some((scheme, _)) = url.split_once("://")
        && scheme != "sqlite"
    {
        bail!(
            "DATABASE_URL begins with {scheme}://, and this service uses SQLite: set it to the path of a file, \
             or unset it to get quickstart.sqlite3"
        );
    }
    if url.is_empty() || url.contains(":memory:") {
        bail!(
            "DATABASE_URL is {url:?}: set it to the path of a file, or unset it to get quickstart.sqlite3. \
             In memory, each connection would be a database of its own"
        );
    }
    Ok(url)
}

fn broken() -> Result<Option<Broken>> {
    match variable("QUICKSTART_BREAK")?.as_deref() {
        None | Some("") => Ok(None),
        Some("writes") => Ok(Some(Broken::Writes)),
        Some("mail") => Ok(Some(Broken::Mail)),
        Some(said) => {
            bail!("QUICKSTART_BREAK is {said:?}: set it to \"writes\" or to \"mail\", or unset it")
        }
    }
}

fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8: set it anew"),
    }
}
