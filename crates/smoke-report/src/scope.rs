use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whose fault a failure is: who may lose traffic for it.
///
/// ```
/// use smoke_report::Scope;
///
/// assert_eq!(Scope::default(), Scope::Shared);
/// assert_eq!(Scope::Instance.to_string(), "instance");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Scope {
    /// What all replicas have in common: a database, another service, the build. Taking one replica
    /// out of traffic helps nobody.
    #[default]
    Shared,
    /// This process or its host alone: another replica may well work.
    Instance,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Scope::Shared => "shared",
            Scope::Instance => "instance",
        })
    }
}

impl FromStr for Scope {
    type Err = ParseScopeError;

    fn from_str(name: &str) -> Result<Self, ParseScopeError> {
        match name {
            "shared" => Ok(Scope::Shared),
            "instance" => Ok(Scope::Instance),
            _ => Err(ParseScopeError(name.to_owned())),
        }
    }
}

/// A text names no [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseScopeError(String);

impl fmt::Display for ParseScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown scope {:?}: there are `shared` and `instance`",
            self.0
        )
    }
}

impl Error for ParseScopeError {}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn a_scope_is_shown_and_read_as_it_is_written_in_json() {
        for scope in [Scope::Shared, Scope::Instance] {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.to_string());
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        let error = "own".parse::<Scope>().unwrap_err().to_string();
        assert!(error.contains("\"own\""), "{error}");
    }
}
