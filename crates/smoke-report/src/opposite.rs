//! Keeps the verdict's opposite out of an answer.
//!
//! HAProxy's `http-check expect string PASS`, Uptime Kuma's keyword and Nagios's `-s` look for bytes anywhere in the body:
//! a FAIL whose message quotes `PASS` would be taken for a PASS.
//! All functions are given a finished body, so nothing that is put into it can come past them.

use crate::Verdict;

/// Writes the opposite in lower case. The length stays.
pub(crate) fn lower(text: &str, verdict: Verdict) -> String {
    let word = verdict.opposite().as_str();
    text.replace(word, &word.to_ascii_lowercase())
}

/// Writes the opposite's first letter as an escape, which a parser reads as that letter.
///
/// The word occurs only inside strings, since JSON itself has no capitals, and its first letter is never part of an escape:
/// the only one that could hold an `F` is `\u001F`, of which serde_json writes the digits in lower case.
pub(crate) fn escape(json: &str, verdict: Verdict) -> String {
    let word = verdict.opposite().as_str();
    let (first, rest) = word.split_at(1);
    let code = first.as_bytes()[0];
    json.replace(word, &format!("\\u{code:04x}{rest}"))
}

/// Writes the opposite's first letter as a character reference, which a browser reads as that letter.
///
/// The word occurs only in text and in values of attributes, where references are read: HTML as we write it has no capitals, and no
/// text within a script or a style.
pub(crate) fn refer(html: &str, verdict: Verdict) -> String {
    let word = verdict.opposite().as_str();
    let (first, rest) = word.split_at(1);
    let code = first.as_bytes()[0];
    html.replace(word, &format!("&#{code};{rest}"))
}

#[cfg(test)]
mod tests {
    use super::{escape, lower, refer};
    use crate::Verdict::{Fail, Pass};

    #[test]
    fn text_says_the_opposite_in_lower_case() {
        assert_eq!(
            lower("FAIL PPASSASS PASSPASS", Fail),
            "FAIL PpassASS passpass"
        );
        assert_eq!(
            lower("PASS FAILFAIL FFAILAIL", Pass),
            "PASS failfail FfailAIL"
        );
    }

    #[test]
    fn json_says_the_opposite_with_an_escape() {
        assert_eq!(escape(r#""PASS FAIL""#, Fail), r#""\u0050ASS FAIL""#);
        assert_eq!(escape(r#""PASS FAIL""#, Pass), r#""PASS \u0046AIL""#);
    }

    #[test]
    fn html_says_the_opposite_with_a_reference() {
        assert_eq!(
            refer("<b title=\"NO PASS\">FAIL &amp;PASS</b>", Fail),
            "<b title=\"NO &#80;ASS\">FAIL &amp;&#80;ASS</b>"
        );
        assert_eq!(refer("PASS FAILFAIL", Pass), "PASS &#70;AIL&#70;AIL");
    }

    #[test]
    fn an_escape_beside_the_word_stays_whole() {
        for text in [
            "\u{1f}AIL",
            "\u{1f}FAIL",
            "\\FAIL",
            "\\\\FAIL",
            "\"FAIL",
            "\0FAIL",
            "\u{c}FAIL",
        ] {
            let json = escape(&serde_json::to_string(text).unwrap(), Pass);
            assert!(!json.contains("FAIL"), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
