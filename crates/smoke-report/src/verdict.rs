use std::fmt;

use serde::{Deserialize, Serialize};

use crate::opposite;

/// The answer to "does it work?": PASS or FAIL, and nothing between. There will be no third one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// At least one test ran, and nothing is against it.
    Pass,
    /// Something went wrong, or nothing shows that it went well.
    Fail,
}

impl Verdict {
    /// Whether the verdict is PASS.
    #[must_use]
    pub const fn is_pass(self) -> bool {
        matches!(self, Verdict::Pass)
    }

    /// The other verdict.
    #[must_use]
    pub const fn opposite(self) -> Verdict {
        match self {
            Verdict::Pass => Verdict::Fail,
            Verdict::Fail => Verdict::Pass,
        }
    }

    /// A text of this verdict in which the other's word stands nowhere: it is written in lower case.
    /// Monitors look for `PASS` anywhere in an answer.
    ///
    /// ```
    /// use smoke_report::Verdict;
    ///
    /// assert_eq!(Verdict::Fail.only_in_text("FAIL: no PASS"), "FAIL: no pass");
    /// ```
    #[must_use]
    pub fn only_in_text(self, text: &str) -> String {
        opposite::lower(text, self)
    }

    /// The same of JSON as `serde_json` writes it. Parsers read what was there before.
    ///
    /// ```
    /// use smoke_report::Verdict;
    ///
    /// assert_eq!(Verdict::Fail.only_in_json(r#""no PASS""#), r#""no \u0050ASS""#);
    /// ```
    #[must_use]
    pub fn only_in_json(self, json: &str) -> String {
        opposite::escape(json, self)
    }

    /// The same of HTML that has text in elements and in attributes alone, and none in scripts and styles. Browsers read
    /// what was there before.
    ///
    /// ```
    /// use smoke_report::Verdict;
    ///
    /// assert_eq!(Verdict::Fail.only_in_html("<p>no PASS</p>"), "<p>no &#80;ASS</p>");
    /// ```
    #[must_use]
    pub fn only_in_html(self, html: &str) -> String {
        opposite::refer(html, self)
    }

    /// The word that stands in answers: `PASS` or `FAIL`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "PASS",
            Verdict::Fail => "FAIL",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Fail, Pass};

    #[test]
    fn a_verdict_is_shown_as_it_is_written_in_json() {
        for verdict in [Pass, Fail] {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.to_string());
            assert_eq!(verdict.opposite().opposite(), verdict);
            assert_ne!(verdict.opposite().is_pass(), verdict.is_pass());
        }
    }
}
