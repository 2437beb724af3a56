//! The rules: what a round asks of whom, and what the rounds come to. It asks nobody itself, and time
//! passes as it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smoke_report::{Outcome, Scope};
use tokio::time::Instant;

use super::judge::{Judgement, judge};
use super::standing::{Standing, State, What};
use crate::smoke::replica::Replica;
use crate::smoke::resolve::Resolved;
use crate::smoke::said::{Identity, Said, Unsaid};

/// How often the wanted build is asked before its FAIL is final.
const FINAL: u32 = 2;

/// What is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) build: String,
    pub(crate) at_least: usize,
    /// Whether the slow tests run, too.
    pub(crate) slow: bool,
    /// Whether all replicas run all tests.
    pub(crate) everywhere: bool,
}

/// What comes after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Pass,
    Fail,
    Round,
}

/// What is known of all replicas.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) terms: Terms,
    pub(crate) standings: Vec<Standing>,
    /// What did not lead to a replica in this round.
    pub(crate) problems: Vec<String>,
    pub(crate) rounds: u64,
    /// What the rounds have come to.
    pub(crate) next: Next,
    /// The name of the one that runs the shared tests.
    chief: Option<String>,
    /// Whether this round can be one of the two.
    is_hopeful: bool,
    /// Who passed in the round before, if all did.
    before: Option<BTreeSet<(String, Option<String>)>>,
    /// The sets of tests that there are, each once.
    sets: Vec<Arc<BTreeSet<String>>>,
}

impl Machine {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            standings: Vec::new(),
            problems: Vec::new(),
            rounds: 0,
            next: Next::Round,
            chief: None,
            is_hopeful: false,
            before: None,
            sets: Vec::new(),
        }
    }

    /// A round begins with the replicas that there are now: those that vanished are forgotten. Who is to
    /// be asked who it is.
    pub(crate) fn begin(&mut self, resolved: Resolved, now: Instant) -> Vec<usize> {
        self.rounds += 1;
        self.problems = resolved.problems;
        let known = std::mem::take(&mut self.standings).into_iter();
        let mut known: BTreeMap<_, _> = known.map(|one| (one.replica.name.clone(), one)).collect();
        let standing = |replica: Replica| {
            let same = known
                .remove(&replica.name)
                .filter(|known| known.replica == replica);
            same.unwrap_or_else(|| Standing::new(replica))
        };
        self.standings = resolved.replicas.into_iter().map(standing).collect();
        let is_due = |at: &usize| {
            let left_alone = self.standings[*at].left_alone;
            left_alone.is_none_or(|until| until <= now)
        };
        (0..self.standings.len()).filter(is_due).collect()
    }

    /// Takes note of who a replica is.
    pub(crate) fn identified(
        &mut self,
        at: usize,
        identity: Result<Identity, Unsaid>,
        (now, chance): (Instant, f64),
    ) {
        match identity {
            Ok(identity) => {
                self.is_wanted(at, identity);
            }
            Err(unsaid) => self.standings[at].said_nothing(unsaid, now, chance),
        }
    }

    /// Who is to run what, the one that runs the shared tests first.
    ///
    /// As long as the round cannot be one of the two, those that have passed run nothing again.
    pub(crate) fn plan(&mut self) -> Vec<(usize, What)> {
        let is_here = |standing: &Standing| standing.wanted_in == self.rounds;
        self.is_hopeful =
            self.problems.is_empty() && self.are_enough() && self.standings.iter().all(is_here);
        let here = (0..self.standings.len()).filter(|at| is_here(&self.standings[*at]));
        let mut here: Vec<_> = here.collect();
        let named = |at: &&usize| Some(&self.standings[**at].replica.name) == self.chief.as_ref();
        let Some(chief) = here.iter().find(named).or(here.first()).copied() else {
            return Vec::new();
        };
        self.chief = Some(self.standings[chief].replica.name.clone());
        here.sort_by_key(|at| *at != chief);
        let what = |at: usize| match at == chief || self.terms.everywhere {
            true => What::Everything,
            false => What::Own,
        };
        let is_open = |(at, what): &(usize, What)| {
            let standing = &self.standings[*at];
            let ran_less = *what == What::Everything && standing.ran == Some(What::Own);
            self.is_hopeful || standing.state != State::Passed || ran_less
        };
        let planned = here.into_iter().map(|at| (at, what(at)));
        planned.filter(is_open).collect()
    }

    /// Takes note of what a replica said of its run.
    pub(crate) fn ran(
        &mut self,
        at: usize,
        what: What,
        said: Result<Said, Unsaid>,
        (now, chance): (Instant, f64),
    ) {
        let said = match said {
            Ok(said) => said,
            Err(unsaid) => return self.standings[at].said_nothing(unsaid, now, chance),
        };
        let identity = Identity {
            build: said.report.build.clone(),
            instance: said.report.instance.clone(),
        };
        // Another may answer than in the moment before: behind a load balancer, or started anew.
        if !self.is_wanted(at, identity) {
            return;
        }
        let judgement = judge(&said, what);
        let tests = match &judgement {
            // It may have been too busy for them.
            Judgement::Unsaid(_) => None,
            _ => self.comparable(&said, what),
        };
        let round = self.rounds;
        let standing = &mut self.standings[at];
        standing.ran = Some(what);
        standing.tests = tests;
        standing.count = said.report.counts().run;
        standing.took = said.report.duration;
        standing.bad.clear();
        match judgement {
            Judgement::Pass => {
                standing.state = State::Passed;
                standing.passed_in = round;
                standing.failures = 0;
            }
            Judgement::Fail(bad) => {
                standing.state = State::Failed;
                standing.bad = bad;
                standing.failures += 1;
            }
            Judgement::Unsaid(unsaid) => standing.said_nothing(unsaid, now, chance),
        }
    }

    /// What comes after the round that has ended.
    pub(crate) fn end(&mut self) -> Next {
        self.miss_own_tests();
        let passed = |standing: &Standing| {
            standing.state == State::Passed && standing.passed_in == self.rounds
        };
        // Others may have run than those who had said who they are.
        let all = self.is_hopeful && self.are_enough() && self.standings.iter().all(passed);
        let instances = all.then(|| {
            let named = self.standings.iter();
            let named = named.map(|one| (one.replica.name.clone(), one.identity.instance.clone()));
            named.collect::<BTreeSet<_>>()
        });
        let is_final = |standing: &Standing| standing.failures >= FINAL;
        self.next = if self.standings.iter().any(is_final) {
            Next::Fail
        } else if instances.is_some() && instances == self.before {
            Next::Pass
        } else {
            Next::Round
        };
        self.before = instances;
        self.next
    }

    /// How many instances there are, of whatever build. Two addresses may lead to one.
    pub(crate) fn instances(&self) -> usize {
        let instances: BTreeSet<_> = self.standings.iter().map(Standing::instance).collect();
        instances.len()
    }

    fn are_enough(&self) -> bool {
        self.instances() >= self.terms.at_least.max(1)
    }

    fn is_wanted(&mut self, at: usize, identity: Identity) -> bool {
        let standing = &mut self.standings[at];
        standing.is(identity);
        let state = match &standing.identity.build {
            None => State::Unnamed,
            Some(build) if *build != self.terms.build => State::Other,
            Some(_) => {
                standing.wanted_in = self.rounds;
                return true;
            }
        };
        standing.state = state;
        standing.wanted_in = 0;
        false
    }

    /// The names of those tests that each replica of the build should have run.
    fn comparable(&mut self, said: &Said, what: What) -> Option<Arc<BTreeSet<String>>> {
        // Which of them are slow is not told, and the others do not run those.
        if self.terms.slow && what == What::Everything && !self.terms.everywhere {
            return None;
        }
        let of_all = |scope: Scope| self.terms.everywhere || scope == Scope::Instance;
        let tests = said.report.tests.iter();
        // One that is skipped here may have run elsewhere.
        let ran = tests.filter(|test| test.outcome != Outcome::Skipped);
        let names = ran.filter(|test| of_all(test.scope));
        let names: BTreeSet<_> = names.map(|test| test.name.clone()).collect();
        if let Some(known) = self.sets.iter().find(|known| ***known == names) {
            return Some(Arc::clone(known));
        }
        // Those of replicas that have vanished are of no more use.
        self.sets.retain(|known| Arc::strong_count(known) > 1);
        let names = Arc::new(names);
        self.sets.push(Arc::clone(&names));
        Some(names)
    }

    /// That a replica has nothing to run is no PASS where another of its build has.
    fn miss_own_tests(&mut self) {
        let sets = self.standings.iter().filter_map(|one| one.tests.as_ref());
        if !sets.clone().any(|tests| !tests.is_empty()) {
            return;
        }
        for standing in &mut self.standings {
            let has_none = standing
                .tests
                .as_ref()
                .is_some_and(|tests| tests.is_empty());
            if standing.state == State::Passed && has_none {
                let why = "none of the instance tests ran that others of this build have";
                standing.state = State::Unknown(why.to_owned());
            }
        }
    }
}
