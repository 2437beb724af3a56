//! The report of a run in each of the forms.

use std::io;
use std::time::SystemTime;

use smoke_report::{Format as Wire, Report};

use crate::output::Format;
use crate::paint::Paint;
use crate::{human, junit};

/// The report in that form.
pub(crate) fn render(report: &Report, started: SystemTime, format: Format) -> io::Result<String> {
    Ok(match format {
        Format::Human => human::render(report, Paint::of(&io::stdout())),
        Format::Text => report.render(Wire::Text),
        Format::Json => report.render(Wire::Json),
        Format::Junit => junit::render(report, started).map_err(io::Error::other)?,
    })
}
