//! What happens in a run, on standard error while it happens.

use std::collections::HashSet;
use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use smoke_core::{Event, Report, TestReport};

use crate::paint::Paint;
use crate::plain::one_line;
use crate::show::{requests, seconds};

/// How often the bar says anew for how long the tests have been running.
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// How many tests that run are named; on most terminals there is no room for more.
const NAMED: usize = 4;

/// With fewer columns than that, the names of tests are worth more than the bar itself.
const NARROW: u16 = 40;

/// A line a test, and on a terminal a bar that names what runs.
pub(crate) struct Progress {
    paint: Paint,
    quiet: bool,
    verbose: u8,
    /// Lines to be written, in one go: a run may have a thousand tests in a millisecond.
    lines: String,
    bar: Option<ProgressBar>,
    /// What the bar names.
    running: Vec<(Arc<str>, Instant)>,
    /// The tests that were shown to be over.
    shown: Vec<Arc<TestReport>>,
    bad: usize,
}

impl Progress {
    /// `quiet` shows nothing but what [`say`](Self::say) is told; `verbose` is from 0 to 2.
    pub(crate) fn new(quiet: bool, verbose: u8) -> Self {
        Self {
            quiet,
            paint: Paint::of(&io::stderr()),
            verbose,
            lines: String::new(),
            bar: None,
            running: Vec::new(),
            shown: Vec::new(),
            bad: 0,
        }
    }

    /// Takes note of what happened in the run.
    pub(crate) fn heard(&mut self, event: &Event) {
        match event {
            _ if self.quiet => {}
            Event::RunStarted { tests, .. } => self.begin(*tests),
            Event::TestStarted { test, .. } => {
                if self.verbose > 1 {
                    let begins = self.paint.faint("begins");
                    self.line(format_args!("{begins:>8}          {}", one_line(test)));
                }
                if self.bar.is_some() {
                    self.running.push((Arc::clone(test), Instant::now()));
                }
            }
            Event::TestFinished { test, .. } => {
                self.over(test);
                self.shown.push(Arc::clone(test));
            }
            _ => {}
        }
    }

    /// Takes note that something was missed: some of what seems to run may be over.
    pub(crate) fn missed(&mut self) {
        self.running.clear();
    }

    /// Says something that is none of a test's.
    pub(crate) fn say(&mut self, notice: &str) {
        self.line(self.paint.strong(notice));
        self.show();
    }

    /// Writes the lines, and says what runs now and for how long.
    pub(crate) fn show(&mut self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.shown.len() as u64);
            bar.set_message(self.now());
        }
        if self.lines.is_empty() {
            return;
        }
        match &self.bar {
            Some(bar) => bar.println(self.lines.trim_end_matches('\n')),
            // Whoever does not read it does not want it.
            None => drop(io::stderr().write_all(self.lines.as_bytes())),
        }
        self.lines.clear();
    }

    /// Shows what was missed, and takes the bar away.
    pub(crate) fn end(mut self, report: &Report) {
        if self.quiet {
            return;
        }
        if self.shown.len() < report.tests.len() {
            let shown = std::mem::take(&mut self.shown);
            let names: HashSet<&str> = shown.iter().map(|test| &*test.name).collect();
            let missed = report.tests.iter();
            for test in missed.filter(|test| !names.contains(&*test.name)) {
                self.over(test);
            }
        }
        self.show();
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        if !report.tests.is_empty() {
            let _ = writeln!(io::stderr());
        }
    }

    fn begin(&mut self, tests: usize) {
        let noun = if tests == 1 { "test" } else { "tests" };
        self.line(format_args!("running {tests} {noun}"));
        // A terminal that cannot go back in a line has no bar either.
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if !io::stderr().is_terminal() || dumb {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(tests as u64), ProgressDrawTarget::stderr());
        let width = terminal_size::terminal_size_of(io::stderr());
        let is_narrow = width.is_some_and(|(width, _)| width.0 < NARROW);
        let template = if is_narrow {
            "{pos}/{len} {wide_msg}"
        } else {
            "{bar:12} {pos}/{len} {wide_msg}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        self.bar = Some(bar);
    }

    fn over(&mut self, test: &TestReport) {
        self.running.retain(|(name, _)| **name != *test.name);
        self.bad += usize::from(!test.outcome.is_good());
        let outcome = self.paint.outcome(test.outcome, test.outcome);
        let time = format!("[{}]", seconds(test.duration));
        let name = one_line(&test.name);
        if self.verbose > 0 {
            let spent = self.paint.faint(format!(" ({})", spent(test)));
            self.line(format_args!("{outcome:>8} {time:>9} {name}{spent}"));
        } else {
            self.line(format_args!("{outcome:>8} {time:>9} {name}"));
        }
        if self.verbose > 1 {
            for request in requests(test) {
                self.line(format_args!("{:19}{request}", ""));
            }
        }
    }

    fn line(&mut self, line: impl Display) {
        // A text takes whatever is written to it.
        let _ = writeln!(self.lines, "{line}");
    }

    /// What runs now, that which has run for the longest time first.
    fn now(&self) -> String {
        let named = self.running.iter().take(NAMED);
        let mut now: Vec<_> = named
            .map(|(name, since)| {
                format!("{:.1}s {}", since.elapsed().as_secs_f64(), one_line(name))
            })
            .collect();
        let more = self.running.len().saturating_sub(NAMED);
        if more > 0 {
            now.push(format!("and {more} more"));
        }
        let bad = match self.bad {
            0 => String::new(),
            bad => format!("{bad} did not pass; "),
        };
        format!("{bad}{}", now.join(", "))
    }
}

/// What a test needs, and where its time went.
fn spent(test: &TestReport) -> String {
    let Some(times) = &test.times else {
        return test.kind.to_string();
    };
    let parts = [
        ("waited", times.waiting),
        ("sandbox", times.sandbox),
        ("application", times.app_build),
        ("test", times.body),
    ];
    let parts = parts.map(|(what, time)| format!("{what} {}", seconds(time)));
    format!("{}; {}", test.kind, parts.join(", "))
}
