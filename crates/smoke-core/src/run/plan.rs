//! What a run has still to begin.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::catalogue::Catalogue;
use super::turn::{Chosen, Turn};

/// The steps of a run that have not begun, in their order.
pub(super) struct Plan {
    steps: std::vec::IntoIter<Step>,
    /// What had to wait for something else, and need not any more. It came before what is left.
    ready: VecDeque<Ready>,
}

/// A share of a run, as it was planned.
pub(super) enum Step {
    /// A test, by its position in the catalogue.
    Test(usize),
    /// The tests of a suite with hooks.
    Suite(Box<Suite>),
}

pub(super) struct Suite {
    pub(super) class: Arc<str>,
    /// Their positions in the catalogue.
    pub(super) tests: Vec<usize>,
}

pub(super) enum Ready {
    Test(Chosen),
    Turn(Turn),
}

pub(super) enum Next {
    Step(Step),
    Ready(Ready),
}

impl Plan {
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self {
            steps: steps.into_iter(),
            ready: VecDeque::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.steps.as_slice().is_empty()
    }

    pub(super) fn next(&mut self) -> Option<Next> {
        let ready = self.ready.pop_front().map(Next::Ready);
        ready.or_else(|| self.steps.next().map(Next::Step))
    }

    pub(super) fn add(&mut self, ready: Ready) {
        self.ready.push_back(ready);
    }
}

/// The steps of a run of these tests: the tests of a suite with hooks are one.
pub(super) fn steps(catalogue: &Catalogue, chosen: &[usize]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(chosen.len());
    let mut suites: HashMap<&str, usize> = HashMap::new();
    for position in chosen {
        let class = catalogue.entry(*position).test.class();
        if catalogue.suite(class).is_none() {
            steps.push(Step::Test(*position));
            continue;
        }
        let at = *suites.entry(class).or_insert_with(|| {
            steps.push(Step::Suite(Box::new(Suite {
                class: class.into(),
                tests: Vec::new(),
            })));
            steps.len() - 1
        });
        if let Step::Suite(suite) = &mut steps[at] {
            suite.tests.push(*position);
        }
    }
    steps
}
