//! What is applied, compared with what a build has.

use std::collections::HashMap;

use smoke_core::Failure;

use super::record::{Applied, Known};

/// Upper bound of the migrations that a message names.
const NAMED: usize = 10;

/// What there is to say against what is applied.
pub(super) fn judge(
    table: &str,
    known: &[Known],
    applied: Option<Vec<Applied>>,
) -> Result<(), Failure> {
    let is_missing = applied.is_none();
    let applied = applied.unwrap_or_default();
    let applied: HashMap<&str, &Applied> = applied
        .iter()
        .map(|applied| (applied.version.as_str(), applied))
        .collect();
    let (mut pending, mut partial, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for known in known {
        let name = known.name.as_str();
        match applied.get(known.version.as_str()) {
            None => pending.push(name),
            Some(applied) if applied.is_partial => partial.push(name),
            Some(applied) if applied.checksum != known.checksum => changed.push(name),
            Some(_) => {}
        }
    }
    // Also of a newer build: nobody can migrate before somebody has looked.
    let others = applied.values().filter(|applied| {
        applied.is_partial && known.iter().all(|known| known.version != applied.version)
    });
    partial.extend(others.map(|applied| applied.version.as_str()));
    let mut said = Vec::new();
    if !partial.is_empty() {
        said.push(format!(
            "{} has failed half-way: undo or finish by hand what it did, correct its row in {table}, and migrate again",
            listed(&partial)
        ));
    }
    if !changed.is_empty() {
        said.push(format!(
            "{} was applied with another content than it has in this build: give it back its content, and put the \
             change into a migration of its own",
            listed(&changed)
        ));
    }
    if is_missing {
        said.push(format!(
            "there is no table {table}, so nothing was ever migrated here. Or the application connects to another \
             database or schema than its migrations"
        ));
    }
    if !pending.is_empty() {
        said.push(format!(
            "{} is pending: apply the migrations of this build before it serves",
            listed(&pending)
        ));
    }
    if said.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(said.join("; ")))
    }
}

/// `a`, `a and b`, or how many more there are.
fn listed(names: &[&str]) -> String {
    let mut listed: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| (*name).to_owned())
        .collect();
    if names.len() > NAMED {
        listed.push(format!("{} more", names.len() - NAMED));
    }
    let several = if names.len() == 1 {
        "migration"
    } else {
        "each of the migrations"
    };
    match listed.split_last() {
        Some((last, [])) => format!("{several} {last}"),
        Some((last, rest)) => format!("{several} {} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(names: &[&str]) -> Vec<Known> {
        names.iter().map(|name| Known::new(*name, *name)).collect()
    }

    fn said(known: &[Known], applied: Option<Vec<Applied>>) -> String {
        judge("the_table", known, applied)
            .map_or_else(|failure| failure.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn what_a_newer_build_has_applied_is_fine() {
        let applied = ["1", "2", "3"].map(Applied::new).to_vec();
        assert_eq!(said(&known(&["1", "2"]), Some(applied)), "fine");
    }

    #[test]
    fn what_is_pending_is_named_and_not_more_than_ten() {
        let one = said(&known(&["1", "2"]), Some(vec![Applied::new("1")]));
        assert!(one.starts_with("migration 2 is pending: apply"), "{one}");
        let names: Vec<String> = (0..13).map(|number| format!("m{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let many = said(&known(&names), Some(Vec::new()));
        assert!(many.contains("m8, m9 and 3 more is pending"), "{many}");
    }

    #[test]
    fn a_missing_table_is_said() {
        let missing = said(&known(&["1"]), None);
        assert!(missing.contains("there is no table the_table"), "{missing}");
        assert!(missing.contains("migration 1 is pending"), "{missing}");
    }

    #[test]
    fn a_changed_or_partial_migration_is_named() {
        let known = [
            Known::new("1", "one").checksum([1]),
            Known::new("2", "two").checksum([2]),
        ];
        let applied = vec![
            Applied::new("1").checksum([9]),
            Applied::new("2").checksum([2]).partial(),
            Applied::new("3").checksum([3]).partial(),
        ];
        let said = said(&known, Some(applied));
        assert!(said.contains("two and 3 has failed half-way"), "{said}");
        assert!(
            said.contains("migration one was applied with another content"),
            "{said}"
        );
    }
}
