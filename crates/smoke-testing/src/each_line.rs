//! A log whose lines go to a function.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A subscriber that calls a function with each line, on the thread that logs it: the function may
/// block, or panic.
///
/// # Examples
///
/// ```
/// use smoke_testing::{EachLine, Log};
/// use std::io::Write as _;
///
/// let log = Log::default();
/// let writer = log.clone();
/// let lines = EachLine(move |line: String| writer.clone().write_all(line.as_bytes()).unwrap());
/// tracing::subscriber::with_default(lines, || tracing::info!(rows = 2, "written"));
/// assert!(log.text().contains("message=written rows=2"));
/// ```
pub struct EachLine<F>(pub F);

impl<F: Fn(String) + 'static> Subscriber for EachLine<F>
where
    F: Send + Sync,
{
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        (self.0)(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl<F> fmt::Debug for EachLine<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EachLine")
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!("{field}={value:?} ");
    }
}
