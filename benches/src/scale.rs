//! How much is measured.

/// What the command line asks for: `--test` for each thing once and in small, a word for the
/// measurements that have it in their names.
#[derive(Debug)]
pub struct Scale {
    small: bool,
    word: Option<String>,
}

impl Scale {
    /// What this process was asked for.
    #[must_use]
    pub fn asked_for() -> Self {
        Self::of(std::env::args().skip(1))
    }

    fn of(arguments: impl Iterator<Item = String>) -> Self {
        // Cargo adds `--bench`.
        let (options, words): (Vec<_>, Vec<_>) =
            arguments.partition(|argument| argument.starts_with("--"));
        Self {
            small: options.iter().any(|option| option == "--test"),
            word: words.first().map(|word| word.to_lowercase()),
        }
    }

    /// The one or the other amount.
    #[must_use]
    pub fn choose<T>(&self, small: T, full: T) -> T {
        if self.small { small } else { full }
    }

    /// Whether the measurement of this name was asked for.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        let word = self.word.as_ref();
        word.is_none_or(|word| name.to_lowercase().contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(line: &str) -> Scale {
        Scale::of(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn everything_is_measured_unless_a_word_says_what() {
        assert!(scale("--bench").includes("inserts/PostgreSQL, sqlx"));
        assert!(scale("--bench sqlx").includes("inserts/PostgreSQL, sqlx"));
        assert!(scale("postgreSQL").includes("inserts/PostgreSQL, sqlx"));
        assert!(!scale("--bench memory").includes("inserts/PostgreSQL, sqlx"));
    }

    #[test]
    fn a_trial_is_small() {
        assert_eq!(scale("--test --bench").choose(1, 100), 1);
        assert_eq!(scale("--bench").choose(1, 100), 100);
    }
}
