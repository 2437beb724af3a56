//! What production had to wait for, and what went wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What a statement of production does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Does {
    /// Reads both tables.
    Read,
    /// Sells at two tills, in a transaction.
    Write,
    /// Adds a column, or drops it.
    Migrate,
}

/// Who else was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beside {
    /// Nobody.
    Alone,
    /// Smoke tests ran.
    SmokeTests,
}

/// The statements of one kind.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    /// How many there were.
    pub count: usize,
    /// The longest.
    pub longest: Duration,
    /// How often each error reached production.
    pub errors: BTreeMap<String, usize>,
}

impl Statements {
    /// How often production was the victim of a deadlock.
    #[must_use]
    pub fn deadlocks(&self) -> usize {
        let deadlocks = self
            .errors
            .iter()
            .filter(|(error, _)| error.to_lowercase().contains("deadlock"));
        deadlocks.map(|(_, count)| count).sum()
    }
}

/// All statements of production.
#[derive(Clone, Debug, Default)]
pub struct Waits(BTreeMap<(Does, Beside), Statements>);

impl Waits {
    pub(crate) fn note(
        &mut self,
        does: Does,
        beside: Beside,
        took: Duration,
        error: Option<String>,
    ) {
        let statements = self.0.entry((does, beside)).or_default();
        statements.count += 1;
        statements.longest = statements.longest.max(took);
        if let Some(error) = error {
            *statements.errors.entry(error).or_default() += 1;
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (key, more) in other.0 {
            let statements = self.0.entry(key).or_default();
            statements.count += more.count;
            statements.longest = statements.longest.max(more.longest);
            for (error, count) in more.errors {
                *statements.errors.entry(error).or_default() += count;
            }
        }
    }

    /// Those that ran with that beside them.
    pub fn beside(&self, beside: Beside) -> impl Iterator<Item = (Does, &Statements)> {
        let all = self.0.iter().filter(move |((_, with), _)| *with == beside);
        all.map(|((does, _), statements)| (*does, statements))
    }
}

/// A table.
impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| statement | beside | count | errors | deadlocks | longest |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for ((does, beside), statements) in &self.0 {
            let errors: usize = statements.errors.values().sum();
            writeln!(
                f,
                "| {does:?} | {beside:?} | {} | {errors} | {} | {} ms |",
                statements.count,
                statements.deadlocks(),
                statements.longest.as_millis()
            )?;
        }
        Ok(())
    }
}
