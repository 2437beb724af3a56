//! Hides the secrets that messages drag in: drivers and clients like to quote the address or the
//! header that they failed with.
//!
//! One pattern finds what introduces a secret, from left to right. Where the secret ends depends on
//! what introduced it. Where that can be read in two ways, rather too much is hidden than too little:
//! what comes after `password: ` is hidden although it may be prose, unless it is a word that such
//! messages go on with (`password: must be longer`), or the word is `token`, which lexers have too,
//! and more words follow (`unexpected token: identifier after`).

mod cut;
mod url;
mod value;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Match, Regex};

pub(crate) use cut::{READ, REPORTED, beginning, shown};

/// What stands for a secret.
const HIDDEN: &str = "***";

/// How often what is left is searched again.
const AGAIN: usize = 4;

/// What introduces a secret. No part of it can read on far past the end of a match of another
/// part, or a text with many matches would be read again for each of them.
static INTRODUCTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x-u)
          (?<url> [A-Za-z][A-Za-z0-9+.-]* ) : \\{0,8} / \\{0,8} /
        | (?<key> [A-Za-z0-9_.-]* (?i:
              password | passwd | passphrase | pwd | secret | token
            | (?: access | api | encryption | private | secret | signing ) [_-]? key ) )
          \\{0,8} (?<quote> ["'] )? \x20{0,2} (?: (?<colon> : ) | => | = ) \x20{0,2} (?: Some\( )?
        | (?i: authorization ) \\{0,8} ["']? \x20{0,2} [:=] \x20{0,2} \\{0,8} ["']?
          (?: (?i: basic | bearer | digest | negotiate | token ) \x20{1,2} | (?<raw> ) )
        | \b (?<bearer> (?i: bearer ) \x20{1,2} )
        "#,
    )
    .expect("the pattern is valid")
});

/// The text with `***` for every secret in it: passwords in URLs, and the tokens there that have no
/// password; values of keys such as `password=`, `x-api-key:` and `"token":`; the credentials of
/// `Authorization: Bearer`.
///
/// A text of more than 32 KiB is cut, so that none takes long.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    if text.len() > READ {
        return Cow::Owned(shown(text, READ));
    }
    redact_to(text, &mut 0)
}

/// Redacts a text of any length. Moves `edge`, a place in it, to where that is in the result: behind
/// the secret that it was in.
fn redact_to<'t>(text: &'t str, edge: &mut usize) -> Cow<'t, str> {
    let mut redacted = redact_once(text, edge);
    // Without one secret another may come to light. Twice is enough for all but made-up texts, and
    // the bound keeps those from taking long.
    for _ in 0..AGAIN {
        match redact_once(&redacted, edge) {
            Cow::Borrowed(_) => break,
            Cow::Owned(again) => redacted = Cow::Owned(again),
        }
    }
    redacted
}

fn redact_once<'t>(text: &'t str, edge: &mut usize) -> Cow<'t, str> {
    let mut redacted = String::new();
    let (mut copied, mut read, before) = (0, 0, *edge);
    while let Some(introduction) = INTRODUCTION.captures_at(text, read)
        && let Some(whole) = introduction.get(0)
    {
        let Some(secret) = secret(text, whole, &introduction) else {
            read = whole.end();
            continue;
        };
        if !matches!(&text[secret.clone()], "" | HIDDEN) {
            redacted.push_str(&text[copied..secret.start]);
            redacted.push_str(HIDDEN);
            copied = secret.end;
            if before > secret.start {
                *edge = redacted.len() + before.saturating_sub(secret.end);
            }
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
fn secret(text: &str, whole: Match<'_>, introduction: &Captures<'_>) -> Option<Range<usize>> {
    let (before, start) = (text[..whole.start()].chars().next_back(), whole.end());
    let rest = &text[start..];
    let range = if let Some(scheme) = introduction.name("url") {
        url::secret(scheme.as_str(), before, rest)
    } else if let Some(key) = introduction.name("key") {
        value::quoted(rest).or_else(|| {
            if introduction.name("colon").is_some() {
                value::after_colon(key.as_str(), introduction.name("quote").is_some(), rest)
            } else {
                value::after_equals(before, rest)
            }
        })
    } else {
        let value = 0..value::bare(rest, |_| false);
        let spoken_of =
            introduction.name("bearer").is_some() && value::is_spoken_of(&rest[value.clone()]);
        let prose = introduction.name("raw").is_some() && value::is_prose(&rest[value.clone()]);
        (!spoken_of && !prose).then_some(value)
    };
    range.map(|range| start + range.start..start + range.end)
}

#[cfg(test)]
mod tests;
