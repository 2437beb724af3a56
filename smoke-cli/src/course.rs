//! One run, from the question to its answer, and what interferes with it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use smoke_core::{Answer, Ask, Event, Halt, Runner, Selection};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::args::Args;
use crate::progress::{Progress, TICK};
use crate::signals::{Signal, Signals};

/// How often what happened is taken up: much more often than it is shown, since the runner keeps no more than what
/// 500 tests do.
const TAKE_UP: Duration = Duration::from_millis(4);

/// Runs the selected tests. The answer, and the signal that stopped them, if one did.
pub(crate) async fn carry_out(
    runner: &Runner,
    args: &Args,
    signals: &mut Signals,
) -> (Answer, Option<Signal>) {
    let selection = args.selection();
    let mut events = runner.events();
    let mut progress = Progress::new(args.quiet, args.verbose);
    let mut stopping = Stopping::new(runner);
    let mut ask = Ask::new(selection)
        .by("the command line")
        .with_browsers()
        .halted_by(&stopping.halt);
    let mut own = Own::new(ask.selection.clone());
    if let Some(limit) = args.timeout {
        ask = ask.within(limit);
    }
    if let Some(folder) = args.output.artifacts() {
        ask = ask.artifacts(folder);
    }
    let [mut taking_up, mut tick] = [TAKE_UP, TICK].map(interval);
    for tick in [&mut taking_up, &mut tick] {
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    let mut asking = pin!(runner.ask(ask));
    let mut answer = loop {
        tokio::select! {
            biased;
            signal = signals.next() => progress.say(stopping.told(signal)),
            _ = tick.tick() => progress.show(),
            _ = taking_up.tick() => own.pass_on(&mut events, &mut progress),
            // Which run it is. The rest is not waited for: it would wake this thread for each test.
            Ok(event) = events.recv(), if own.run.is_none() => own.heard(&event, &mut progress),
            answer = &mut asking => break answer,
        }
    };
    own.pass_on(&mut events, &mut progress);
    progress.end(&answer.report);
    let stopped = stopping.over().await;
    if let Some(signal) = stopped
        && answer.report.reasons.is_empty()
    {
        // It came when the last test was over.
        Arc::make_mut(&mut answer.report)
            .reasons
            .push(reason(signal));
    }
    (answer, stopped)
}

fn reason(signal: Signal) -> String {
    format!("stopped by {}", signal.name())
}

/// Tells the events of the own run from those of others that have the same runner.
struct Own {
    selection: Selection,
    run: Option<Arc<str>>,
}

impl Own {
    fn new(selection: Selection) -> Self {
        Self {
            selection,
            run: None,
        }
    }

    /// Passes on what has happened since the last time. What was missed is in the report.
    fn pass_on(&mut self, events: &mut Receiver<Event>, progress: &mut Progress) {
        loop {
            match events.try_recv() {
                Ok(event) => self.heard(&event, progress),
                Err(TryRecvError::Lagged(_)) => progress.missed(),
                Err(_) => return,
            }
        }
    }

    fn heard(&mut self, event: &Event, progress: &mut Progress) {
        if self.has(event) {
            progress.heard(event);
        }
    }

    fn has(&mut self, event: &Event) -> bool {
        let of = match event {
            Event::RunStarted { run, selection, .. } => {
                if self.run.is_none() && **selection == self.selection {
                    self.run = Some(Arc::clone(run));
                }
                run
            }
            Event::TestStarted { run, .. } | Event::TestFinished { run, .. } => run,
            _ => return false,
        };
        self.run.as_ref() == Some(of)
    }
}

/// Ends the run early: gently at first, and at once where that was not enough.
struct Stopping<'r> {
    runner: &'r Runner,
    halt: Halt,
    told: Option<Signal>,
    at_once: Option<JoinHandle<()>>,
}

impl<'r> Stopping<'r> {
    fn new(runner: &'r Runner) -> Self {
        Self {
            runner,
            halt: Halt::new(),
            told: None,
            at_once: None,
        }
    }

    /// What is done about a signal.
    fn told(&mut self, signal: Signal) -> &'static str {
        let is_first = self.told.is_none();
        // The last one is what ends the process.
        self.told = Some(signal);
        self.halt.call(reason(signal));
        if is_first && signal == Signal::Interrupt {
            return "stopping: no more tests start; Ctrl-C again stops those that run";
        }
        if self.at_once.is_none() {
            let runner = self.runner.clone();
            self.at_once = Some(tokio::spawn(async move { runner.shutdown().await }));
        }
        "stopping at once: what the tests wrote is rolled back"
    }

    async fn over(self) -> Option<Signal> {
        if let Some(at_once) = self.at_once {
            // A shutdown does not panic, and ends within two seconds.
            let _ = at_once.await;
        }
        self.told
    }
}
