//! What a message shows of a list from a page.

use crate::client::excerpt;

/// The texts, quoted, on one line and cut; `none` where there are none.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut quoted: Vec<String> = Vec::new();
    for text in texts {
        let text = format!("\"{}\"", excerpt::of_text(text));
        if !quoted.contains(&text) {
            quoted.push(text);
        }
        // The list is cut anyway.
        if quoted.len() == 50 {
            break;
        }
    }
    if quoted.is_empty() {
        return "none".to_owned();
    }
    excerpt::of_text(&quoted.join(", "))
}
