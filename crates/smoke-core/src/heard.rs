//! What was logged while a test ran, as much of it as is kept.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::redact::shown;

/// No more lines of a test are kept.
const MOST: usize = 100;
/// Nor more of their text, in bytes.
const LONGEST: usize = 16 * 1024;
/// Room for the line that says how much was left out.
const NOTE: usize = 128;
/// Less of a line says nothing.
const SHORTEST: usize = 64;

/// Whether a layer of the application's subscriber hands on what it is told.
static LISTENS: AtomicBool = AtomicBool::new(false);
/// How many runs are under way.
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// What was logged while one test ran.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    /// The last one may be longer than there is room for.
    lines: Vec<String>,
    bytes: usize,
    left_out: usize,
    /// Set once it was told.
    closed: bool,
}

/// A run that is under way.
pub(crate) struct UnderWay(());

pub(crate) fn is_listened_to() -> bool {
    LISTENS.load(Ordering::Relaxed)
}

/// Lines are heard until the returned value is dropped.
pub(crate) fn during_a_run() -> UnderWay {
    RUNS.fetch_add(1, Ordering::Relaxed);
    UnderWay(())
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        RUNS.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) fn listen() {
    LISTENS.store(true, Ordering::Relaxed);
}

pub(crate) fn is_a_run_under_way() -> bool {
    RUNS.load(Ordering::Relaxed) > 0
}

impl Heard {
    /// Keeps a line, where there is room. It is not made where there is none.
    pub(crate) fn hear(&self, line: impl FnOnce() -> String) {
        if !self.lines().has_room() {
            return;
        }
        // Without the lock: it is made of the user's values, which may log, too.
        let line = line();
        let mut heard = self.lines();
        if heard.has_room() {
            heard.bytes += line.len();
            heard.lines.push(line);
        }
    }

    /// What was heard, without secrets. Nothing more is heard then.
    pub(crate) fn told(&self) -> Vec<String> {
        let closed = Lines {
            closed: true,
            ..Lines::default()
        };
        let Lines {
            lines,
            mut left_out,
            ..
        } = mem::replace(&mut *self.lines(), closed);
        let most = if left_out > 0 { MOST - 1 } else { MOST };
        let (mut told, mut room) = (Vec::new(), LONGEST - NOTE);
        for line in lines {
            if told.len() == most || room < SHORTEST {
                left_out += 1;
                continue;
            }
            let line = shown(&line, room);
            room -= line.len();
            told.push(line);
        }
        if left_out > 0 {
            told.push(format!(
                "... and {left_out} more: no more than {MOST} lines and {} KiB of a test's log are kept",
                LONGEST / 1024
            ));
        }
        told
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Whether one more is kept; counts it where not.
    fn has_room(&mut self) -> bool {
        let room = self.lines.len() < MOST && self.bytes < LONGEST;
        if !room {
            self.left_out += 1;
        }
        room && !self.closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: impl IntoIterator<Item = String>) -> Vec<String> {
        let heard = Heard::default();
        for line in lines {
            heard.hear(|| line);
        }
        let told = heard.told();
        assert!(told.len() <= MOST, "{} lines", told.len());
        let bytes: usize = told.iter().map(String::len).sum();
        assert!(bytes <= LONGEST, "{bytes} bytes");
        heard.hear(|| "late".to_owned());
        assert!(heard.told().is_empty());
        told
    }

    #[test]
    fn a_hundred_lines_are_kept_and_the_rest_is_counted() {
        let lines = |count: usize| (0..count).map(|n| format!("INFO shop: step {n}"));
        let whole: Vec<String> = lines(MOST).collect();
        assert_eq!(heard(lines(MOST)), whole);
        let told = heard(lines(MOST + 1));
        assert_eq!(told[..MOST - 1], whole[..MOST - 1]);
        assert!(told[MOST - 1].starts_with("... and 2 more: "), "{told:?}");
        assert!(
            heard(lines(1000))
                .last()
                .unwrap()
                .starts_with("... and 901 more: ")
        );
    }

    #[test]
    fn long_lines_are_cut_and_the_rest_is_counted() {
        let told = heard((0..20).map(|n| format!("{n} {}", "x".repeat(2000))));
        assert!(told[0].ends_with('x'));
        assert!(told[told.len() - 2].contains("bytes in all"), "{told:?}");
        assert!(told[told.len() - 1].starts_with("... and "), "{told:?}");
        let told = heard(["x".repeat(60_000)]);
        assert_eq!(told.len(), 1);
        assert!(told[0].ends_with(" bytes in all)"));
    }

    #[test]
    fn secrets_are_hidden_also_where_a_line_is_cut() {
        let secret = "postgres://app:hunter2@db/app";
        let told = heard([secret.to_owned()]);
        assert_eq!(told, ["postgres://app:***@db/app"]);
        for pad in LONGEST - 200..LONGEST + 20 {
            let told = heard([format!("{}{secret} and more", "x".repeat(pad))]);
            assert!(!told.concat().contains("hunter"), "{pad}");
        }
    }
}
