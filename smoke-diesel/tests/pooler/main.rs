//! Where what comes after a refused COMMIT cannot be made read-only: through a transaction pooler,
//! whose processes are production's too.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod alone;
mod application;
mod lost;
mod pooled;
mod session;

use std::sync::Arc;
use std::time::Duration;

use application::Application;
use smoke_core::{Backend, OpenRequest, Opened, RollbackVerdict, Session};

struct Sandbox<A: Application> {
    pool: A,
    session: Arc<dyn Session>,
}

impl<A: Application> Sandbox<A> {
    async fn open(url: &str) -> Self {
        // So long that it is not the limit what ends anything.
        Self::limited(url, Duration::from_secs(60)).await
    }

    /// With limits of the server that are as long.
    async fn limited(url: &str, limit: Duration) -> Self {
        let backend = A::backend(url);
        let request = OpenRequest::new("shop::a_test", limit);
        let Opened { pool, session } = backend.open(request).await.unwrap();
        Self { pool, session }
    }

    async fn run(&self, sql: &str) -> Result<(), String> {
        self.pool.run(sql).await
    }

    async fn finish(self) -> RollbackVerdict {
        drop(self.pool);
        self.session.finish().await
    }
}

fn is_escaped(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::Escaped { .. })
}

fn is_lost(verdict: &RollbackVerdict) -> bool {
    matches!(verdict, RollbackVerdict::ConnectionLost { .. })
}

/// Has each function tested with every pool.
macro_rules! with_every_pool {
    ($($test:ident),* $(,)?) => {
        mod deadpool {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::application::Deadpool>().await;
            })*
        }
        mod bb8 {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::application::Bb8>().await;
            })*
        }
        mod r2d2 {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<crate::application::R2d2>().await;
            })*
        }
    };
}
use with_every_pool;
