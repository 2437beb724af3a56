//! Templates of tera are there, and can be rendered.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use smoke_core::{Result, Test};
use tera::{Context, Tera};

use super::found::Found;
use crate::check;

/// Templates of tera that are there and can be rendered.
///
/// Tera compiles them as it loads them. What it says nothing of is a pattern that matches no file, and a
/// variable that a template has and the application no longer gives: a user finds those.
///
/// It is *shared*: all replicas of a build have the same templates.
///
/// # Fails when
///
/// A template that is [named](Self::names) is not there, or one cannot be [rendered](Self::renders). The
/// message names them all.
///
/// # Errors
///
/// It errs where there is no template at all.
///
/// # Examples
///
/// ```
/// use smoke_checks::TeraTemplates;
/// use smoke_core::Registry;
/// use tera::{Context, Tera};
///
/// # fn main() -> Result<(), tera::Error> {
/// let mut tera = Tera::default();
/// tera.add_raw_template("welcome.txt", "Welcome, {{ name }}!")?;
/// let mut values = Context::new();
/// values.insert("name", "Ada");
/// let registry = Registry::new().test(TeraTemplates::of(tera).renders("welcome.txt", values));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct TeraTemplates {
    tera: Arc<Tera>,
    names: Vec<String>,
    rendered: Vec<(String, Context)>,
}

const WITHIN: Duration = Duration::from_secs(10);

impl TeraTemplates {
    /// The check of loaded templates, or of an [`Arc`] of them.
    pub fn of(tera: impl Into<Arc<Tera>>) -> Self {
        Self {
            tera: tera.into(),
            names: Vec::new(),
            rendered: Vec::new(),
        }
    }

    /// Adds templates that have to be there.
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds a template that has to render with these values.
    pub fn renders(mut self, name: impl Into<String>, values: Context) -> Self {
        self.rendered.push((name.into(), values));
        self
    }

    fn look(&self) -> Result {
        let mut found = Found::default();
        for name in self.tera.get_template_names() {
            // It is compiled.
            found.add::<_, tera::Error>(name, Ok(()));
        }
        for name in &self.names {
            if !self.tera.contains_template(name) {
                found.add::<(), _>(name, Err(tera::Error::message("there is no such template")));
            }
        }
        for (name, values) in &self.rendered {
            found.add(name, self.tera.render(name, values));
        }
        found.all_good()
    }
}

impl fmt::Debug for TeraTemplates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TeraTemplates")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl From<TeraTemplates> for Test {
    fn from(check: TeraTemplates) -> Self {
        let look = move || check.look();
        check::test(
            "tera_templates",
            "all templates can be rendered",
            WITHIN,
            look,
        )
    }
}
