//! Variables of the environment are set.

use std::env;
use std::time::Duration;

use smoke_core::{Error, Result, Test, fail};

use crate::check;

/// Variables of the environment that have to be set, and not to nothing.
///
/// It looks at them each time, and says their names only: no value is shown anywhere.
///
/// It is about this *instance*, because each process has an environment of its own.
///
/// # Fails when
///
/// One of them is not set, is empty, or is not Unicode, which most programs cannot read.
///
/// # Errors
///
/// It errs where it names no variable.
///
/// # Examples
///
/// ```
/// use smoke_checks::Variables;
/// use smoke_core::Registry;
///
/// let registry = Registry::new().test(Variables::set(["DATABASE_URL", "SMTP_HOST"]));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Variables {
    names: Vec<String>,
}

impl Variables {
    /// The check of these variables.
    pub fn set(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Variables> for Test {
    fn from(check: Variables) -> Self {
        let Variables { names } = check;
        let description = format!("{} are set", names.join(", "));
        let look = move || look(&names);
        check::test("variables", description, Duration::ZERO, look).instance()
    }
}

fn look(names: &[String]) -> Result {
    if names.is_empty() {
        return Err(Error::msg("no variable is named"));
    }
    let missing: Vec<_> = names.iter().filter_map(|name| problem(name)).collect();
    if !missing.is_empty() {
        fail!(
            "{}: set them where this process is started",
            missing.join(", ")
        );
    }
    Ok(())
}

fn problem(name: &str) -> Option<String> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Some(format!("{name} is empty")),
        Ok(_) => None,
        Err(env::VarError::NotPresent) => Some(format!("{name} is not set")),
        // The error has the value in it.
        Err(env::VarError::NotUnicode(_)) => Some(format!("{name} is not Unicode")),
    }
}
