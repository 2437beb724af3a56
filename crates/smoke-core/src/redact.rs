//! Hides the secrets that messages drag in: drivers and clients like to quote the address or the
//! header that they failed with.
//!
//! One pattern finds what introduces a secret, from left to right. Where the secret ends depends on
//! what introduced it. Where that can be read in two ways, rather too much is hidden than too little.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands for a secret.
const HIDDEN: &str = "***";

/// How often what is left is searched again.
const AGAIN: usize = 4;

/// What introduces a secret. No part of it can read on far past the end of a match of another
/// part, or a text with many matches would be read again for each of them.
static INTRODUCTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x-u)
          (?<url> [A-Za-z][A-Za-z0-9+.-]* :// )
        | (?<key> [A-Za-z0-9_.-]* (?i:
              password | passwd | passphrase | pwd | secret | token
            | (?: access | api | encryption | private | secret | signing ) [_-]? key ) )
          \\{0,8} ["']? \x20{0,2} (?: (?<colon> : ) | => | = ) \x20{0,2} (?: Some\( )?
        | (?i: authorization ) \\{0,8} ["']? \x20{0,2} [:=] \x20{0,2} \\{0,8} ["']?
          (?i: basic | bearer | digest | negotiate | token ) \x20{1,2}
        | \b (?<bearer> (?i: bearer ) \x20{1,2} )
        "#,
    )
    .expect("the pattern is valid")
});

/// The text with `***` for every secret in it: passwords in URLs, values of keys such as
/// `password=` and `token=`, the credentials of `Authorization: Bearer`.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut redacted = redact_once(text);
    // Without one secret another may come to light. Twice is enough for all but made-up texts, and
    // the bound keeps those from taking long.
    for _ in 0..AGAIN {
        match redact_once(&redacted) {
            Cow::Borrowed(_) => break,
            Cow::Owned(again) => redacted = Cow::Owned(again),
        }
    }
    redacted
}

fn redact_once(text: &str) -> Cow<'_, str> {
    let mut redacted = String::new();
    let (mut copied, mut read) = (0, 0);
    while let Some(introduction) = INTRODUCTION.captures_at(text, read) {
        let Some(secret) = secret(text, &introduction) else {
            read = introduction.get_match().end();
            continue;
        };
        if !matches!(&text[secret.clone()], "" | HIDDEN) {
            redacted.push_str(&text[copied..secret.start]);
            redacted.push_str(HIDDEN);
            copied = secret.end;
        }
        read = secret.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    redacted.push_str(&text[copied..]);
    Cow::Owned(redacted)
}

/// Where the secret stands that was introduced, if there is one.
fn secret(text: &str, introduction: &Captures<'_>) -> Option<Range<usize>> {
    let whole = introduction.get_match();
    let (before, start) = (text[..whole.start()].chars().next_back(), whole.end());
    if introduction.name("url").is_some() {
        return password_in_url(text, before, start);
    }
    if introduction.name("key").is_some() {
        let rest = &text[start..];
        if let Some(range) = quoted(rest) {
            return Some(start + range.start..start + range.end);
        }
        // `token: ` goes on in prose, and `token == ` is a comparison.
        if introduction.name("colon").is_some() || rest.starts_with("= ") {
            return None;
        }
        let stops = match before {
            Some('?' | '&') => &['&', '#'][..],
            Some(';') => &[';'],
            _ => &[],
        };
        return Some(start..start + bare(rest, |rest| rest.starts_with(stops)));
    }
    let value = start..start + bare(&text[start..], |_| false);
    let prose = introduction.name("bearer").is_some() && is_prose(&text[value.clone()]);
    (!prose).then_some(value)
}

/// Whether a word after a bare `Bearer` is no token: it is spoken of, or it is the parameter of a
/// `WWW-Authenticate` challenge.
fn is_prose(word: &str) -> bool {
    const WORDS: [&str; 7] = [
        "auth",
        "authentication",
        "authorization",
        "of",
        "scheme",
        "token",
        "tokens",
    ];
    let bare = word.trim_end_matches(|c: char| c.is_ascii_punctuation());
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(bare)) || word.contains("=\"")
}

/// What messages have where they cut a text.
const CUT: char = '…';

/// The password in what follows the `://` of a URL.
fn password_in_url(text: &str, before: Option<char>, start: usize) -> Option<Range<usize>> {
    let stops = match before {
        Some('<') => &['>'][..],
        Some('`') => &['`'],
        _ => &[],
    };
    let rest = &text[start..];
    let length = bare(rest, |rest| {
        rest.starts_with(stops) || rest.starts_with("://")
    });
    let (mut rest, next) = rest.split_at(length);
    if next.starts_with("://") {
        // Another URL follows, whose scheme was read as part of this one.
        rest = rest.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+.-".contains(c));
    }

    // A password may hold an `@` that should have been written `%40`, and a `/`, `?` or `#`. An `@`
    // in the query is no sign of one while there is another before it.
    let hierarchy = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let at = hierarchy.rfind('@').or_else(|| rest.rfind('@'));
    let Some(at) = at else {
        return cut_password(rest).map(|range| start + range.start..start + range.end);
    };
    let colon = rest[..at].find(':')?;
    has_password(&rest[..at], colon, false).then_some(start + colon + 1..start + at)
}

/// The beginning of a password, in a URL that was cut before its `@`.
fn cut_password(rest: &str) -> Option<Range<usize>> {
    let rest = &rest[..rest.find(CUT)?];
    let colon = rest.find(':')?;
    // No port has more than five digits.
    let may_end = rest.len() - colon <= 6;
    has_password(rest, colon, may_end).then_some(colon + 1..rest.len())
}

/// Whether it is a password that comes after the colon, where the text may end with a port.
fn has_password(text: &str, colon: usize, may_end: bool) -> bool {
    // Nothing before a port is no host.
    colon == 0 || may_be_user(&text[..colon]) && !begins_with_port(&text[colon + 1..], may_end)
}

fn may_be_user(text: &str) -> bool {
    !text.contains(['/', '?', '#', '['])
}

/// Whether a path or so comes after digits, or nothing where they may end the address.
fn begins_with_port(text: &str, may_end: bool) -> bool {
    let end = text.find(['/', '?', '#']);
    let port = &text[..end.unwrap_or(text.len())];
    (end.is_some() || may_end) && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands between quotes, where the text begins with one; to the end of the text, where it was
/// cut before the other. Quotes in a text that was itself quoted have backslashes before them.
fn quoted(text: &str) -> Option<Range<usize>> {
    let depth = backslashes(text.bytes());
    let quote = text[depth..]
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))?;
    let start = depth + 1;
    let mut at = start;
    while let Some(found) = text[at..].find(quote) {
        let found = at + found;
        let before = backslashes(text.as_bytes()[start..found].iter().rev().copied());
        let doubled = depth == 0 && text[found + 1..].starts_with(quote);
        if before <= depth && !doubled {
            return Some(start..found - before);
        }
        at = found + 1 + usize::from(doubled);
    }
    Some(start..text.len())
}

/// How many bytes a value without quotes has: up to white space, to a quote that closes what the
/// value stands in, or to where the rest of the text is a stop.
fn bare(text: &str, stop: impl Fn(&str) -> bool) -> usize {
    let mut escaped = None;
    for (at, character) in text.char_indices() {
        let closes = || {
            let next = text[at + 1..].chars().next();
            next.is_none_or(|next| next.is_whitespace() || ",;:)]}>".contains(next))
        };
        match character {
            '\\' => {
                escaped.get_or_insert(at);
                continue;
            }
            '"' | '\'' if closes() => return escaped.unwrap_or(at),
            _ if character.is_whitespace() || stop(&text[at..]) => return at,
            _ => escaped = None,
        }
    }
    text.len()
}

fn backslashes(bytes: impl Iterator<Item = u8>) -> usize {
    bytes.take_while(|byte| *byte == b'\\').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Asserts what becomes of texts that hold a secret.
    #[track_caller]
    fn hides(texts: &[(&str, &str)]) {
        for (text, expected) in texts {
            assert_eq!(redact(text), *expected, "{text}");
        }
    }

    #[test]
    fn passwords_in_urls_are_hidden() {
        hides(&[
            (
                "postgres://user:secret@host/db",
                "postgres://user:***@host/db",
            ),
            (
                "cannot reach \"redis://:secret@host:6379/0\"",
                "cannot reach \"redis://:***@host:6379/0\"",
            ),
            ("a+b.c://u:p%40ss@host", "a+b.c://u:***@host"),
            ("mysql://u:p@s@s@host/db", "mysql://u:***@host/db"),
            ("mysql://u:a/b?c#d:e@host/db", "mysql://u:***@host/db"),
            ("mysql://u:1234@[::1]:80/db", "mysql://u:***@[::1]:80/db"),
            ("amqp://u:it's\"@host", "amqp://u:***@host"),
            (
                "mongodb://u:p@a:1,b:2/db?w=1",
                "mongodb://u:***@a:1,b:2/db?w=1",
            ),
            (
                "https://u:p@host/?mail=a@b&token=x",
                "https://u:***@host/?mail=a@b&token=***",
            ),
            (
                "tried a://u:p@h/d,b://v:q@i/e; then (c://w:r@j)",
                "tried a://u:***@h/d,b://v:***@i/e; then (c://w:***@j)",
            ),
            (
                "cannot reach postgres://app:se/cr@et@db:5432/shop, is it up?",
                "cannot reach postgres://app:***@db:5432/shop, is it up?",
            ),
            ("<a://u:p@h>,x@y", "<a://u:***@h>,x@y"),
            (
                r#"{"a":"b://u:p@h","m":"x@y"}"#,
                r#"{"a":"b://u:***@h","m":"x@y"}"#,
            ),
        ]);
    }

    #[test]
    fn the_beginnings_of_passwords_are_hidden() {
        hides(&[
            (
                r#"left is Config { url: "postgres://app:hunt…, right is 3"#,
                r#"left is Config { url: "postgres://app:***…, right is 3"#,
            ),
            ("redis://:hunt…", "redis://:***…"),
            ("a://u:12ab…", "a://u:***…"),
            ("redis://:1234…", "redis://:***…"),
            ("redis://:1234/5…", "redis://:***…"),
            ("redis://:1234/56@host", "redis://:***@host"),
            ("postgres://app:1234567890…", "postgres://app:***…"),
        ]);
    }

    #[test]
    fn values_of_secret_keys_are_hidden() {
        hides(&[
            (
                "host=db password=secret user=u",
                "host=db password=*** user=u",
            ),
            ("password = secret", "password = ***"),
            (r"password='it\'s a secret' user=u", "password='***' user=u"),
            ("password='it''s' user=u", "password='***' user=u"),
            ("password='cut in the mid", "password='***"),
            ("Pwd=secret;Server=host", "Pwd=***"),
            (
                "Server=host;Pwd=secret;Port=1",
                "Server=host;Pwd=***;Port=1",
            ),
            ("DATABASE_PASSWORD=a&b#c", "DATABASE_PASSWORD=***"),
            ("/?a=b&api_key=secret&c=d#e", "/?a=b&api_key=***&c=d#e"),
            ("?access_token=secret#top", "?access_token=***#top"),
            (
                "passwd=x secret=x token=x",
                "passwd=*** secret=*** token=***",
            ),
            ("aws_secret_access_key=x", "aws_secret_access_key=***"),
            (
                r#"left is "password=secret", right"#,
                r#"left is "password=***", right"#,
            ),
            (
                r#"{"password":"secret","a":1}"#,
                r#"{"password":"***","a":1}"#,
            ),
            (
                r#""{\"token\": \"a\\\"b\", \"a\": 1}""#,
                r#""{\"token\": \"***\", \"a\": 1}""#,
            ),
            (
                r#"Config { password: Some("secret"), url: "a://h" }"#,
                r#"Config { password: Some("***"), url: "a://h" }"#,
            ),
            (r#"{"password" => "secret"}"#, r#"{"password" => "***"}"#),
        ]);
    }

    #[test]
    fn credentials_are_hidden() {
        hides(&[
            ("Authorization: Bearer a.b-c", "Authorization: Bearer ***"),
            (
                "authorization: Basic dTpw\r\nHost: h",
                "authorization: Basic ***\r\nHost: h",
            ),
            (
                r#"{"authorization": "Basic dTpw", "a": "b"}"#,
                r#"{"authorization": "Basic ***", "a": "b"}"#,
            ),
            ("sent Bearer secret to it", "sent Bearer *** to it"),
            (r#"sent "bearer secret""#, r#"sent "bearer ***""#),
        ]);
    }

    #[test]
    fn texts_without_secrets_are_left_alone() {
        for text in [
            "",
            "left is 3, right is 14",
            "http://host:8080/users/a@b.example?c=d:e@f",
            "http://[::1]:8080/a@b",
            "ssh://git@host/path:x@y",
            "postgres://host/db",
            "postgres://user@host/db",
            "postgres://user:@host/db",
            "http://a:1,http://b:2, c@d",
            "\"http://host:port\", \"a@b\"",
            "the password is wrong: try again",
            "password authentication failed for user \"alice\"",
            "unexpected token: expected one of",
            "password == other does not hold: left is 3, right is 4",
            "token != other does not hold",
            "password=",
            "password='' user=u",
            "passwords=3 tokens=4 token_type=x",
            "missing Bearer token",
            "no bearer authentication, basic training",
            "www-authenticate: Bearer realm=\"x\"",
            "the bearer of bad news",
            "éß://é:é@é",
            "http://localhost:3000/users:a…",
            "http://localhost:30…",
            "http://[::1]:30…",
            "http://host/a:b…",
            "postgres://ap…",
        ] {
            assert!(
                matches!(redact(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn long_texts_take_linear_time() {
        for part in [
            "a",
            "a://",
            "a://u:",
            "a://u:p@",
            "a.b",
            "password",
            "password=",
            "password='",
            "'",
            "bearer ",
            "bearer",
            "\\",
            "\"",
            "token ",
            "token: ",
            "token:\"",
            "authorization: ",
        ] {
            let text = part.repeat(200_000 / part.len());
            let start = std::time::Instant::now();
            let _ = redact(&text);
            assert!(start.elapsed().as_secs() < 20, "{part}");
        }
    }

    /// Texts that are full of what the pattern looks for.
    fn texts() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[a-z:/?#@=&;'\"\\\\ ,.(){}<>é*-]{0,6}",
            "(postgres|a)://",
            "(u|user)?:[a-z0-9@/?#]{0,4}@h",
            "(db_)?(password|Pwd|token|api-key|secret)(\"|'|\\\\\")?( )?(=|:|=>|==)( )?(\"|'|Some\\(\")?",
            "([Aa]uthorization: )?(Bearer|Basic) ",
            ".{0,3}",
        ];
        proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    /// Secrets that can be told from what is around them.
    const SECRET: &str = "[A-Za-z0-9][!$%*+,.:;@^_~A-Za-z0-9-]{7,30}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn any_text_is_redacted_once(text in texts()) {
            let once = redact(&text).into_owned();
            prop_assert_eq!(&redact(&once), &once);
            prop_assert!(matches!(redact(&once), Cow::Borrowed(_)));
        }

        #[test]
        fn a_secret_never_survives(secret in SECRET, before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
            for (introduction, end) in [
                ("postgres://user:", "@host/db"),
                ("redis://:", "@host"),
                ("host=h password=", " user=u"),
                ("?api_key=", "&a=b"),
                ("token=\"", "\""),
                ("secret='", "' a=b"),
                ("\"passwd\":\"", "\"}"),
                ("Authorization: Basic ", "\r\n"),
                ("Authorization: Bearer ", "\r\n"),
                ("x Bearer ", " "),
            ] {
                let text = format!("{before} {introduction}{secret}{end}{after}");
                let expected = format!("{before} {introduction}***{end}{after}");
                prop_assert_eq!(redact(&text), expected);
            }
        }
    }
}
