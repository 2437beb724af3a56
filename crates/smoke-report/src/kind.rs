use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much of the world a test touches: the greatest kind among its fixtures.
///
/// Kinds are ordered, from the cheapest to the dearest: `Unit < Database < Http < Browser`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// Nothing outside the process.
    Unit,
    /// A database, in a transaction that is rolled back.
    Database,
    /// The application, by HTTP requests.
    Http,
    /// The application, through a browser.
    Browser,
}

impl Kind {
    /// The greater of two kinds, as [`Ord::max`] has it, but usable in constants.
    ///
    /// ```
    /// use smoke_report::Kind;
    ///
    /// const KIND: Kind = Kind::Unit.greatest(Kind::Http).greatest(Kind::Database);
    /// assert_eq!(KIND, Kind::Http);
    /// ```
    #[must_use]
    pub const fn greatest(self, other: Kind) -> Kind {
        if self as u8 >= other as u8 {
            self
        } else {
            other
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Unit => "unit",
            Kind::Database => "database",
            Kind::Http => "http",
            Kind::Browser => "browser",
        })
    }
}

impl FromStr for Kind {
    type Err = ParseKindError;

    fn from_str(name: &str) -> Result<Self, ParseKindError> {
        match name {
            "unit" => Ok(Kind::Unit),
            "database" => Ok(Kind::Database),
            "http" => Ok(Kind::Http),
            "browser" => Ok(Kind::Browser),
            _ => Err(ParseKindError(name.to_owned())),
        }
    }
}

/// A text names no [`Kind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseKindError(String);

impl fmt::Display for ParseKindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown kind {:?}: there are `unit`, `database`, `http` and `browser`",
            self.0
        )
    }
}

impl Error for ParseKindError {}

#[cfg(test)]
mod tests {
    use super::Kind;

    const ALL: [Kind; 4] = [Kind::Unit, Kind::Database, Kind::Http, Kind::Browser];

    #[test]
    fn greatest_agrees_with_the_order() {
        assert!(ALL.is_sorted());
        for a in ALL {
            for b in ALL {
                assert_eq!(a.greatest(b), a.max(b));
            }
        }
    }

    #[test]
    fn a_kind_is_shown_and_read_as_it_is_written_in_json() {
        for kind in ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.to_string());
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
    }

    #[test]
    fn what_is_no_kind_is_named() {
        let error = "htpp".parse::<Kind>().unwrap_err().to_string();
        assert!(error.contains("\"htpp\""), "{error}");
    }
}
