//! A line of the log: `INFO shop::till: charging amount=14`.

use std::fmt::{self, Debug, Display, Formatter};

use tracing::Event;
use tracing::field::{Field, Visit};

use crate::error::capped;

/// What the crate `log` says of a record that `tracing-log` hands on.
const OF_LOG: &str = "log.";

/// The line of an event. No more is made of it than is read of a text.
pub(super) fn line(event: &Event<'_>) -> String {
    capped(Line(event))
}

struct Line<'e, 'v>(&'e Event<'v>);

impl Display for Line<'_, '_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let metadata = self.0.metadata();
        let mut target = Target(None);
        self.0.record(&mut target);
        let target = target.0.as_deref().unwrap_or(metadata.target());
        write!(f, "{} {target}:", metadata.level())?;
        let mut fields = Fields { f, written: Ok(()) };
        self.0.record(&mut fields);
        fields.written
    }
}

/// Whom a record of `log` is of.
struct Target(Option<String>);

impl Visit for Target {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

struct Fields<'f, 'b> {
    f: &'f mut Formatter<'b>,
    written: fmt::Result,
}

impl Fields<'_, '_> {
    fn write(&mut self, value: fmt::Arguments<'_>) {
        self.written = self.written.and_then(|()| self.f.write_fmt(value));
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.write(format_args!(" {value}")),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.write(format_args!(" {value:?}")),
            name if name.starts_with(OF_LOG) => {}
            name => self.write(format_args!(" {name}={value:?}")),
        }
    }
}
