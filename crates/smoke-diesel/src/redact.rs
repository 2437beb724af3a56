//! Taking passwords out of what drivers say.

/// Replaces the passwords of URLs (`scheme://user:password@host`) and of connection strings
/// (`password=..`).
pub(crate) fn redact(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(redact_word)
        .collect()
}

fn redact_word(word: &str) -> String {
    const HIDDEN: &str = "***";
    let lower = word.to_ascii_lowercase();
    let mut clean = word.to_owned();
    if let Some(start) = lower.find("password=") {
        let value = start + "password=".len();
        let end = word[value..]
            .find(|c: char| c.is_whitespace() || c == '&' || c == ';')
            .map_or(word.len(), |length| value + length);
        clean = format!("{}{HIDDEN}{}", &word[..value], &word[end..]);
    }
    let Some(scheme) = clean.find("://").map(|at| at + 3) else {
        return clean;
    };
    // A password may itself contain the characters that end an authority: the last `@` counts.
    let Some(at) = clean[scheme..].rfind('@').map(|at| scheme + at) else {
        return clean;
    };
    match clean[scheme..at].find(':') {
        Some(colon) => format!("{}:{HIDDEN}{}", &clean[..scheme + colon], &clean[at..]),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn passwords_are_taken_out() {
        for (said, clean) in [
            (
                "cannot reach postgres://app:se/cr@et@db:5432/shop, is it up?",
                "cannot reach postgres://app:***@db:5432/shop, is it up?",
            ),
            (
                "bad: host=db password=secret user=app",
                "bad: host=db password=*** user=app",
            ),
            (
                "postgres://db/shop?user=app&password=secret&x=1",
                "postgres://db/shop?user=app&password=***&x=1",
            ),
            ("postgres://app@db/shop", "postgres://app@db/shop"),
            (
                "unable to open database file",
                "unable to open database file",
            ),
        ] {
            assert_eq!(redact(said), clean);
        }
    }
}
