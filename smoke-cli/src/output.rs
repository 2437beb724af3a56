//! Where the report goes, and in which form.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use tokio::task::spawn_blocking;

use crate::exit::Exit;
use crate::signals::Signals;

/// Which report is wanted.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(skip)]
pub(crate) struct Output {
    /// The form of the report on standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,

    /// Writes the report as JUnit XML to this file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// The form of a report on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: what failed and why, and a summary
    #[default]
    Human,
    /// Plain text, the verdict on its first line
    Text,
    /// JSON
    Json,
    /// JUnit XML
    Junit,
}

impl Output {
    /// Empties the file, where one is wanted: a report of an earlier run must not be taken for that of
    /// this one.
    pub(crate) fn open(&self) -> Result<Option<File>, String> {
        let Some(path) = &self.junit else {
            return Ok(None);
        };
        let failed = |error| format!("--junit: failed to create {}: {error}", path.display());
        File::create(path).map(Some).map_err(failed)
    }

    /// Where what shows why a test failed stands beside the file, where one is wanted.
    #[cfg(feature = "registry")]
    pub(crate) fn artifacts(&self) -> Option<PathBuf> {
        let junit = self.junit.as_ref()?;
        Some(junit.with_extension("artifacts"))
    }

    /// Writes the report, to the file as well, and returns how the process ends.
    ///
    /// Whoever is to read it may not: a signal ends that, too.
    pub(crate) async fn tell(
        &self,
        file: Option<File>,
        exit: Exit,
        signals: &mut Signals,
        render: impl Fn(Format) -> io::Result<String>,
    ) -> Exit {
        let rendered = render(self.format);
        let file = file.map(|file| (file, render(Format::Junit)));
        let writing = spawn_blocking(move || {
            let file_written = file.map_or(Ok(()), |(mut file, rendered)| {
                file.write_all(rendered?.as_bytes())?;
                file.sync_all()
            });
            let mut out = io::stdout().lock();
            out.write_all(rendered?.as_bytes())?;
            out.flush()?;
            file_written
        });
        let written = tokio::select! {
            biased;
            written = writing => written.map_err(io::Error::other).flatten(),
            signal = signals.next() => return Exit::Stopped(signal),
        };
        match written {
            Ok(()) => exit,
            Err(error) => {
                say(&format!("failed to write the report: {error}"));
                exit.untold()
            }
        }
    }
}

/// Says on standard error what is wrong. Whoever does not read it does not want it.
pub(crate) fn say(error: &str) {
    let _ = writeln!(io::stderr(), "error: {error}");
}
