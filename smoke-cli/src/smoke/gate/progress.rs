//! How the gate stands while it asks, on standard error.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::machine::Machine;
use super::standing::{Standing, State};
use super::{odd, table};
use crate::paint::Paint;
use crate::plain::one_line;

/// How often it is looked at.
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// The lines around the table, and one that stays free.
const AROUND: usize = 3;
/// Where the size of a terminal is not known.
const SIZE: (usize, usize) = (80, 24);

/// A table on a terminal, and elsewhere a line where a replica stands otherwise than before.
pub(crate) struct Progress {
    paint: Paint,
    quiet: bool,
    bar: Option<ProgressBar>,
    began: Instant,
    time: Duration,
    /// How each stood when it was shown.
    shown: HashMap<String, State>,
}

impl Progress {
    pub(crate) fn new(quiet: bool, time: Duration) -> Self {
        // A terminal that cannot go back in a line shows no table that changes.
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = !quiet && io::stderr().is_terminal() && !dumb;
        let bar = live.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            paint: Paint::of(&io::stderr()),
            quiet,
            bar,
            began: Instant::now(),
            time,
            shown: HashMap::new(),
        }
    }

    /// Shows what is known now.
    pub(crate) fn show(&mut self, machine: &Machine) {
        match &self.bar {
            Some(bar) => bar.set_message(self.table(machine)),
            None if self.quiet => {}
            None => self.tell(machine),
        }
    }

    /// Says something that is none of a replica's.
    pub(crate) fn say(&self, notice: &str) {
        let notice = self.paint.strong(notice).to_string();
        match &self.bar {
            Some(bar) => bar.println(notice),
            None => drop(writeln!(io::stderr(), "{notice}")),
        }
    }

    /// Shows what was missed, and takes the table away: the report has it, too.
    pub(crate) fn end(mut self, machine: &Machine) {
        self.show(machine);
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn table(&self, machine: &Machine) -> String {
        let size = terminal_size::terminal_size_of(io::stderr());
        let (columns, lines) =
            size.map_or(SIZE, |(columns, lines)| (columns.0.into(), lines.0.into()));
        let mut rows = table::rows(machine, &odd::remarks(&machine.standings));
        let room = lines.saturating_sub(AROUND).max(1);
        let more = rows.len().saturating_sub(room);
        if more > 0 {
            table::worst_first(&mut rows);
            rows.truncate(room);
        }
        let mut shown = table::lines(&rows, self.paint, columns);
        if more > 0 {
            shown.push(format!("    ... and {more} more"));
        }
        let summary = table::cut(&self.summary(machine), columns);
        shown.push(self.paint.faint(summary).to_string());
        shown.join("\n")
    }

    fn summary(&self, machine: &Machine) -> String {
        let passed = machine
            .standings
            .iter()
            .filter(|one| one.state == State::Passed);
        let seconds = |time: Duration| {
            humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
        };
        let mut said = format!(
            "round {}, {} of {} passed, {} of {}",
            machine.rounds,
            passed.count(),
            machine.standings.len(),
            seconds(self.began.elapsed()),
            seconds(self.time),
        );
        for problem in &machine.problems {
            said += &format!("; {}", one_line(problem));
        }
        said
    }

    fn tell(&mut self, machine: &Machine) {
        for standing in &machine.standings {
            let name = &standing.replica.name;
            if standing.state == State::Unasked || self.shown.get(name) == Some(&standing.state) {
                continue;
            }
            self.shown.insert(name.clone(), standing.state.clone());
            // Whoever does not read it does not want it.
            let _ = writeln!(io::stderr(), "{}", self.line(standing));
        }
    }

    fn line(&self, standing: &Standing) -> String {
        let identity = &standing.identity;
        let known = [&identity.instance, &identity.build].into_iter().flatten();
        let known: String = known.map(|known| format!(" {}", one_line(known))).collect();
        let said = table::said(standing).join("; ");
        let said = one_line(&said);
        let colon = if said.is_empty() { "" } else { ": " };
        let word = format!("{:>7}", table::word(&standing.state));
        let word = self.paint.outcome(table::outcome(&standing.state), word);
        format!(
            "{word} {}{known}{colon}{said}",
            one_line(&standing.replica.name)
        )
    }
}
