//! Whether a second connection was waited for in vain while the first was in use.
//!
//! A pool whose wait is over answers the application, and a handler may keep that answer to
//! itself. What can be seen from outside is who waits, and whether anybody has got the connection
//! since.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often somebody who waits until the pool has no more patience is looked for meanwhile.
const LOOKS: u32 = 8;

/// Looks at a pool from time to time, until it shows nothing any more: the sandbox is over.
///
/// # Panics
///
/// When it is called outside of a Tokio runtime.
pub fn watch(
    queue: Arc<Queue>,
    patience: Duration,
    pool: impl Fn() -> Option<Look> + Send + 'static,
) {
    queue.seen().patience = Some(patience);
    tokio::spawn(async move {
        while queue.look(&pool) {
            tokio::time::sleep(patience / LOOKS).await;
        }
    });
}

/// Who has the one connection of a sandbox, and who is in line for it.
#[derive(Debug, Default)]
pub struct Queue {
    /// How often the application's check-outs have begun and ended: odd while the pool looks at
    /// the connection for one.
    turns: AtomicU64,
    given_up: AtomicU64,
    /// How often the session has begun and ended to ask for the connection: odd while it asks.
    asks: AtomicU64,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The turn in which somebody waited.
    waiting: Option<u64>,
    /// When the application got the connection, and in which turn.
    since: Option<(u64, Instant)>,
    /// For how long at least the application has had it in one go.
    longest: Duration,
    /// How long the pool has the application wait, where it is looked at.
    patience: Option<Duration>,
}

/// What a pool shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether somebody has the connection.
    pub is_out: bool,
    /// Whether somebody waits for it, as far as the pool shows that.
    pub is_awaited: bool,
}

/// A check-out by the application that is under way, until this is dropped.
#[derive(Debug)]
pub struct Turn {
    queue: Arc<Queue>,
    has_it: bool,
}

/// The session asks for the connection, until this is dropped.
#[derive(Debug)]
pub struct Ask<'q>(&'q Queue);

impl Queue {
    /// Begins a check-out by the application.
    #[must_use]
    pub fn turn(self: &Arc<Self>) -> Turn {
        self.turns.fetch_add(1, Ordering::SeqCst);
        Turn {
            queue: Arc::clone(self),
            has_it: false,
        }
    }

    /// Begins to ask for the connection as the session, whose own wait is not counted.
    #[must_use]
    pub fn ask(&self) -> Ask<'_> {
        self.asks.fetch_add(1, Ordering::SeqCst);
        Ask(self)
    }

    /// Notes what the pool shows, unless that may be the session's own wait, or a check-out that
    /// is just under way. Whether the pool shows anything.
    fn look(&self, pool: impl FnOnce() -> Option<Look>) -> bool {
        let state = || {
            let asks = self.asks.load(Ordering::SeqCst);
            (self.turns.load(Ordering::SeqCst), asks)
        };
        let before @ (turn, asks) = state();
        let Some(look) = pool() else {
            return false;
        };
        let now = Instant::now();
        if turn % 2 == 1 || asks % 2 == 1 || state() != before {
            return true;
        }
        let mut seen = self.seen();
        if !look.is_out {
            seen.since = None;
            return true;
        }
        if look.is_awaited {
            seen.waiting = Some(turn);
        }
        if let Some((_, since)) = seen.since.filter(|(of, _)| *of == turn) {
            seen.longest = seen.longest.max(now.duration_since(since));
        }
        true
    }

    /// Whether somebody was seen waiting and nobody has got the connection since. To be asked by
    /// the session while it has the connection: whoever was in line for it has then given up.
    #[must_use]
    pub fn in_vain(&self) -> bool {
        self.seen().waiting == Some(self.turns.load(Ordering::SeqCst))
    }

    /// How many check-outs were given up while the pool looked at the connection: these did not
    /// wait for anybody.
    #[must_use]
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::SeqCst)
    }

    /// For how long at least the application has had the connection in one go.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.seen().longest
    }

    /// Whether somebody may have waited for the connection until the pool had no more patience:
    /// other pools say the same of theirs. Not where nobody looks at the pool.
    #[must_use]
    pub fn may_have_been_awaited(&self) -> bool {
        let turn = self.turns.load(Ordering::SeqCst);
        let seen = self.seen();
        let Some(patience) = seen.patience else {
            return false;
        };
        // On a machine that is busy nobody may have had the time to look.
        let since = seen.since.filter(|(of, _)| *of == turn);
        let held = since.map_or(Duration::ZERO, |(_, since)| since.elapsed());
        seen.waiting.is_some() || seen.longest.max(held) >= patience / 2
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ask<'_> {
    /// The session gets the connection: the application has given it back.
    pub fn got(&self) {
        self.0.seen().since = None;
    }
}

impl Turn {
    /// The application gets the connection.
    pub fn take(mut self) {
        self.has_it = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let queue = &self.queue;
        if self.has_it {
            let turn = queue.turns.load(Ordering::SeqCst) + 1;
            queue.seen().since = Some((turn, Instant::now()));
        } else {
            queue.given_up.fetch_add(1, Ordering::SeqCst);
        }
        queue.turns.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Ask<'_> {
    fn drop(&mut self) {
        self.0.asks.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWAITED: Look = Look {
        is_out: true,
        is_awaited: true,
    };

    #[test]
    fn whoever_waits_until_nobody_has_the_connection_any_more_did_so_in_vain() {
        let queue = Arc::new(Queue::default());
        queue.turn().take();
        assert!(!queue.in_vain());
        assert!(queue.look(|| Some(AWAITED)));
        assert!(queue.in_vain());
        assert!(!queue.look(|| None));
    }

    #[test]
    fn whoever_gets_the_connection_has_not_waited_in_vain() {
        let queue = Arc::new(Queue::default());
        queue.turn().take();
        queue.look(|| Some(AWAITED));
        queue.turn().take();
        assert!(!queue.in_vain());
    }

    #[test]
    fn the_waits_of_the_session_are_not_counted() {
        let queue = Arc::new(Queue::default());
        queue.turn().take();
        let asks = queue.ask();
        queue.look(|| Some(AWAITED));
        drop(asks);
        // It asks between two looks at who asks.
        queue.look(|| {
            drop(queue.ask());
            Some(AWAITED)
        });
        assert!(!queue.in_vain());
    }

    #[test]
    fn nobody_has_the_connection_while_the_pool_looks_at_it() {
        let queue = Arc::new(Queue::default());
        let turn = queue.turn();
        queue.look(|| Some(AWAITED));
        drop(turn);
        assert!(!queue.in_vain());
        assert_eq!(queue.given_up(), 1);
        let is_back = Look {
            is_out: false,
            ..AWAITED
        };
        queue.look(|| Some(is_back));
        assert!(!queue.in_vain());
    }

    #[test]
    fn whoever_waits_for_another_pool_is_told_from_who_waits_for_this_one() {
        let patience = Duration::from_millis(2);
        let looked_at = |queue: &Queue| queue.seen().patience = Some(patience);
        let queue = Arc::new(Queue::default());
        queue.turn().take();
        std::thread::sleep(patience);
        assert!(!queue.may_have_been_awaited(), "nobody looks");
        looked_at(&queue);
        assert!(queue.may_have_been_awaited(), "it is out for long");
        queue.ask().got();
        assert!(!queue.may_have_been_awaited(), "it was given back");
        queue.look(|| Some(AWAITED));
        assert!(queue.may_have_been_awaited(), "somebody was seen");
    }

    #[test]
    fn the_time_in_one_go_is_what_was_seen_of_one_check_out() {
        let queue = Arc::new(Queue::default());
        let out = Look {
            is_awaited: false,
            ..AWAITED
        };
        queue.look(|| Some(out));
        assert_eq!(queue.longest(), Duration::ZERO);
        queue.turn().take();
        std::thread::sleep(Duration::from_millis(2));
        queue.look(|| Some(out));
        let longest = queue.longest();
        assert!(longest >= Duration::from_millis(2), "{longest:?}");
        queue.turn().take();
        let is_back = Look {
            is_out: false,
            ..out
        };
        queue.look(|| Some(is_back));
        // Not by a check-out that the pool tells of.
        queue.look(|| Some(out));
        assert_eq!(queue.longest(), longest);
    }
}
