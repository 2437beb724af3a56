//! What is seen of one test beside what it returns, wherever its work is done.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use smoke_report::Place;
use tracing::{Instrument, Span};

use crate::heard::{self, Heard};

/// What is seen of one test. Clones of the handle see the same one.
pub(crate) type Scene = Arc<Seen>;

#[derive(Default)]
pub(crate) struct Seen {
    /// Where the last panic happened.
    place: Mutex<Option<Place>>,
    pub(crate) heard: Heard,
    test: Option<Arc<str>>,
}

tokio::task_local! {
    static TASK: Scene;
}

thread_local! {
    static THREAD: RefCell<Option<Scene>> = const { RefCell::new(None) };
}

impl Seen {
    pub(crate) fn of(test: &Arc<str>) -> Scene {
        Arc::new(Self {
            test: Some(Arc::clone(test)),
            ..Self::default()
        })
    }

    pub(crate) fn panicked_at(&self, place: Option<Place>) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    pub(crate) fn take_place(&self) -> Option<Place> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        place.take()
    }

    /// A span for a part of the test's work, by which tasks that it spawns are known. None where nobody
    /// listens. The application's subscriber is told of it, also when it ends: it is opened where the
    /// work is done, and not kept.
    fn span(&self) -> Span {
        match self.test.as_deref() {
            // An error's, so that hardly a filter leaves it out.
            Some(test) if heard::is_listened_to() => {
                tracing::error_span!(target: "smoke", "smoke_test", test)
            }
            _ => Span::none(),
        }
    }
}

/// The scene of what this thread does at the moment.
pub(crate) fn current() -> Option<Scene> {
    let task = TASK.try_with(Arc::clone).ok();
    task.or_else(|| {
        let thread = THREAD.try_with(|scene| scene.try_borrow().ok()?.clone());
        thread.ok().flatten()
    })
}

/// Polls a part of a test's work within its scene.
pub(crate) async fn watched<Fut: Future>(scene: Scene, future: Fut) -> Fut::Output {
    let within = Arc::clone(&scene);
    let work = async move {
        let span = within.span();
        future.instrument(span).await
    };
    TASK.scope(scene, work).await
}

/// Runs a part of a test's work within its scene.
pub(crate) fn watched_thread<T>(scene: Scene, body: impl FnOnce() -> T) -> T {
    /// Puts back what was there, whatever the function does.
    struct Before(Option<Scene>);
    impl Drop for Before {
        fn drop(&mut self) {
            THREAD.set(self.0.take());
        }
    }
    let within = Arc::clone(&scene);
    let _before = Before(THREAD.replace(Some(scene)));
    let _entered = within.span().entered();
    body()
}
