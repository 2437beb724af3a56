//! What a panic of a smoke test said, and where.

mod hook;

use std::any::Any;
use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Mutex, PoisonError};

use smoke_report::Place;

use crate::Error;
use crate::thread::is_ours;

pub(crate) use hook::{stand_in_front, stands_in_front};

/// Where the last panic of one test happened.
pub(crate) type Scene = Arc<Mutex<Option<Place>>>;

tokio::task_local! {
    static TASK: Scene;
}

thread_local! {
    static THREAD: RefCell<Option<Scene>> = const { RefCell::new(None) };
}

/// Whether a panic is a smoke test's; its place is kept in the test's scene, where there is one.
fn is_of_a_smoke_test(info: &PanicHookInfo<'_>) -> bool {
    let keep = |scene: &Scene| {
        *scene.lock().unwrap_or_else(PoisonError::into_inner) = info.location().map(Place::from);
    };
    let kept = TASK.try_with(keep).is_ok()
        || THREAD
            .try_with(|scene| scene.try_borrow().ok()?.as_ref().map(keep))
            .is_ok_and(|kept| kept.is_some());
    kept || is_ours()
}

/// Runs a test's future so that the place of a panic in it is kept in `scene`.
pub(crate) async fn watched<Fut: Future>(scene: Scene, future: Fut) -> Fut::Output {
    TASK.scope(scene, future).await
}

/// Runs a test's function so that the place of a panic in it is kept in `scene`.
pub(crate) fn watched_thread<T>(scene: Scene, body: impl FnOnce() -> T) -> T {
    /// Puts back what was there, whatever the function does.
    struct Before(Option<Scene>);
    impl Drop for Before {
        fn drop(&mut self) {
            THREAD.set(self.0.take());
        }
    }
    let _before = Before(THREAD.replace(Some(scene)));
    body()
}

/// The message of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

/// Where a caught panic happened, as the hook has kept it.
pub(crate) fn place(scene: &Scene) -> Option<Place> {
    scene.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The error that a caught panic becomes, with the place that the hook has kept.
pub(crate) fn error(payload: &(dyn Any + Send), scene: &Scene) -> Error {
    error_of(format_args!("panicked"), payload, scene)
}

/// The same, where something else than the test itself panicked: `the factory panicked`.
pub(crate) fn error_of(
    what: std::fmt::Arguments<'_>,
    payload: &(dyn Any + Send),
    scene: &Scene,
) -> Error {
    Error::msg(format_args!("{what}: {}", message(payload))).with_place(place(scene))
}
