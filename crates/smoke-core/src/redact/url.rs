//! Passwords and tokens in URLs.

use std::ops::Range;

use super::cut::CUT;
use super::value::{bare, looks_random};

/// A password with blanks in it ends within that many bytes.
const BLANKS: usize = 128;

/// The password in what follows the `://` of a URL, or the user that is a token.
pub(super) fn secret(scheme: &str, before: Option<char>, whole: &str) -> Option<Range<usize>> {
    let stops = match before {
        Some('<') => &['>'][..],
        Some('`') => &['`'],
        _ => &[],
    };
    let length = bare(whole, |rest| rest.starts_with(stops) || is_authority(rest));
    let (mut rest, next) = whole.split_at(length);
    if is_authority(next) {
        // Another URL follows, whose scheme was read as part of this one.
        rest = rest.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+.-".contains(c));
    }

    // A password may hold an `@` that should have been written `%40`, and a `/`, `?` or `#`. An `@`
    // in the query is no sign of one while there is another before it.
    let hierarchy = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let at = hierarchy.rfind('@').or_else(|| rest.rfind('@'));
    let Some(at) = at else {
        return cut_password(rest).or_else(|| password_with_blanks(rest, next));
    };
    let Some(colon) = rest[..at].find(':') else {
        return token(scheme, rest);
    };
    if !has_password(&rest[..at], colon, false) {
        return None;
    }
    let (user, password) = (&rest[..colon], &rest[colon + 1..at]);
    let is_token = match password {
        // Stripe's and GitHub's.
        "" | "x-oauth-basic" => is_token(scheme, user),
        _ => looks_random(user),
    };
    Some(if is_token { 0..at } else { colon + 1..at })
}

/// Whether a text goes on with `://`, as JSON writes it too: `:\/\/`.
fn is_authority(text: &str) -> bool {
    let slash = |text: &str| {
        let unescaped = text.trim_start_matches('\\');
        (text.len() - unescaped.len() <= 8 && unescaped.starts_with('/'))
            .then(|| unescaped.len() - 1)
    };
    let Some(after) = text.strip_prefix(':') else {
        return false;
    };
    slash(after).is_some_and(|left| slash(&after[after.len() - left..]).is_some())
}

/// The user, where it is one without a password and a token.
fn token(scheme: &str, rest: &str) -> Option<Range<usize>> {
    let at = rest.find('@')?;
    is_token(scheme, &rest[..at]).then_some(0..at)
}

/// Over HTTP a user name without a password is a token.
fn is_token(scheme: &str, user: &str) -> bool {
    let is_user = |c: char| c.is_ascii_alphanumeric() || "-._~%!$&*+=".contains(c);
    let over_http = scheme.to_ascii_lowercase().ends_with("http")
        || scheme.to_ascii_lowercase().ends_with("https");
    !user.is_empty() && user.chars().all(is_user) && (over_http || looks_random(user))
}

/// The beginning of a password, in a URL that was cut before its `@`.
fn cut_password(rest: &str) -> Option<Range<usize>> {
    let rest = &rest[..rest.find(CUT)?];
    let colon = rest.find(':')?;
    // No port has more than five digits.
    let may_end = rest.len() - colon <= 6;
    has_password(rest, colon, may_end).then_some(colon + 1..rest.len())
}

/// A password that goes on after a blank.
fn password_with_blanks(rest: &str, next: &str) -> Option<Range<usize>> {
    let colon = rest.find(':')?;
    // A port may be the last of a sentence, and has no more than five digits.
    let first = rest.trim_end_matches([',', ';', '.', ')']);
    let begins = colon + 1 < first.len() && next.starts_with(' ');
    if !begins || !has_password(first, colon, first.len() - colon <= 6) {
        return None;
    }
    let end = next
        .char_indices()
        .take_while(|(at, _)| *at < BLANKS)
        .find(|(at, c)| "@\"'`<>\r\n".contains(*c) || is_authority(&next[*at..]));
    let (at, _) = end.filter(|(_, c)| *c == '@')?;
    // The password may hold one, too.
    let word = next[at..]
        .find(char::is_whitespace)
        .unwrap_or(next.len() - at);
    let at = at + next[at..at + word].rfind('@')?;
    let host = next[at + 1..].chars().next();
    host.is_some_and(|c| c.is_alphanumeric() || c == '[')
        .then_some(colon + 1..rest.len() + at)
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
