use std::fmt;

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

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn a_scope_is_shown_as_it_is_written_in_json() {
        for scope in [Scope::Shared, Scope::Instance] {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.to_string());
        }
    }
}
