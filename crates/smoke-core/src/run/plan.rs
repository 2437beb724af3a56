//! What a run has still to begin.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use smoke_report::Kind;

use super::catalogue::Catalogue;
use super::turn::{Chosen, Turn};

/// The steps of a run that have not begun, in their order.
pub(super) struct Plan {
    steps: std::vec::IntoIter<Step>,
    /// What had to wait for something else, and need not any more. It came before what is left.
    ready: VecDeque<Ready>,
    /// What begins when the tests before it are over.
    later: VecDeque<Stage>,
}

/// The tests of one kind, in a run that goes from kind to kind.
struct Stage {
    steps: Vec<Step>,
    /// How many tests and suites of the run are left when those before it are over.
    left: usize,
    /// The kind before it.
    after: Kind,
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
            later: VecDeque::new(),
        }
    }

    /// A plan that goes from kind to kind, from fast to slow.
    pub(super) fn by_kind(catalogue: &Catalogue, steps: Vec<Step>) -> Self {
        let mut left: usize = steps.iter().map(Step::size).sum();
        let mut kinds: BTreeMap<Kind, Vec<Step>> = BTreeMap::new();
        for step in steps {
            kinds.entry(step.kind(catalogue)).or_default().push(step);
        }
        let mut kinds = kinds.into_iter();
        let Some((mut after, first)) = kinds.next() else {
            return Self::new(Vec::new());
        };
        left -= first.iter().map(Step::size).sum::<usize>();
        let mut plan = Self::new(first);
        for (kind, steps) in kinds {
            let size: usize = steps.iter().map(Step::size).sum();
            plan.later.push_back(Stage { steps, left, after });
            left -= size;
            after = kind;
        }
        plan
    }

    /// The kind that is over, where another one waits for that, and no more than `left` is left of the
    /// run.
    pub(super) fn over(&self, left: usize) -> Option<Kind> {
        let next = self.later.front()?;
        (left <= next.left).then_some(next.after)
    }

    /// Has the next kind begin.
    pub(super) fn advance(&mut self) {
        if let Some(next) = self.later.pop_front() {
            self.steps = next.steps.into_iter();
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

impl Step {
    /// How many tests and suites it is.
    fn size(&self) -> usize {
        match self {
            Self::Test(_) => 1,
            Self::Suite(suite) => suite.tests.len() + 1,
        }
    }

    /// The slowest kind among its tests.
    fn kind(&self, catalogue: &Catalogue) -> Kind {
        let of = |position: &usize| catalogue.entry(*position).test.kind();
        match self {
            Self::Test(position) => of(position),
            Self::Suite(suite) => suite.tests.iter().map(of).max().unwrap_or(Kind::Unit),
        }
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
