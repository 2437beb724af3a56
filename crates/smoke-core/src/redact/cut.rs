//! Texts that are too long to be shown, or to be read.

use super::redact_to;

/// No more of a text is looked at: no text takes long.
pub(crate) const READ: usize = 32 * 1024;

/// No more of a text is reported.
pub(crate) const REPORTED: usize = 8 * 1024;

/// Whether something is a secret may show only behind it, as the `@` of a URL does. So what is read
/// last of a text that goes on is looked at, and not shown.
const MARGIN: usize = 8 * 1024;

/// What messages have where they cut a text.
pub(super) const CUT: char = '…';

/// A text without its secrets, in no more than `longest` bytes, and how long it was where it was cut.
pub(crate) fn shown(text: &str, longest: usize) -> String {
    let part = beginning(text, READ);
    if part.len() == text.len() {
        let redacted = redact_to(text, &mut 0);
        if redacted.len() <= longest {
            return redacted.into_owned();
        }
        return cut(
            &redacted,
            longest,
            &format!("{CUT} ({} bytes in all)", text.len()),
        );
    }
    let mut edge = beginning(part, READ - MARGIN).len();
    let marked = format!("{part}{CUT}");
    let redacted = redact_to(&marked, &mut edge);
    let end = format!("{CUT} (more than {READ} bytes in all)");
    cut(&redacted[..edge], longest, &end)
}

fn cut(text: &str, longest: usize, end: &str) -> String {
    format!(
        "{}{end}",
        beginning(text, longest.saturating_sub(end.len()))
    )
}

/// The beginning of a text, in no more than `longest` bytes.
pub(crate) fn beginning(text: &str, longest: usize) -> &str {
    let end = (0..=text.len().min(longest))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}
