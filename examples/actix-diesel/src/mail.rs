//! Mail to users.

/// Where mail goes.
///
/// What leaves the process cannot be rolled back. So the application gets its mailer from
/// outside, and the one that is built for smoke tests gets a mailer that sends nowhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mailer {
    /// Stands for a mail server here.
    Log,
    Nowhere,
}

impl Mailer {
    pub(crate) fn welcome(self, email: &str) {
        match self {
            Self::Log => tracing::info!(email, "sent a welcome mail"),
            Self::Nowhere => {}
        }
    }
}
