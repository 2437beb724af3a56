//! What keeps the page small, for whoever looks at it every minute.

use std::borrow::Cow;

use maud::{Markup, html};
use smoke_report::Verdict;

use super::view::View;

/// How many characters are shown of what a person or an error says, and of a name or a line.
const TEXT: usize = 300;
const LINE: usize = 200;

/// How many bytes of the page are left for something.
pub(super) struct Room(usize);

impl View {
    /// The bound, unless all is wanted.
    pub(super) fn at_most(&self, most: usize) -> usize {
        if self.all { usize::MAX } else { most }
    }

    /// The beginning of what a person or an error says.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        beginning(text, self.at_most(TEXT))
    }

    /// The beginning of a name or a line.
    pub(super) fn line<'t>(&self, line: &'t str) -> Cow<'t, str> {
        beginning(line, self.at_most(LINE))
    }

    /// The first of what is to be noted, as many as there is room for, and how many follow.
    pub(super) fn notes(
        &self,
        bytes: usize,
        notes: impl ExactSizeIterator<Item = Markup>,
    ) -> Markup {
        let all = notes.len();
        let shown = self.first((usize::MAX, bytes), notes);
        let more = all - shown.len();
        html! {
            @for note in shown { p .note { (note) } }
            @if more > 0 { p .note { "and " (more) " more" } }
        }
    }

    /// The first of the parts: at most so many, as far as there is room for them in so many bytes.
    pub(super) fn first(
        &self,
        (most, bytes): (usize, usize),
        parts: impl Iterator<Item = Markup>,
    ) -> Vec<Markup> {
        let mut room = self.room(bytes);
        let parts = parts.take(self.at_most(most));
        parts.take_while(|part| room.takes(part)).collect()
    }

    pub(super) fn room(&self, bytes: usize) -> Room {
        Room(self.at_most(bytes))
    }

    /// The way to the page that shows all.
    pub(super) fn way_to_all(&self) -> String {
        format!("{}page?all", self.root)
    }
}

impl Room {
    /// Whether there is room for that part, which is taken then.
    pub(super) fn takes(&mut self, part: &Markup) -> bool {
        let left = self.0.checked_sub(size(part));
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// How many bytes it takes at most: a reference stands for the first letter of a verdict that is not the page's.
pub(super) fn size(part: &Markup) -> usize {
    let words = [Verdict::Pass, Verdict::Fail].map(|word| part.0.matches(word.as_str()).count());
    part.0.len() + words.iter().sum::<usize>() * "&#00;".len()
}

fn beginning(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use maud::PreEscaped;

    use super::*;

    #[test]
    fn a_text_that_is_too_long_says_that_it_is_cut() {
        assert_eq!(beginning("日本語", 3), "日本語");
        assert_eq!(beginning("日本語だ", 3), "日本語…");
        assert_eq!(beginning("", 0), "");
    }

    #[test]
    fn a_part_is_taken_where_there_is_room() {
        let part = |text: &str| PreEscaped(text.to_owned());
        let mut room = Room(9);
        let taken = ["abc", "defghij", "PASS", "kl"].map(|text| room.takes(&part(text)));
        assert_eq!(taken, [true, false, false, true]);
        assert_eq!(room.0, 4);
    }
}
