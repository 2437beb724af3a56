//! Templates, library by library.

mod found;
#[cfg(feature = "minijinja")]
mod minijinja;
#[cfg(feature = "tera")]
mod tera;

#[cfg(feature = "minijinja")]
pub use minijinja::MinijinjaTemplates;
#[cfg(feature = "tera")]
pub use tera::TeraTemplates;
