//! What became of a test run by run, drawn.

use std::fmt::Write as _;
use std::time::Duration;

use maud::{Markup, html};
use smoke_report::Outcome;

use super::words::time;
use crate::history::{KEPT, Point};

/// A line of more columns cannot be seen: each shows the slowest of its runs.
const COLUMNS: usize = 50;
/// The height of the line, and where the middle of the strip of outcomes is, below it.
const LINE: f64 = 18.0;
const STRIP: u32 = 22;

/// The durations as a line, and the outcomes as a strip below it, the newest at the right.
pub(super) fn drawn(points: &[Point]) -> Markup {
    let newest = &points[points.len().saturating_sub(KEPT)..];
    html! {
        svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label=(said(newest)) {
            path class="line" d=(line(newest)) {}
            @for (outcome, d) in strip(newest) {
                path class=(outcome.to_string()) d=(d) {}
            }
        }
    }
}

/// The same in words.
fn said(points: &[Point]) -> String {
    let passed = points
        .iter()
        .filter(|point| point.outcome == Outcome::Passed)
        .count();
    let took = || points.iter().map(|point| point.took());
    match (took().min(), took().max()) {
        (Some(least), Some(most)) => format!(
            "{passed} of {} passed, in {} to {}",
            points.len(),
            time(least),
            time(most)
        ),
        _ => "no run yet".to_owned(),
    }
}

/// From the left, as far as runs are missing, to the right.
fn line(points: &[Point]) -> String {
    let width = KEPT.div_ceil(COLUMNS);
    let columns = points.rchunks(width).map(|runs| {
        let slowest = runs.iter().map(|point| point.took()).max();
        slowest.unwrap_or_default()
    });
    let columns: Vec<_> = columns.collect();
    let most = columns.iter().max().map_or(Duration::ZERO, |most| *most);
    let mut path = String::new();
    if most.is_zero() {
        return path;
    }
    let height = |took: &Duration| LINE - (LINE - 1.0) * took.as_secs_f64() / most.as_secs_f64();
    for (at, took) in columns.iter().enumerate() {
        // What follows the first point are lines.
        let before = if at == 0 { 'M' } else { ' ' };
        let right = 100 - at * width;
        let _ = write!(path, "{before}{right} {:.0}", height(took));
    }
    if columns.len() == 1 {
        // One alone has no length.
        path.push_str("h-2");
    }
    path
}

/// Runs of equal outcomes that follow each other are one piece. Each piece is drawn from where the one of the same
/// outcome before it ends, which is shorter.
fn strip(points: &[Point]) -> Vec<(Outcome, String)> {
    let mut paths = Vec::<(Outcome, String, usize)>::new();
    let mut at = KEPT - points.len();
    for same in points.chunk_by(|one, next| one.outcome == next.outcome) {
        let (outcome, runs) = (same[0].outcome, same.len());
        match paths.iter_mut().find(|(known, ..)| *known == outcome) {
            Some((_, path, end)) => {
                let _ = write!(path, "m{} 0h{runs}", at - *end);
                *end = at + runs;
            }
            None => paths.push((outcome, format!("M{at} {STRIP}h{runs}"), at + runs)),
        }
        at += runs;
    }
    let paths = paths.into_iter();
    paths.map(|(outcome, path, _)| (outcome, path)).collect()
}

#[cfg(test)]
mod tests {
    use smoke_report::{Kind, TestReport};

    use super::*;

    fn points(runs: &[(Outcome, u64)]) -> Vec<Point> {
        let points = runs.iter().map(|(outcome, millis)| {
            let took = Duration::from_millis(*millis);
            Point::of(&TestReport::new("a", "", Kind::Unit, *outcome, took))
        });
        points.collect()
    }

    #[test]
    fn equal_outcomes_are_one_piece_and_the_newest_is_at_the_right() {
        let runs = [
            (Outcome::Passed, 1),
            (Outcome::Passed, 3),
            (Outcome::Failed, 2),
            (Outcome::Passed, 1),
        ];
        let points = points(&runs);
        let passed = "M96 22h2m1 0h1".to_owned();
        let failed = "M98 22h1".to_owned();
        let wanted = [(Outcome::Passed, passed), (Outcome::Failed, failed)];
        assert_eq!(strip(&points), wanted);
        assert_eq!(said(&points), "3 of 4 passed, in 1.0 ms to 3.0 ms");
        assert_eq!(line(&points), "M100 7 98 1");
    }

    #[test]
    fn none_and_one_can_be_drawn() {
        assert_eq!(said(&[]), "no run yet");
        assert_eq!(line(&[]), "");
        assert!(strip(&[]).is_empty());
        assert_eq!(line(&points(&[(Outcome::Skipped, 0)])), "");
        assert_eq!(line(&points(&[(Outcome::Passed, 3)])), "M100 1h-2");
    }

    #[test]
    fn a_hundred_runs_are_short() {
        let runs: Vec<_> = (0..100)
            .map(|run| (Outcome::Passed, run * 37 % 91))
            .collect();
        let drawn = |runs: &[_]| drawn(&points(runs)).into_string().len();
        assert!(drawn(&runs) < 800, "{}", drawn(&runs));
        // However often they change.
        let outcomes = [Outcome::Passed, Outcome::Failed, Outcome::Errored];
        let changing = runs.iter().enumerate();
        let changing = changing.map(|(at, (_, took))| (outcomes[at % 3], *took));
        let changing: Vec<_> = changing.collect();
        assert!(drawn(&changing) < 1400, "{}", drawn(&changing));
    }
}
