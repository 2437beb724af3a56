//! Work that an adapter does for a test on another thread than the test's.

use std::fmt;
use std::sync::Arc;

use crate::Context;
use crate::rollback::HandleToken;
use crate::scene::Scene;

/// A piece of a test's work. The test has not ended while a future of it lives. A panic in it counts as
/// the test's.
#[derive(Clone)]
pub struct Piece {
    alive: Option<Arc<HandleToken>>,
    scene: Scene,
}

impl Piece {
    /// A piece of the work of the context's test.
    #[must_use]
    pub fn of(cx: &Context) -> Self {
        Self {
            alive: cx.alive(),
            scene: cx.scene(),
        }
    }

    /// Does the work. The future is dropped before the test can end.
    pub async fn carry_out<Fut: Future>(self, future: Fut) -> Fut::Output {
        let _alive = self.alive;
        crate::scene::watched(self.scene, future).await
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece").finish_non_exhaustive()
    }
}
