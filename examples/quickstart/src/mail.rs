//! Mail to users.

use crate::config::{Broken, Config};

/// Where mail goes.
///
/// What leaves the process cannot be rolled back. So the application gets its mailer from
/// outside, and the one that is built for smoke tests gets a mailer that sends nowhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mailer {
    /// Stands for a mail server here.
    Log,
    Nowhere,
    /// Stands for a mail server that does not answer.
    Hung,
}

impl Mailer {
    /// This one, unless the mail server is broken.
    pub(crate) fn unless_broken(self, config: &Config) -> Self {
        match config.broken {
            Some(Broken::Mail) => Self::Hung,
            _ => self,
        }
    }

    pub(crate) async fn welcome(self, email: &str) {
        match self {
            Self::Log => tracing::info!(email, "sent a welcome mail"),
            Self::Nowhere => {}
            Self::Hung => {
                tracing::warn!(email, "waiting for the mail server");
                std::future::pending().await
            }
        }
    }
}
