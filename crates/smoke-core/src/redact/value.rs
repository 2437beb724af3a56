//! Where the value of a key begins and ends.

use std::ops::Range;

use super::HIDDEN;

/// An unquoted value with blanks in it, as ADO.NET has them, ends within that many bytes.
const BLANKS: usize = 64;

/// What messages go on with after a colon, and what stands there for no value.
const PROSE: [&str; 55] = [
    "a",
    "already",
    "an",
    "and",
    "are",
    "at",
    "bad",
    "can",
    "cannot",
    "contains",
    "denied",
    "did",
    "does",
    "empty",
    "error",
    "expected",
    "expired",
    "failed",
    "failure",
    "has",
    "have",
    "incorrect",
    "invalid",
    "is",
    "it",
    "length",
    "malformed",
    "may",
    "mismatch",
    "missing",
    "must",
    "needs",
    "no",
    "none",
    "not",
    "null",
    "only",
    "optional",
    "please",
    "rejected",
    "required",
    "revoked",
    "should",
    "string",
    "the",
    "this",
    "too",
    "try",
    "unauthorized",
    "unexpected",
    "unknown",
    "unsupported",
    "validation",
    "was",
    "wrong",
];

/// The value after `key: `.
pub(super) fn after_colon(key: &str, is_json: bool, rest: &str) -> Option<Range<usize>> {
    if is_json && rest.starts_with(HIDDEN) {
        return Some(0..HIDDEN.len());
    }
    if is_json {
        let number = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
        let literal = &rest[..number.unwrap_or(rest.len())];
        if matches!(literal, "null" | "true" | "false") {
            return None;
        }
        if literal.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Some(0..literal.len());
        }
    }
    // A path of Rust's, or a value with an inside of its own.
    if rest.starts_with([':', '{', '[', '(']) {
        return None;
    }
    let length = bare(rest, |_| false);
    let word = &rest[..length];
    // It is this that was not expected there.
    if word.len() == 1 && word.starts_with(|c: char| c.is_ascii_punctuation()) {
        return None;
    }
    let lexed = key.eq_ignore_ascii_case("token")
        && word.chars().all(|c| c.is_ascii_lowercase())
        && rest[length..].starts_with(' ');
    (!is_prose(word) && !lexed).then_some(0..length)
}

/// The value after `key=`.
pub(super) fn after_equals(before: Option<char>, rest: &str) -> Option<Range<usize>> {
    // `token == ` is a comparison.
    if rest.starts_with("= ") {
        return None;
    }
    let stops = match before {
        Some('?' | '&') => &['&', '#'][..],
        Some(';') => &[';'],
        _ => &[],
    };
    let length = bare(rest, |rest| rest.starts_with(stops));
    let blanks = match before {
        Some('?' | '&') => 0,
        _ => blanks(before == Some(';'), &rest[length..]),
    };
    Some(0..length + blanks)
}

/// How many bytes of a value follow after its first word, where it ends with a semicolon; or at the
/// end of the line, where the values before it did.
fn blanks(is_one_of_several: bool, rest: &str) -> usize {
    if !rest.starts_with(' ') {
        return 0;
    }
    let ends = rest
        .char_indices()
        .take_while(|(at, _)| *at <= BLANKS)
        .find(|(_, c)| ";=:,\"'\r\n".contains(*c));
    match ends {
        Some((at, ';')) => at,
        Some((at, '"' | '\'' | '\r' | '\n')) if is_one_of_several => at,
        None if is_one_of_several && rest.len() <= BLANKS => rest.len(),
        _ => 0,
    }
}

/// Whether a word goes on with a sentence.
pub(super) fn is_prose(word: &str) -> bool {
    let bare = word.strip_suffix(['.', ',', ';', ':', '!', '?', ')']);
    let bare = bare.unwrap_or(word);
    PROSE.iter().any(|known| known.eq_ignore_ascii_case(bare))
}

/// Whether a word after a bare `Bearer` is no token: it is spoken of, or it is the parameter of a
/// `WWW-Authenticate` challenge.
pub(super) fn is_spoken_of(word: &str) -> bool {
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

/// Whether a name looks generated rather than chosen.
pub(super) fn looks_random(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    name.len() >= 20
        && name.chars().all(is_part)
        && name.bytes().any(|byte| byte.is_ascii_digit())
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// What stands between quotes, where the text begins with one; to the end of the text, where it was
/// cut before the other. Quotes in a text that was itself quoted have backslashes before them.
pub(super) fn quoted(text: &str) -> Option<Range<usize>> {
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
pub(super) fn bare(text: &str, stop: impl Fn(&str) -> bool) -> usize {
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
