//! What is odd about a replica, beside the others.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::standing::{Standing, State, What};

/// What is odd about one.
pub(crate) type Remarks = Vec<String>;

/// How many tests are named.
const NAMED: usize = 3;
/// With fewer than that beside it, none is the odd one for its time.
const OTHERS: usize = 2;
/// Slower by far: so many times as slow as most, and by so much.
const SLOWER: (u32, Duration) = (3, Duration::from_millis(250));

/// The remarks on each.
pub(crate) fn remarks(standings: &[Standing]) -> Vec<Remarks> {
    let all = All::of(standings);
    let of = |standing| {
        let found = [
            another_build(standing, &all),
            fails_alone(standing, &all),
            other_tests(standing, all.usual.as_deref()),
            slower(standing, &all),
        ];
        found.into_iter().flatten().collect()
    };
    standings.iter().map(of).collect()
}

/// What there is to know of all, once for all of them: a table of very many is made ten times a second.
struct All<'s> {
    /// How many have run tests.
    ran: usize,
    /// The tests of those that passed, and how many have each set.
    passed: Vec<(&'s Arc<BTreeSet<String>>, usize)>,
    /// The set that more than half of them have.
    usual: Option<Arc<BTreeSet<String>>>,
    /// How long those took that ran the same, the shortest first.
    took: Vec<(Option<What>, Vec<Duration>)>,
}

impl<'s> All<'s> {
    fn of(standings: &'s [Standing]) -> Self {
        let mut all = Self {
            ran: 0,
            passed: Vec::new(),
            usual: usual_tests(standings),
            took: Vec::new(),
        };
        for standing in standings.iter().filter(|one| has_run(one)) {
            all.ran += 1;
            match all.took.iter_mut().find(|(what, _)| *what == standing.ran) {
                Some((_, took)) => took.push(standing.took),
                None => all.took.push((standing.ran, vec![standing.took])),
            }
            let tests = standing.tests.as_ref();
            if let Some(tests) = tests.filter(|_| standing.state == State::Passed) {
                let known = all.passed.iter_mut();
                match known.into_iter().find(|(set, _)| Arc::ptr_eq(set, tests)) {
                    Some((_, count)) => *count += 1,
                    None => all.passed.push((tests, 1)),
                }
            }
        }
        for (_, took) in &mut all.took {
            took.sort_unstable();
        }
        all
    }
}

fn has_run(standing: &Standing) -> bool {
    matches!(standing.state, State::Passed | State::Failed)
}

fn another_build(standing: &Standing, all: &All<'_>) -> Option<String> {
    (standing.state == State::Other && all.ran > 0)
        .then(|| format!("another build than {}", replicas(all.ran)))
}

/// A test that fails here and passes elsewhere is this one's own.
fn fails_alone(standing: &Standing, all: &All<'_>) -> Option<String> {
    let passes = |test: &str| -> usize {
        let has = all.passed.iter().filter(|(tests, _)| tests.contains(test));
        has.map(|(_, count)| count).sum()
    };
    if standing.state != State::Failed {
        return None;
    }
    let alone = standing
        .bad
        .iter()
        .map(|test| (passes(&test.name), &test.name));
    let alone: Vec<_> = alone.filter(|(others, _)| *others > 0).collect();
    let others = alone.iter().map(|(others, _)| *others).max()?;
    let tests = named(alone.into_iter().map(|(_, name)| name.as_str()));
    Some(format!("fails where {} pass: {tests}", replicas(others)))
}

fn other_tests(standing: &Standing, usual: Option<&BTreeSet<String>>) -> Option<String> {
    let (tests, usual) = (standing.tests.as_deref()?, usual?);
    let missing = usual.difference(tests).map(String::as_str);
    let besides = tests.difference(usual).map(String::as_str);
    let [missing, besides] = [named(missing), named(besides)];
    Some(match (missing.is_empty(), besides.is_empty()) {
        (true, true) => return None,
        (false, true) => format!("another set of tests: without {missing}"),
        (true, false) => format!("another set of tests: {besides} besides"),
        (false, false) => format!("another set of tests: without {missing}; {besides} besides"),
    })
}

fn usual_tests(standings: &[Standing]) -> Option<Arc<BTreeSet<String>>> {
    let sets: Vec<_> = standings
        .iter()
        .filter_map(|one| one.tests.as_ref())
        .collect();
    // Whatever more than half have is left when different ones have been struck out in pairs.
    let (mut left, mut lead) = (*sets.first()?, 0_usize);
    for set in &sets {
        match lead {
            0 => (left, lead) = (set, 1),
            _ if *set == left => lead += 1,
            _ => lead -= 1,
        }
    }
    let has = sets.iter().filter(|set| **set == left).count();
    (has * 2 > sets.len()).then(|| Arc::clone(left))
}

fn slower(standing: &Standing, all: &All<'_>) -> Option<String> {
    let same = all.took.iter().find(|(what, _)| *what == standing.ran);
    let (_, took) = same.filter(|_| has_run(standing))?;
    // The one in the middle of the others: its own time is left out.
    let others = took.len() - 1;
    let own = took.partition_point(|time| *time < standing.took);
    let middle = others / 2;
    let usual = *took.get(middle + usize::from(own <= middle))?;
    let (times, by) = SLOWER;
    let is_slow = standing.took > usual * times && standing.took > usual + by;
    (others >= OTHERS && is_slow).then(|| {
        let times = standing.took.as_secs_f64() / usual.as_secs_f64().max(0.001);
        format!("slower by far: {times:.0} times as long as most")
    })
}

fn replicas(count: usize) -> String {
    match count {
        1 => "1 other".to_owned(),
        _ => format!("{count} others"),
    }
}

fn named<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.collect();
    let more = names.len().saturating_sub(NAMED);
    let named = names[..names.len() - more].join(", ");
    match more {
        0 => named,
        _ => format!("{named} and {more} more"),
    }
}
