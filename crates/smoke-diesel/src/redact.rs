//! Taking passwords out of what drivers say.

const HIDDEN: &str = "***";

/// Replaces the passwords of URLs (`scheme://user:password@host`) and of connection strings
/// (`password=..`).
pub(crate) fn redact(text: &str) -> String {
    redact_settings(text)
        .split_inclusive(char::is_whitespace)
        .map(redact_url)
        .collect()
}

fn redact_settings(text: &str) -> String {
    const SETTING: &str = "password=";
    let lower = text.to_ascii_lowercase();
    let (mut clean, mut done) = (String::with_capacity(text.len()), 0);
    while let Some(found) = lower[done..].find(SETTING) {
        let value = done + found + SETTING.len();
        let rest = &text[value..];
        let length = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.find('\'').map(|end| end + 2),
            None => rest.find(|c: char| c.is_whitespace() || matches!(c, '&' | ';')),
        };
        clean.push_str(&text[done..value]);
        clean.push_str(HIDDEN);
        done = value + length.unwrap_or(rest.len());
    }
    clean.push_str(&text[done..]);
    clean
}

fn redact_url(word: &str) -> String {
    let authority = || {
        let start = word.find("://")? + 3;
        // A password may itself contain the characters that end an authority: the last `@` counts.
        let end = start + word[start..].rfind('@')?;
        let colon = start + word[start..end].find(':')?;
        Some((colon, end))
    };
    match authority() {
        Some((colon, end)) => format!("{}:{HIDDEN}{}", &word[..colon], &word[end..]),
        None => word.to_owned(),
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
            (
                "PASSWORD='a b' password=d; fine",
                "PASSWORD=*** password=***; fine",
            ),
            ("password='é", "password=***"),
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
