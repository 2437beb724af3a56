//! Templates of minijinja compile.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use minijinja::{Environment, Value};
use smoke_core::{Error, Result, Test};

use super::found::Found;
use crate::check;

/// Templates of minijinja that compile: all that the environment has, and those that its loader will be
/// asked for.
///
/// A loader compiles a template when it is first asked for, so that a mistake is found by a user. Name
/// such templates, or the folder that they are in. Filters, functions and included templates that are
/// missing show only where a template is [rendered](Self::renders). The environment keeps what is loaded.
///
/// It is *shared*: all replicas of a build have the same templates.
///
/// # Fails when
///
/// One of them does not compile, is not there, or cannot be rendered. The message names them all.
///
/// # Errors
///
/// It errs where there is no template, or where the folder cannot be read.
///
/// # Examples
///
/// ```
/// use minijinja::{Environment, Value};
/// use smoke_checks::MinijinjaTemplates;
/// use smoke_core::Registry;
///
/// # fn main() -> Result<(), minijinja::Error> {
/// let mut environment = Environment::new();
/// environment.add_template("welcome.txt", "Welcome, {{ name }}!")?;
/// let check = MinijinjaTemplates::of(environment)
///     .renders("welcome.txt", Value::from_iter([("name", "Ada")]));
/// let registry = Registry::new().test(check);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct MinijinjaTemplates {
    environment: Arc<Environment<'static>>,
    names: Vec<String>,
    folder: Option<PathBuf>,
    rendered: Vec<(String, Value)>,
}

const WITHIN: Duration = Duration::from_secs(10);

impl MinijinjaTemplates {
    /// The check of an environment, or of an [`Arc`] of it.
    pub fn of(environment: impl Into<Arc<Environment<'static>>>) -> Self {
        Self {
            environment: environment.into(),
            names: Vec::new(),
            folder: None,
            rendered: Vec::new(),
        }
    }

    /// Adds templates that the loader will be asked for.
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds all files in a folder and those below it, by the names that `path_loader` gives them. Links are
    /// followed, but for one that leads back to a folder which it is in. Files and folders whose names begin
    /// with a dot are skipped.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Adds a template that has to render with these values.
    pub fn renders(mut self, name: impl Into<String>, values: Value) -> Self {
        self.rendered.push((name.into(), values));
        self
    }

    fn look(&self) -> Result {
        let environment = &self.environment;
        let loaded = environment.templates().map(|(name, _)| name.to_owned());
        let mut names: Vec<_> = loaded.chain(self.names.iter().cloned()).collect();
        if let Some(folder) = &self.folder {
            add_files(folder, "", &mut Vec::new(), &mut names).map_err(|error| {
                let folder = folder.display();
                Error::from(error).context(format_args!("{folder} cannot be read"))
            })?;
        }
        names.sort();
        names.dedup();
        let mut found = Found::default();
        for name in &names {
            found.add(name, environment.get_template(name));
        }
        for (name, values) in &self.rendered {
            let template = environment.get_template(name);
            found.add(name, template.and_then(|template| template.render(values)));
        }
        found.all_good()
    }
}

/// Adds the names of all files in a folder, from there on. `above` are the folders that it is in.
fn add_files(
    folder: &Path,
    prefix: &str,
    above: &mut Vec<PathBuf>,
    names: &mut Vec<String>,
) -> io::Result<()> {
    let real = folder.canonicalize()?;
    // A link that leads back leads there for ever.
    if above.contains(&real) {
        return Ok(());
    }
    above.push(real);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        // A link that leads nowhere is a template that is not there.
        if entry.path().is_dir() {
            add_files(&entry.path(), &format!("{name}/"), above, names)?;
        } else {
            names.push(name);
        }
    }
    above.pop();
    Ok(())
}

impl From<MinijinjaTemplates> for Test {
    fn from(check: MinijinjaTemplates) -> Self {
        let look = move || check.look();
        check::test("minijinja_templates", "all templates compile", WITHIN, look)
    }
}
