//! The page for people: what is known of the tests, as HTML.
//!
//! It is rendered from what is known, and runs nothing. All text goes through the templates, which escape it.

mod details;
mod document;
mod headline;
mod room;
mod rows;
mod runs;
mod spark;
mod standings;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub(crate) use document::render;
pub(crate) use headline::Shown;
pub(crate) use view::{Look, View};

/// How the page looks.
pub(crate) const STYLE: &str = include_str!("style.css");
/// What makes it live.
pub(crate) const SCRIPT: &str = include_str!("script.js");
/// What stands beside its title.
pub(crate) const ICON: &str = include_str!("icon.svg");
