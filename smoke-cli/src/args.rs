//! What the command line says.

use std::time::Duration;

use smoke_core::{Kind, Selection};

use crate::output::Output;

/// A run shorter than that has no time to clean up, and one longer than that has no limit worth
/// the name: the bounds of [`smoke_core::Ask::within`].
const BOUNDS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60 * 60));

/// Runs the smoke tests and rolls back what they wrote
///
// Clap shows the docs as the help of a subcommand that says nothing itself.
#[cfg_attr(doc, doc = include_str!("../docs/args.md"))]
#[derive(Clone, Debug, Default, clap::Args)]
#[group(id = "smoke_cli")]
pub struct Args {
    /// Runs only the tests that match one of these: a name, a prefix of whole segments
    /// (`shop::users`), a glob (`*::users::*`) or `tag:x`
    #[arg(value_name = "LABEL")]
    pub(crate) labels: Vec<String>,

    /// Leaves out the tests that match this label; may be given several times
    #[arg(long, value_name = "LABEL")]
    pub(crate) skip: Vec<String>,

    /// Runs only the tests of this kind, `unit`, `database`, `http` or `browser`; may be given several times
    #[arg(long, value_name = "KIND", value_parser = str::parse::<Kind>)]
    pub(crate) kind: Vec<Kind>,

    /// Runs kind by kind, from fast to slow, and stops at the first of which a test does not pass
    #[arg(long)]
    pub(crate) pipeline: bool,

    /// Runs the slow tests too
    #[arg(long)]
    pub(crate) slow: bool,

    /// Starts no more tests after one has failed or errored
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// Lists the tests that would run, and runs none; -v adds what is known of them
    #[arg(long, conflicts_with = "junit")]
    pub(crate) list: bool,

    /// How long the run may take, from 1s to 1h (`90s`, `5m`), instead of the application's limit
    #[arg(long, value_name = "TIME", value_parser = limit)]
    pub(crate) timeout: Option<Duration>,

    #[command(flatten)]
    pub(crate) output: Output,

    /// Shows no progress on standard error
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Shows each test's kind and where its time went; twice: when it begins, and its requests
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Args {
    pub(crate) fn selection(&self) -> Selection {
        let all = if self.slow {
            Selection::slow()
        } else {
            Selection::fast()
        };
        let chosen = self.labels.iter().fold(all, Selection::select);
        let chosen = self.skip.iter().fold(chosen, Selection::skip);
        let mut chosen = self.kind.iter().copied().fold(chosen, Selection::kind);
        if self.fail_fast {
            chosen = chosen.fail_fast();
        }
        if self.pipeline {
            chosen = chosen.pipeline();
        }
        chosen
    }
}

fn limit(said: &str) -> Result<Duration, String> {
    let limit = humantime::parse_duration(said).map_err(|error| error.to_string())?;
    let (shortest, longest) = BOUNDS;
    if (shortest..=longest).contains(&limit) {
        Ok(limit)
    } else {
        Err("a run may take from 1s to 1h".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_a_unit_and_is_within_bounds() {
        assert_eq!(limit("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(limit("1h"), Ok(Duration::from_secs(3600)));
        for wrong in [
            "",
            "90",
            "999ms",
            "61m",
            "-1s",
            "soon",
            "99999999999999999999h",
        ] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
