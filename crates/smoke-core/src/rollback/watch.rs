//! Knowing when the last handle of a pool is gone.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Kept inside a sandbox's pool (in a hook or customizer), so that it is dropped with the pool.
#[derive(Debug)]
pub struct HandleToken {
    /// Closed when this is dropped.
    alive: Arc<Semaphore>,
}

/// Tells when the [`HandleToken`] is gone.
#[derive(Clone, Debug)]
pub struct HandleWatch(Arc<Semaphore>);

impl HandleToken {
    /// A token and the watch that belongs to it.
    #[must_use]
    pub fn new() -> (Self, HandleWatch) {
        // It never has a permit: who waits for one is told when it is closed.
        let alive = Arc::new(Semaphore::new(0));
        let watch = HandleWatch(Arc::clone(&alive));
        (Self { alive }, watch)
    }
}

impl Drop for HandleToken {
    fn drop(&mut self) {
        self.alive.close();
    }
}

impl HandleWatch {
    /// Whether the token is gone.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0.is_closed()
    }

    /// Waits until the token is dropped, for `grace` at most; `false` when it still lives then.
    pub async fn gone(&self, grace: Duration) -> bool {
        timeout(grace, self.0.acquire()).await.is_ok()
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
