use std::{error::Error, fmt, str::FromStr};

use crate::{Report, json, text};

/// A format in which a report is answered.
///
/// ```
/// use smoke_report::Format;
///
/// assert_eq!("json".parse(), Ok(Format::Json));
/// assert_eq!(Format::Json.content_type(), "application/json");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Lines for people, shells and probers; under 4 KiB.
    Text,
    /// One JSON object with everything that was found.
    Json,
}

impl Format {
    /// The value of the `Content-Type` header.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; charset=utf-8",
            Format::Json => "application/json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::Text => "text",
            Format::Json => "json",
        })
    }
}

impl FromStr for Format {
    type Err = ParseFormatError;

    fn from_str(name: &str) -> Result<Self, ParseFormatError> {
        match name {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err(ParseFormatError(name.to_owned())),
        }
    }
}

/// A text names no [`Format`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFormatError(String);

impl fmt::Display for ParseFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown format {:?}: there are `text` and `json`",
            self.0
        )
    }
}

impl Error for ParseFormatError {}

impl Report {
    /// The report in a format, ending in a newline.
    ///
    /// The bytes of the verdict's opposite occur nowhere in it.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => text::render(self),
            Format::Json => json::render(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn a_format_is_read_as_it_is_shown() {
        for format in [Format::Text, Format::Json] {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
    }

    #[test]
    fn an_unknown_format_is_named_with_those_there_are() {
        for name in ["", "xml", "JSON", " text"] {
            let error = name.parse::<Format>().unwrap_err().to_string();
            assert_eq!(
                error,
                format!("unknown format {name:?}: there are `text` and `json`")
            );
        }
    }
}
