//! `smoke gate`: lets a deploy go on only if the whole fleet is well.

mod judge;
mod machine;
mod odd;
mod outcome;
mod progress;
mod report;
mod rounds;
mod standing;
mod table;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use self::machine::{Machine, Terms};
use self::outcome::{End, Outcome};
use self::progress::{Progress, TICK};
use self::rounds::Asking;
use super::connection::Connection;
use super::resolve::Resolver;
use super::target::{Means, Target};
use crate::exit::Exit;
use crate::output::Output;
use crate::process::{listening, refused};
use crate::signals::{Signal, Signals};

/// How long an answer may take, without the slow tests and with them, unless it is said.
const LIMITS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(600)];
/// A day is longer than any deploy.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets a deploy go on only if all replicas are of a build and pass their smoke tests, twice in a row
///
/// A target is http://HOST:PORT, which is one replica; dns+http://HOST:PORT, of which each address is
/// one; or srv+http://NAME, where service records say hosts and ports. https works alike. A path may
/// follow, where the smoke tests are not under /smoketest.
#[derive(Debug, clap::Args)]
pub(crate) struct Gate {
    /// Whom to ask
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<Target>,

    /// The build that each replica has to be: what .build_id(..) or SMOKE_BUILD says
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    build: String,

    /// How many replicas there have to be at least; may be left out where all targets are URLs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    expect_replicas: Option<u32>,

    /// How long to wait for all to be well
    #[arg(long = "for", value_name = "TIME", default_value = "5m", value_parser = within(SECOND..=LONGEST))]
    time: Duration,

    /// Runs the slow tests too, on the replica that runs the shared ones
    #[arg(long)]
    slow: bool,

    /// How many replicas are asked at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: u16,

    /// Has each replica run all tests, and not only those of its own
    #[arg(long)]
    all_everywhere: bool,

    /// How long nothing is asked between two rounds, about
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = within(Duration::ZERO..=LONGEST))]
    pause: Duration,

    /// How long a replica's answer may take; 60s, or 10m with --slow, where it is not said
    #[arg(long, value_name = "TIME", value_parser = within(SECOND..=LONGEST))]
    timeout: Option<Duration>,

    /// Asks this DNS server, instead of the system's
    #[arg(long, value_name = "IP:PORT")]
    dns_server: Option<SocketAddr>,

    /// Shows no progress on standard error
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    connection: Connection,

    #[command(flatten)]
    output: Output,
}

const SECOND: Duration = Duration::from_secs(1);

impl Gate {
    pub(crate) async fn carry_out(&self) -> Exit {
        let prepared = self.prepare();
        let prepared = prepared.and_then(|prepared| Ok((prepared, self.output.open()?)));
        let ((asking, at_least), file) = match prepared {
            Ok(prepared) => prepared,
            Err(problem) => return refused(&problem),
        };
        let mut signals = match listening() {
            Ok(signals) => signals,
            Err(exit) => return exit,
        };
        let machine = RefCell::new(Machine::new(Terms {
            build: self.build.clone(),
            at_least,
            slow: self.slow,
            everywhere: self.all_everywhere,
        }));
        let (began, started) = (Instant::now(), SystemTime::now());
        let end = self.course(&asking, &machine, &mut signals).await;
        let machine = machine.into_inner();
        let outcome = Outcome::of(&machine, end, (started, began.elapsed()));
        let render = |format| report::render(&machine, &outcome, format);
        let exit = outcome.exit;
        self.output.tell(file, exit, &mut signals, render).await
    }

    fn prepare(&self) -> Result<(Asking, usize), String> {
        let are_urls = self
            .targets
            .iter()
            .all(|target| target.means == Means::Itself);
        let at_least = match self.expect_replicas {
            Some(expected) => expected as usize,
            None if are_urls => self.targets.len(),
            None => {
                return Err(
                    "--expect-replicas is needed where a target is a name: it may lead to too few"
                        .to_owned(),
                );
            }
        };
        let secure = self.targets.iter().any(|target| target.secure);
        let by_records = |target: &Target| target.secure && target.means == Means::Services;
        if self.targets.iter().any(by_records) && !self.connection.names_a_host() {
            return Err(
                "--host is needed with srv+https: a certificate is not to be for a name that DNS has told"
                    .to_owned(),
            );
        }
        let asking = Asking {
            client: self.connection.client(secure)?,
            resolver: Resolver::new(self.dns_server, &self.targets)?,
            targets: self.targets.clone(),
            jobs: self.jobs.into(),
            limit: self.timeout.unwrap_or(LIMITS[usize::from(self.slow)]),
            pause: self.pause,
        };
        Ok((asking, at_least))
    }

    /// Asks until there is a verdict, the time is over, or somebody stops it.
    async fn course(
        &self,
        asking: &Asking,
        machine: &RefCell<Machine>,
        signals: &mut Signals,
    ) -> End {
        let (halt, halted) = watch::channel(false);
        let mut progress = Progress::new(self.quiet, self.time);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut over = pin!(sleep_until(Instant::now() + self.time));
        let mut rounds = pin!(asking.rounds(machine, &halted));
        let mut stopped = None;
        let end = loop {
            tokio::select! {
                biased;
                signal = signals.next() => {
                    if stopped.replace(signal).is_some() || signal == Signal::Terminate {
                        break End::Stopped(signal);
                    }
                    progress.say("stopping: nobody else is asked; Ctrl-C again waits for nobody");
                    let _ = halt.send(true);
                }
                () = &mut rounds => break stopped.map_or(End::Decided, End::Stopped),
                () = &mut over => break stopped.map_or(End::Late(self.time), End::Stopped),
                _ = tick.tick() => progress.show(&machine.borrow()),
            }
        };
        progress.end(&machine.borrow());
        end
    }
}

/// A time within these bounds.
fn within(
    bounds: RangeInclusive<Duration>,
) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |said| {
        let time = humantime::parse_duration(said).map_err(|error| error.to_string())?;
        if bounds.contains(&time) {
            Ok(time)
        } else {
            let [least, most] =
                [bounds.start(), bounds.end()].map(|end| humantime::format_duration(*end));
            Err(format!("from {least} to {most} are possible"))
        }
    }
}
