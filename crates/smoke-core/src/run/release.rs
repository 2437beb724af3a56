//! What a test has obtained, given up: its fixtures and its sandboxes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::clock::Part;
use crate::fixture::ledger::KeptFixtures;
use crate::rollback::{HandleWatch, OpenSandbox, RollbackVerdict, Session};
use crate::scene::watched;
use crate::{Context, Error};

/// How the sandboxes of a test have ended, which they were, and how long the next test has to wait
/// for one.
type Released = (Vec<RollbackVerdict>, Vec<Arc<dyn Session>>, Duration);

/// Drops the fixtures where tests live; ends with what went wrong then. The test works as long.
pub(super) fn let_go(
    fixtures: KeptFixtures,
    cx: &Context,
    working: &mut HandleWatch,
    stage: &Handle,
) -> JoinHandle<Option<Error>> {
    let (alive, scene) = (cx.alive_again(working), cx.scene());
    stage.spawn(watched(cx.scene(), async move {
        let _alive = alive;
        fixtures.let_go(&scene)
    }))
}

/// Ends the sandboxes, all at once.
pub(super) async fn release(cx: &Context, sandboxes: Vec<OpenSandbox>) -> Released {
    let coordinator = cx.coordinator();
    let sessions = sandboxes.iter().map(OpenSandbox::session);
    let sessions = sessions.map(Arc::clone).collect();
    let ending = cx.spell(Part::Sandbox);
    let finished = sandboxes
        .into_iter()
        .map(|sandbox| sandbox.finish(coordinator));
    let finished = join_all(finished).await;
    drop(ending);
    let (verdicts, pauses): (Vec<_>, Vec<_>) = finished.into_iter().unzip();
    let pause = pauses.into_iter().max().unwrap_or_default();
    (verdicts, sessions, pause)
}

/// Gives the place for sandboxes to the next test, after that pause.
pub(super) fn give_up(
    permit: Option<Arc<OwnedSemaphorePermit>>,
    pause: Duration,
    coordinator: &Handle,
) {
    if !pause.is_zero() {
        coordinator.spawn(async move {
            sleep(pause).await;
            drop(permit);
        });
    }
}
