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
    let usual = usual_tests(standings);
    let of = |standing| {
        let found = [
            another_build(standing, standings),
            fails_alone(standing, standings),
            other_tests(standing, usual.as_deref()),
            slower(standing, standings),
        ];
        found.into_iter().flatten().collect()
    };
    standings.iter().map(of).collect()
}

fn another_build(standing: &Standing, standings: &[Standing]) -> Option<String> {
    let wanted = |one: &&Standing| matches!(one.state, State::Passed | State::Failed);
    let others = standings.iter().filter(wanted).count();
    (standing.state == State::Other && others > 0)
        .then(|| format!("another build than {}", replicas(others)))
}

/// A test that fails here and passes elsewhere is this one's own.
fn fails_alone(standing: &Standing, standings: &[Standing]) -> Option<String> {
    let passes = |test: &str| {
        let has = |one: &&Standing| {
            let tests = one.tests.as_ref();
            one.state == State::Passed && tests.is_some_and(|tests| tests.contains(test))
        };
        standings.iter().filter(has).count()
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

/// The set that more than half of them have.
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

fn slower(standing: &Standing, standings: &[Standing]) -> Option<String> {
    let ran =
        |one: &Standing| matches!(one.state, State::Passed | State::Failed).then_some(one.ran);
    let what: Option<What> = ran(standing)?;
    let others = standings
        .iter()
        .filter(|one| !std::ptr::eq(*one, standing) && ran(one) == Some(what));
    let mut others: Vec<_> = others.map(|one| one.took).collect();
    others.sort_unstable();
    let usual = *others.get(others.len() / 2)?;
    let (times, by) = SLOWER;
    let is_slow = standing.took > usual * times && standing.took > usual + by;
    (others.len() >= OTHERS && is_slow).then(|| {
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
