use std::{borrow::Cow, error::Error, fmt, panic::Location, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A place in source code, shown and written in JSON as `file:line:column`.
///
/// ```
/// use smoke_report::Place;
///
/// let place: Place = "src/a.rs:3:5".parse()?;
/// assert_eq!((place.file.as_str(), place.line, place.column), ("src/a.rs", 3, 5));
/// assert_eq!(place.to_string(), "src/a.rs:3:5");
/// # Ok::<(), smoke_report::ParsePlaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The file, as the compiler saw it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
}

impl Place {
    /// A place by its file, line and column, as `file!`, `line!` and `column!` give them.
    #[must_use]
    pub fn new(file: impl Into<String>, line: u32, column: u32) -> Self {
        Self {
            file: file.into(),
            line,
            column,
        }
    }
}

impl From<&Location<'_>> for Place {
    fn from(location: &Location<'_>) -> Self {
        Self::new(location.file(), location.line(), location.column())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl FromStr for Place {
    type Err = ParsePlaceError;

    fn from_str(text: &str) -> Result<Self, ParsePlaceError> {
        // From the right: a file may hold colons of its own (`C:\app\src\a.rs`).
        let mut parts = text.rsplitn(3, ':');
        let column = parts.next().and_then(number);
        let line = parts.next().and_then(number);
        match (parts.next(), line, column) {
            (Some(file), Some(line), Some(column)) => Ok(Self::new(file, line, column)),
            _ => Err(ParsePlaceError(text.to_owned())),
        }
    }
}

fn number(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A text is not a [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsePlaceError(String);

impl fmt::Display for ParsePlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a place of the form file:line:column: {:?}", self.0)
    }
}

impl Error for ParsePlaceError {}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::Place;

    #[test]
    fn colons_in_the_file_belong_to_the_file() {
        for text in [r"C:\app\src\a.rs:3:5", "a:b:1:2", ":1:2", "1:2:3:4"] {
            let place: Place = text.parse().unwrap();
            assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_place_is_refused() {
        for text in [
            "",
            "src/a.rs",
            "src/a.rs:3",
            "3:5",
            "a:3:",
            "a::5",
            "a:+3:5",
            "a:3:99999999999",
            "a:-1:5",
        ] {
            let error = text.parse::<Place>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn a_location_becomes_a_place() {
        let here = Location::caller();
        assert_eq!(Place::from(here).to_string(), here.to_string());
    }

    #[test]
    fn json_holds_the_shown_text() {
        let place: Place = "src/a.rs:3:5".parse().unwrap();
        assert_eq!(serde_json::to_string(&place).unwrap(), r#""src/a.rs:3:5""#);
        let read: Place = serde_json::from_str(r#""C:\\a.rs:3:5""#).unwrap();
        assert_eq!(read.file, r"C:\a.rs");
        assert!(serde_json::from_str::<Place>(r#""nowhere""#).is_err());
    }
}
