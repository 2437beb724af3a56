//! Knowing when the last handle of a pool is gone.

use std::time::Duration;

use tokio::sync::watch;

/// Kept inside a sandbox's pool (in a hook or customizer), so that it is dropped with the pool.
#[derive(Debug)]
pub struct HandleToken {
    /// Closed when this is dropped.
    _alive: watch::Sender<()>,
}

/// Tells when the [`HandleToken`] is gone.
#[derive(Clone, Debug)]
pub struct HandleWatch(watch::Receiver<()>);

impl HandleToken {
    /// A token and the watch that belongs to it.
    #[must_use]
    pub fn new() -> (Self, HandleWatch) {
        let (sender, receiver) = watch::channel(());
        (Self { _alive: sender }, HandleWatch(receiver))
    }
}

impl HandleWatch {
    /// Whether the token is gone.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0.has_changed().is_err()
    }

    /// Waits until the token is dropped, for `grace` at most; `false` when it still lives then.
    pub async fn gone(&self, grace: Duration) -> bool {
        let mut receiver = self.0.clone();
        tokio::time::timeout(grace, async { while receiver.changed().await.is_ok() {} })
            .await
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dropped_token_is_seen_and_a_kept_one_too() {
        let (token, watch) = HandleToken::new();
        assert!(!watch.gone(Duration::from_millis(1)).await);
        drop(token);
        assert!(watch.gone(Duration::from_secs(10)).await);
    }
}
