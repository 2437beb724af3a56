//! `smoke ask`: one service, once.

use std::time::{Duration, SystemTime};

use http::Method;
use smoke_report::{Kind, Scope};
use url::form_urlencoded::Serializer;

use super::connection::Connection;
use super::replica::Replica;
use super::said::{self, Said, Unsaid};
use super::target::{Means, Target};
use crate::exit::Exit;
use crate::output::{Output, say};
use crate::process::{listening, refused};
use crate::report;

/// Asks one service for its smoke tests, and reports what it answers
#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    /// Where the service is, as http://HOST:PORT; with the path of its smoke tests, where that is not
    /// /smoketest
    #[arg(value_name = "URL", value_parser = url)]
    target: Target,

    /// Only the tests that match one of these: a name, a prefix of whole segments (`shop::users`), a
    /// glob (`*::users::*`) or `tag:x`
    #[arg(value_name = "LABEL")]
    labels: Vec<String>,

    /// Leaves out the tests that match this label; may be given several times
    #[arg(long, value_name = "LABEL")]
    skip: Vec<String>,

    /// Only the tests of this kind, `unit`, `database` or `http`; may be given several times
    #[arg(long, value_name = "KIND", value_parser = str::parse::<Kind>)]
    kind: Vec<Kind>,

    /// Only the tests of this scope, `shared` or `instance`
    #[arg(long, value_name = "SCOPE", value_parser = str::parse::<Scope>)]
    scope: Option<Scope>,

    /// Kind by kind, from fast to slow, up to the first of which a test does not pass
    #[arg(long)]
    pipeline: bool,

    /// The slow tests too
    #[arg(long)]
    slow: bool,

    /// Starts no more tests after one has failed or errored
    #[arg(long)]
    fail_fast: bool,

    /// Wants a run of its own, and not the result of one that has just ended
    #[arg(long)]
    fresh: bool,

    /// How long the answer may take
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    timeout: Duration,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    output: Output,
}

impl Ask {
    pub(crate) async fn carry_out(&self) -> Exit {
        let prepared = self.connection.client(self.target.secure);
        let prepared = prepared.and_then(|client| Ok((client, self.output.open()?)));
        let (client, file) = match prepared {
            Ok(prepared) => prepared,
            Err(problem) => return refused(&problem),
        };
        let mut signals = match listening() {
            Ok(signals) => signals,
            Err(exit) => return exit,
        };
        let method = if self.fresh {
            Method::POST
        } else {
            Method::GET
        };
        let (replica, path) = (Replica::itself(&self.target), self.path());
        let asking = client.ask(&replica, method, &path, self.timeout);
        let reply = tokio::select! {
            biased;
            signal = signals.next() => return Exit::Stopped(signal),
            reply = asking => reply,
        };
        let now = SystemTime::now();
        let said = reply
            .map_err(Unsaid::from)
            .and_then(|reply| said::report(&reply, now));
        let Said { report, .. } = match said {
            Ok(said) => said,
            Err(unsaid) => {
                say(&unsaid.why);
                return Exit::Unknown;
            }
        };
        let exit = Exit::of(&report);
        let started = report.started.unwrap_or(now);
        let render = |format| report::render(&report, started, format);
        self.output.tell(file, exit, &mut signals, render).await
    }

    fn path(&self) -> String {
        let mut query = Serializer::new(String::new());
        for label in &self.labels {
            query.append_pair("select", label);
        }
        for label in &self.skip {
            query.append_pair("skip", label);
        }
        for kind in &self.kind {
            query.append_pair("kind", &kind.to_string());
        }
        if let Some(scope) = self.scope {
            query.append_pair("scope", &scope.to_string());
        }
        for (name, is_set) in [("pipeline", self.pipeline), ("fail_fast", self.fail_fast)] {
            if is_set {
                query.append_key_only(name);
            }
        }
        let path = if self.slow { "/slow/" } else { "/" };
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

fn url(written: &str) -> Result<Target, String> {
    let target: Target = written.parse()?;
    match target.means {
        Means::Itself => Ok(target),
        _ => Err("one service is asked: write http://HOST:PORT".to_owned()),
    }
}
