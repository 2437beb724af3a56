//! Colours, where a stream shows them.

use std::fmt::{self, Display};

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

    pub(crate) fn outcome<T: Display>(self, outcome: Outcome, text: T) -> Painted<T> {
        let color = match outcome {
            Outcome::Passed => AnsiColor::Green,
            Outcome::Failed | Outcome::Errored => AnsiColor::Red,
            _ => AnsiColor::Yellow,
        };
        self.styled(Style::new().bold().fg_color(Some(color.into())), text)
    }

    pub(crate) fn verdict(self, verdict: Verdict) -> Painted<Verdict> {
        let outcome = if verdict.is_pass() {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        self.outcome(outcome, verdict)
    }

    pub(crate) fn strong<T: Display>(self, text: T) -> Painted<T> {
        self.styled(Style::new().bold(), text)
    }

    pub(crate) fn faint<T: Display>(self, text: T) -> Painted<T> {
        self.styled(Style::new().dimmed(), text)
    }

    fn styled<T: Display>(self, style: Style, text: T) -> Painted<T> {
        Painted {
            style: self.colored.then_some(style),
            text,
        }
    }
}

/// A text in its colours, if it has any. A width is that of the text alone.
pub(crate) struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(style) = self.style else {
            return self.text.fmt(f);
        };
        write!(f, "{style}")?;
        self.text.fmt(f)?;
        write!(f, "{style:#}")
    }
}
