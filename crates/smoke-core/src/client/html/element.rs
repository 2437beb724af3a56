//! An element of a page.

use std::fmt;

use scraper::ElementRef;

use super::document;

/// An element that [`Page::select`](super::Page::select) found.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    name: String,
    text: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    pub(super) fn of(element: ElementRef<'_>) -> Self {
        let attributes = element.value().attrs();
        Self {
            name: element.value().name().to_owned(),
            text: document::shown(element),
            attributes: attributes
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// The element's name, in lower case: `h1`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text in the element, with one space in the place of each white space. Scripts, styles and
    /// templates inside of it do not count.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of an attribute, with its entities decoded.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(found, _)| found == name)?;
        Some(value)
    }
}

impl fmt::Debug for Element {
    /// Without attributes: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Element")
            .field("name", &self.name)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}
