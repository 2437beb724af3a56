//! What belongs to the user: it is polled and dropped where tests live, and a panic in it goes no
//! further.

use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::task::JoinError;

use crate::Error;
use crate::panic;
use crate::scene::Scene;
use crate::thread::{
    Payload, discard, keeps_time, only_smoke_tests_run_here, only_smoke_tests_run_within,
};

/// Drops a value of the user's. A panic in its `Drop` becomes an error, in plain data.
pub(crate) fn let_go<T>(value: T, scene: &Scene) -> Option<Error> {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(value))).err()?;
    let place = panic::place(scene);
    // It may stand beside another error, whose place is shown.
    let at = place.as_ref().map(|place| format!(" at {place}"));
    let error = Error::msg(format_args!(
        "a value panicked when it was dropped{}: {}",
        at.unwrap_or_default(),
        panic::message(&*payload)
    ));
    discard(payload);
    Some(error.with_place(place).plain(None))
}

/// The error that a caught panic of `what` becomes, in whose hands the payload ends.
pub(crate) fn panicked(what: fmt::Arguments<'_>, payload: Payload, scene: &Scene) -> Error {
    let error = panic::error_of(what, &*payload, scene);
    discard(payload);
    error
}

/// Drops values of the user's, on another thread where this one keeps the time of runs.
pub(crate) fn elsewhere<T: Send + 'static>(values: T) {
    if !keeps_time() {
        return drop(values);
    }
    let values = Theirs::new(values);
    let thread = std::thread::Builder::new().name("smoke-leftovers".to_owned());
    // Where no thread can be had they are never dropped.
    let _ = thread.spawn(move || {
        only_smoke_tests_run_here();
        drop(values);
    });
}

/// Calls a function of the user's on a thread of the application's. None where it panicked.
pub(crate) fn ask<T>(function: impl FnOnce() -> T) -> Option<T> {
    let asked = || catch_unwind(AssertUnwindSafe(function)).map_err(discard);
    only_smoke_tests_run_within(asked).ok()
}

/// What a task that did not end said. A panic of one may carry a value of the user's.
pub(crate) fn said(error: JoinError) -> String {
    let said = error.to_string();
    drop(error.try_into_panic().map(Theirs::new));
    said
}

/// A value of the user's that passes through the hands of the coordinator. Where it is lost there,
/// because a runtime is shut down, it is never dropped.
pub(crate) struct Theirs<T>(Option<T>);

impl<T> Theirs<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// The value, where tests live.
    pub(crate) fn take(mut self) -> Option<T> {
        self.0.take()
    }
}

impl<T> Drop for Theirs<T> {
    fn drop(&mut self) {
        let Some(value) = self.0.take() else { return };
        if keeps_time() {
            mem::forget(value);
        } else if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
            discard(payload);
        }
    }
}

/// A future of the user's, whose panics are its output.
pub(crate) struct Caught<T>(Theirs<BoxFuture<'static, T>>);

impl<T> Caught<T> {
    pub(crate) fn new(future: BoxFuture<'static, T>) -> Self {
        Self(Theirs::new(future))
    }
}

impl<T> Future for Caught<T> {
    type Output = Result<T, Payload>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = self.0.0.as_mut() else {
            return Poll::Pending;
        };
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::thread::nothing_of_theirs_runs_here;

    /// Panics with another of its kind when it is dropped.
    struct Hydra(Arc<AtomicUsize>);

    impl Drop for Hydra {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic_any(Hydra(Arc::clone(&self.0)));
        }
    }

    #[test]
    fn a_value_whose_drop_panics_with_another_of_its_kind_is_let_go_of() {
        let heads = Arc::new(AtomicUsize::new(0));
        let error = let_go(Hydra(Arc::clone(&heads)), &Scene::default()).unwrap();
        assert_eq!(
            error.message(),
            "a value panicked when it was dropped: (no message)"
        );
        drop(Theirs::new(Hydra(Arc::clone(&heads))));
        assert_eq!(heads.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn nothing_of_the_users_is_dropped_where_the_time_is_kept() {
        let heads = Arc::new(AtomicUsize::new(0));
        let theirs = Theirs::new(Hydra(Arc::clone(&heads)));
        let keeping = std::thread::spawn(move || {
            nothing_of_theirs_runs_here();
            drop(theirs);
        });
        keeping.join().unwrap();
        assert_eq!(heads.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_panic_is_the_output_of_a_future() {
        let panics = async || -> () { panic!("no change") };
        let payload = Caught::new(Box::pin(panics())).await.unwrap_err();
        assert_eq!(panic::message(&*payload), "no change");
    }
}
