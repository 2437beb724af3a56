//! What the rounds came to, once no more follow.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::machine::{Machine, Next};
use super::odd::{self, Remarks};
use super::standing::{Standing, State};
use crate::exit::Exit;
use crate::signals::Signal;

/// The end of it, and why.
pub(crate) struct Outcome {
    pub(crate) exit: Exit,
    /// Why it is no PASS, the gravest first.
    pub(crate) reasons: Vec<String>,
    /// What is odd about each replica.
    pub(crate) odd: Vec<Remarks>,
    pub(crate) started: SystemTime,
    pub(crate) took: Duration,
}

/// What made an end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Decided,
    /// The time is over.
    Late(Duration),
    Stopped(Signal),
}

impl Outcome {
    pub(crate) fn of(machine: &Machine, end: End, (started, took): (SystemTime, Duration)) -> Self {
        let (exit, reasons) = verdict(machine, end);
        Self {
            exit,
            reasons,
            odd: odd::remarks(&machine.standings),
            started,
            took,
        }
    }
}

/// A FAIL beats that nobody could say, and that beats a PASS.
fn verdict(machine: &Machine, end: End) -> (Exit, Vec<String>) {
    if machine.next == Next::Pass && end == End::Decided {
        return (Exit::Pass, Vec::new());
    }
    let build = &machine.terms.build;
    let all = machine.standings.len();
    let count = |is: fn(&State) -> bool| {
        let counted = machine.standings.iter().filter(|one| is(&one.state));
        counted.count()
    };
    let failed = machine
        .standings
        .iter()
        .filter(|one| one.failures > 0)
        .count();
    let others = count(|state| *state == State::Other);
    let unknown = count(|state| matches!(state, State::Unknown(_) | State::Unasked));
    let unnamed = count(|state| *state == State::Unnamed);
    let mut reasons = Vec::new();
    match end {
        End::Stopped(signal) => reasons.push(format!("stopped by {}", signal.name())),
        End::Late(time) => {
            let time = humantime::format_duration(time);
            reasons.push(format!("not all was well within {time}"));
        }
        End::Decided => {}
    }
    if failed > 0 {
        reasons.push(format!("{failed} of {all} failed"));
    }
    if others > 0 {
        reasons.push(format!("{others} of {all} ran another build than {build}"));
    }
    if unknown > 0 {
        reasons.push(format!("{unknown} of {all} could not say"));
    }
    if unnamed > 0 {
        reasons.push(format!(
            "{unnamed} of {all} named no build: is the token right, and .build_id(..) or SMOKE_BUILD set?"
        ));
    }
    let (instances, at_least) = (machine.instances(), machine.terms.at_least);
    if instances < at_least {
        let shared = match shared_name(machine) {
            Some(name) => format!(
                " behind {all} addresses: several say that they are {name}; if they are not one, each needs an .instance(..) of its own"
            ),
            None => String::new(),
        };
        reasons.push(format!(
            "{instances} of {at_least} replicas were there{shared}"
        ));
    }
    reasons.extend(machine.problems.iter().cloned());
    let exit = match end {
        End::Stopped(signal) => Exit::Stopped(signal),
        _ if failed > 0 || others > 0 => Exit::Fail,
        _ => Exit::Unknown,
    };
    (exit, reasons)
}

/// The name of an instance that more than one address leads to.
fn shared_name(machine: &Machine) -> Option<&str> {
    let mut known = BTreeSet::new();
    let mut names = machine.standings.iter().map(Standing::instance);
    names.find(|name| !known.insert(*name))
}
