//! Labels that match no test.

use std::collections::BTreeSet;

use smoke_core::{Runner, Selection, Test};

/// How many of the nearest labels are named.
const NAMED: usize = 3;
/// How alike two labels have to be for one to be meant by the other, from 0 to 1.
const ALIKE: f64 = 0.7;
/// How much less alike than the nearest another one may be.
const AS_NEAR: f64 = 0.1;

/// What is wrong with the labels that were given, with the nearest there are.
pub(crate) fn problem<'l>(
    runner: &Runner,
    labels: impl Iterator<Item = &'l String> + Clone,
) -> Option<String> {
    // Where there are no tests, that is the registry's fault, and the run says so.
    runner.tests().next()?;
    labels.clone().next()?;
    for label in labels.clone() {
        // The slow tests too: whether a label is one does not depend on what is to run.
        if let Err(error) = runner.selected(&Selection::slow().select(label)) {
            return Some(format!("{error}{}", hint(runner, label)));
        }
    }
    // Each alone is right. There may be too many.
    let all = labels.fold(Selection::slow(), Selection::select);
    runner.selected(&all).err().map(|error| error.to_string())
}

fn hint(runner: &Runner, label: &str) -> String {
    let known = known(runner.tests());
    let nearest = nearest(label, &known);
    let quoted: Vec<_> = nearest.iter().map(|label| format!("{label:?}")).collect();
    match quoted.as_slice() {
        [] => "; --list shows the tests there are".to_owned(),
        [only] => format!("; did you mean {only}?"),
        [rest @ .., last] => format!("; did you mean {} or {last}?", rest.join(", ")),
    }
}

/// All labels there are, but for globs: names, their prefixes, tags.
fn known<'t>(tests: impl Iterator<Item = &'t Test>) -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    for test in tests {
        let ends = test.name().match_indices("::").map(|(end, _)| end);
        labels.extend(ends.map(|end| test.name()[..end].to_owned()));
        labels.insert(test.name().to_owned());
        labels.extend(test.tag_list().iter().map(|tag| format!("tag:{tag}")));
    }
    labels
}

fn nearest<'k>(label: &str, known: &'k BTreeSet<String>) -> Vec<&'k str> {
    let label = label.replace('.', "::");
    let mut near: Vec<_> = known
        .iter()
        .map(|known| (likeness(&label, known), known.as_str()))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    // Of labels that are as near, the shortest.
    near.sort_by(|(one, a), (other, b)| other.total_cmp(one).then(a.len().cmp(&b.len())));
    let nearest = near.first().map_or(0.0, |(likeness, _)| *likeness);
    near.retain(|(likeness, _)| *likeness > nearest - AS_NEAR);
    near.truncate(NAMED);
    near.into_iter().map(|(_, known)| known).collect()
}

/// How alike they are, or the label and as many of the other's last segments as it has itself:
/// `users` is meant to be `shop::users`.
fn likeness(label: &str, known: &str) -> f64 {
    let segments = label.split("::").count();
    let starts = known.match_indices("::").map(|(at, sign)| at + sign.len());
    let starts: Vec<_> = std::iter::once(0).chain(starts).collect();
    let tail = starts.iter().nth_back(segments - 1).copied().unwrap_or(0);
    let whole = strsim::normalized_damerau_levenshtein(label, known);
    whole.max(strsim::normalized_damerau_levenshtein(
        label,
        &known[tail..],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_labels_are_those_that_were_meant() {
        let quiet = async || {};
        let tests = [
            Test::new("shop::users::can_sign_up", quiet).tags(["sign-up"]),
            Test::new("shop::users::can_sign_in", quiet),
            Test::new("shop::notes::Notes::can_be_many", quiet),
        ];
        let known = known(tests.iter());
        for (label, meant) in [
            ("shop::usres", &["shop::users"][..]),
            ("users", &["shop::users"]),
            ("users.can_sing_up", &["shop::users::can_sign_up"]),
            ("tag:signup", &["tag:sign-up"]),
            ("Notes::can_be_any", &["shop::notes::Notes::can_be_many"]),
            ("billing", &[]),
            ("", &[]),
        ] {
            assert_eq!(nearest(label, &known), meant, "{label:?}");
        }
    }

    #[test]
    fn no_more_are_named_than_help() {
        let tests = (0..9).map(|at| Test::new(format!("shop::user{at}"), async || {}));
        let tests: Vec<_> = tests.collect();
        assert_eq!(nearest("shop::user", &known(tests.iter())).len(), NAMED);
    }
}
