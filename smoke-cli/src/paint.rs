//! Colours, where a stream shows them.

use std::fmt::Display;

use anstream::AutoStream;
use anstream::ColorChoice;
use anstream::stream::RawStream;
use anstyle::{AnsiColor, Style};
use smoke_report::{Outcome, Verdict};

/// Colours what goes to one stream, unless that is no terminal, or one that shows none, or `NO_COLOR` is
/// set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    colored: bool,
}

impl Paint {
    pub(crate) fn of(stream: &impl RawStream) -> Self {
        // Where `CI` is set, it is not asked what the terminal is.
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colored: !is_dumb && AutoStream::choice(stream) != ColorChoice::Never,
        }
    }

    pub(crate) fn outcome(self, outcome: Outcome, text: impl Display) -> String {
        let color = match outcome {
            Outcome::Passed => AnsiColor::Green,
            Outcome::Failed | Outcome::Errored => AnsiColor::Red,
            _ => AnsiColor::Yellow,
        };
        self.styled(Style::new().bold().fg_color(Some(color.into())), text)
    }

    pub(crate) fn verdict(self, verdict: Verdict) -> String {
        let outcome = if verdict.is_pass() {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        self.outcome(outcome, verdict)
    }

    pub(crate) fn strong(self, text: impl Display) -> String {
        self.styled(Style::new().bold(), text)
    }

    pub(crate) fn faint(self, text: impl Display) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    fn styled(self, style: Style, text: impl Display) -> String {
        if self.colored {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }
}
