//! Pages: what they show, their forms and their links.

mod button;
mod control;
mod document;
mod element;
mod form;
mod list;
mod next;
mod page;

pub use element::Element;
pub use form::Form;
pub use page::Page;

#[cfg(test)]
mod tests;
