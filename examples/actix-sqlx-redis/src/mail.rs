//! Mail to users, by way of a service that takes it over HTTP.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{Client, Response};
use serde::Serialize;

/// The mail service answers within that time, or counts as down.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Mail {
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// Where mail goes.
///
/// What leaves the process cannot be rolled back. So the application gets its mailer from outside,
/// and the one that is built for smoke tests gets one that keeps what it is given.
#[derive(Clone)]
pub(crate) enum Mailer {
    Http { client: Client, url: String },
    Kept(MailBox),
}

/// Mails that were not sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct MailBox(Arc<Mutex<Vec<Mail>>>);

impl Mailer {
    pub(crate) fn http(url: &str) -> Result<Self> {
        let client = Client::builder().timeout(PATIENCE).build();
        Ok(Self::Http {
            client: client.context("failed to make the client of the mail service")?,
            url: url.to_owned(),
        })
    }

    pub(crate) async fn send(&self, mail: &Mail) -> Result<(), reqwest::Error> {
        match self {
            Self::Http { client, url } => {
                let answer = client.post(url).json(mail).send().await;
                let answer = answer.and_then(Response::error_for_status);
                // The URL may hold a secret.
                answer.map(drop).map_err(reqwest::Error::without_url)
            }
            Self::Kept(mails) => {
                mails.keep(mail.clone());
                Ok(())
            }
        }
    }
}

impl MailBox {
    fn keep(&self, mail: Mail) {
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.push(mail);
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
