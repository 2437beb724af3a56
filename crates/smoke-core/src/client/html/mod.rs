//! Pages: what they show, their forms and their links.

mod button;
mod control;
mod document;
mod element;
mod entry;
mod fields;
mod form;
mod initial;
mod list;
mod multipart;
mod next;
mod page;
mod tree;

pub use element::Element;
pub use form::Form;
pub use page::Page;

#[cfg(test)]
mod tests;
