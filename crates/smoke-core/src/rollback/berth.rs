//! A place for connections between two tests.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, join_all};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::back_to_back::BackToBack;
use crate::log;

/// A connection that waits for the next test: outside of any transaction, and nobody but the
/// session has it.
///
/// Dropping it closes it, too. It may block.
pub trait Kept: Any + Send {
    /// Closes the connection, as the database wants to be told.
    fn end(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// Where the session of a sandbox may leave its connection for the next test's.
///
/// A run of a hundred tests then makes one connection. The runner has one place for each backend
/// of its registry, and ends what is kept there when its last run is over. What a backend has to
/// keep to:
///
/// - [`open`](super::Backend::open) asks [`take`](Self::take) before it connects, so that never more
///   connections are open than [`capacity`](super::Backend::capacity) says;
/// - [`finish`](super::Session::finish) calls [`keep`](Self::keep), last, where the connection is as
///   new: rolled back, and outside of any transaction;
/// - what was kept is not the session's any more: [`cut`](super::Session::cut) leaves it alone.
///
/// # Examples
///
/// ```
/// use futures_util::future::BoxFuture;
/// use smoke_core::{Berth, Kept};
///
/// struct Connection;
///
/// impl Kept for Connection {
///     fn end(self: Box<Self>) -> BoxFuture<'static, ()> {
///         Box::pin(async move { drop(self) })
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let berth = Berth::of(1);
/// assert!(berth.take::<Connection>().is_none());
/// berth.keep(Connection);
/// assert!(berth.take::<Connection>().is_some());
/// berth.close().await;
/// # }
/// ```
#[derive(Clone)]
pub struct Berth {
    shelf: Shelf,
    given_up: GivenUp,
}

/// True once the sandbox that has the berth was ended from outside, or was not ended in time.
type GivenUp = Arc<AtomicBool>;

impl Berth {
    /// A place for so many connections, for what tests a backend without a runner.
    #[must_use]
    pub fn of(capacity: usize) -> Self {
        let shelf = Shelf::default();
        shelf.open(capacity);
        shelf.berth()
    }

    /// A place that keeps nothing: each sandbox has a connection of its own.
    #[must_use]
    pub fn none() -> Self {
        Self::of(0)
    }

    /// The connection that was kept last, where one of that type is.
    #[must_use]
    pub fn take<K: Kept>(&self) -> Option<K> {
        let kept: Box<dyn Any> = self.shelf.take::<K>()?;
        kept.downcast().ok().map(|kept| *kept)
    }

    /// Keeps a connection for the next test, or drops it here: where there is no room, where no run
    /// is in flight any more, and where the sandbox was given up.
    pub fn keep<K: Kept>(&self, kept: K) {
        // What is not kept is dropped here, after the lock.
        let _left_over = self.shelf.keep(Box::new(kept), &self.given_up);
    }

    /// Ends what is kept, and keeps nothing more.
    ///
    /// The runner does so itself. This is for what tests a backend without one.
    pub async fn close(&self) {
        let kept = self.shelf.close();
        join_all(kept.into_iter().map(|(_, kept)| kept.end())).await;
    }

    /// How long the next sandbox of the backend has to wait after this one, as `pause` says of what was
    /// held back to back. It was open since then, and held for as long as is known.
    pub(crate) fn pause(
        &self,
        opened: Instant,
        held: Option<Duration>,
        pause: impl FnOnce(Duration) -> Duration,
    ) -> Duration {
        let ended = Instant::now();
        let held = held.unwrap_or_else(|| ended.saturating_duration_since(opened));
        self.shelf.0.held.ended((opened, ended), held, pause)
    }

    /// Nothing more is kept through this handle of the place. What was is to be dropped where that
    /// may block.
    pub(crate) fn give_up(&self) -> Vec<Box<dyn Kept>> {
        let mut state = self.shelf.state();
        self.given_up.store(true, Ordering::SeqCst);
        let its = |(by, _): &mut (GivenUp, _)| Arc::ptr_eq(by, &self.given_up);
        state
            .kept
            .extract_if(.., its)
            .map(|(_, kept)| kept)
            .collect()
    }
}

impl fmt::Debug for Berth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Berth")
            .field("kept", &self.shelf.state().kept.len())
            .finish_non_exhaustive()
    }
}

/// The connections of one backend that wait for the next test.
#[derive(Clone, Default)]
pub(crate) struct Shelf(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    held: BackToBack,
    /// How many connections are being ended.
    ending: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    /// How many may be kept. None where no run is in flight.
    room: usize,
    /// The connections, and whose they were.
    kept: Vec<(GivenUp, Box<dyn Kept>)>,
}

/// Counts a connection for as long as it is being ended.
struct Ending(Arc<Inner>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ending.send_modify(|ending| *ending -= 1);
    }
}

impl Shelf {
    /// A handle for one sandbox.
    pub(crate) fn berth(&self) -> Berth {
        Berth {
            shelf: self.clone(),
            given_up: Arc::default(),
        }
    }

    /// Keeps so many connections from now on.
    pub(crate) fn open(&self, room: usize) {
        self.state().room = room;
    }

    /// Keeps nothing from now on, and begins to end what is kept, each for so long at most, on threads
    /// of `runtime` for functions that block.
    pub(crate) fn end(&self, runtime: &Handle, limit: Duration) -> Vec<JoinHandle<()>> {
        let mut state = self.state();
        state.room = 0;
        let kept = std::mem::take(&mut state.kept);
        // Before anybody else can find it empty, and connect.
        self.0.ending.send_modify(|ending| *ending += kept.len());
        drop(state);
        let ending = kept.into_iter().map(|(_, kept)| {
            let (ending, inside) = (Ending(Arc::clone(&self.0)), runtime.clone());
            runtime.spawn_blocking(move || {
                let _ending = ending;
                if inside.block_on(async { timeout(limit, kept.end()).await }).is_err() {
                    log::line(move || {
                        tracing::warn!(target: "smoke", "a connection took longer than {limit:?} to close, and was dropped");
                    });
                }
            })
        });
        ending.collect()
    }

    /// Waits until what is being ended has ended, for so long at most: it still counts against what
    /// the backend bears.
    pub(crate) async fn settled(&self, limit: Duration) {
        let mut ending = self.0.ending.subscribe();
        let _ = timeout(limit, ending.wait_for(|ending| *ending == 0)).await;
    }

    fn close(&self) -> Vec<(GivenUp, Box<dyn Kept>)> {
        let mut state = self.state();
        state.room = 0;
        std::mem::take(&mut state.kept)
    }

    fn take<K: Kept>(&self) -> Option<Box<dyn Kept>> {
        let mut state = self.state();
        let is_one = |(_, kept): &(_, Box<dyn Kept>)| (&**kept as &dyn Any).is::<K>();
        let position = state.kept.iter().rposition(is_one)?;
        Some(state.kept.remove(position).1)
    }

    /// What is not kept.
    fn keep(&self, kept: Box<dyn Kept>, given_up: &GivenUp) -> Option<Box<dyn Kept>> {
        let mut state = self.state();
        if given_up.load(Ordering::SeqCst) || state.kept.len() >= state.room {
            return Some(kept);
        }
        state.kept.push((Arc::clone(given_up), kept));
        None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Counts the connections that are open.
    struct Counted(Arc<()>);
    struct Other;

    impl Kept for Counted {
        fn end(self: Box<Self>) -> BoxFuture<'static, ()> {
            Box::pin(async move { drop(self) })
        }
    }

    impl Kept for Other {
        fn end(self: Box<Self>) -> BoxFuture<'static, ()> {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn the_one_that_was_kept_last_is_taken_and_others_stay() {
        let berth = Berth::of(3);
        let (first, last) = (Arc::default(), Arc::default());
        berth.keep(Counted(Arc::clone(&first)));
        berth.keep(Counted(Arc::clone(&last)));
        berth.keep(Other);
        for kept in [&last, &first] {
            let taken = berth.take::<Counted>().unwrap();
            assert!(Arc::ptr_eq(&taken.0, kept));
        }
        assert!(berth.take::<Counted>().is_none());
        assert!(berth.take::<Other>().is_some());
    }

    #[tokio::test]
    async fn what_there_is_no_room_for_is_closed_at_once() {
        let (open, full) = (Arc::new(()), Berth::of(1));
        full.keep(Other);
        let closed = Berth::of(1);
        closed.close().await;
        let given_up = Berth::of(1);
        assert!(given_up.give_up().is_empty());
        for berth in [full, closed, given_up, Berth::none()] {
            berth.keep(Counted(Arc::clone(&open)));
            assert_eq!(Arc::strong_count(&open), 1, "{berth:?}");
            assert!(berth.take::<Counted>().is_none());
        }
    }

    #[test]
    fn what_was_kept_by_a_sandbox_that_is_given_up_is_taken_by_nobody() {
        let (one, open) = (Berth::of(2), Arc::new(()));
        let other = one.shelf.berth();
        one.keep(Counted(Arc::clone(&open)));
        other.keep(Other);
        assert_eq!(one.give_up().len(), 1);
        assert_eq!(Arc::strong_count(&open), 1);
        assert!(other.take::<Counted>().is_none());
        assert!(other.take::<Other>().is_some());
    }

    #[tokio::test]
    async fn what_is_kept_is_ended() {
        let (open, berth) = (Arc::new(()), Berth::of(1));
        berth.keep(Counted(Arc::clone(&open)));
        berth.close().await;
        assert_eq!(Arc::strong_count(&open), 1);
    }

    #[tokio::test]
    async fn the_next_one_waits_until_those_before_it_have_ended() {
        let (runtime, shelf) = (Handle::current(), Shelf::default());
        shelf.open(1);
        shelf.berth().keep(Other);
        let ending = shelf.end(&runtime, Duration::from_millis(20));
        let waiting = timeout(Duration::from_millis(1), shelf.settled(LONG)).await;
        assert!(waiting.is_err());
        // It hangs, and is dropped.
        join_all(ending).await;
        shelf.settled(LONG).await;
    }
}
