//! What a panic said, and where.

use std::any::Any;
use std::cell::RefCell;
use std::panic;
use std::sync::{Arc, Mutex, Once, PoisonError};

use smoke_report::Place;

use crate::Error;

/// Where the last panic of one test happened.
pub(crate) type Scene = Arc<Mutex<Option<Place>>>;

tokio::task_local! {
    static TASK: Scene;
}

thread_local! {
    static THREAD: RefCell<Option<Scene>> = const { RefCell::new(None) };
}

/// Chains a hook before the one that stands, once a process, that keeps the place of a panic in
/// a test. The hook that stood is called as before, for every panic.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if let Some(location) = info.location() {
                let keep = |scene: &Scene| {
                    *scene.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(Place::from(location));
                };
                if TASK.try_with(keep).is_err() {
                    let _ = THREAD.try_with(|scene| scene.try_borrow().ok()?.as_ref().map(keep));
                }
            }
            previous(info);
        }));
    });
}

/// Runs a test's future so that the place of a panic in it is kept in `scene`.
pub(crate) async fn watched<Fut: Future>(scene: Scene, future: Fut) -> Fut::Output {
    TASK.scope(scene, future).await
}

/// Runs a test's function so that the place of a panic in it is kept in `scene`.
pub(crate) fn watched_thread<T>(scene: Scene, body: impl FnOnce() -> T) -> T {
    THREAD.set(Some(scene));
    body()
}

/// The message of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

/// The error that a caught panic becomes, with the place that the hook has kept.
pub(crate) fn error(payload: &(dyn Any + Send), scene: &Scene) -> Error {
    let place = scene.lock().unwrap_or_else(PoisonError::into_inner).take();
    Error::msg(format_args!("panicked: {}", message(payload))).with_place(place)
}
