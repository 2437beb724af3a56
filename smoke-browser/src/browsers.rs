//! What an application chooses for its browsers.

use std::path::PathBuf;

/// What an application chooses for the browsers of its tests. Provide it to the registry; without it,
/// all is as in [`Browsers::new`].
///
/// # Examples
///
/// ```
/// use smoke_browser::Browsers;
/// use smoke_core::Registry;
///
/// let browsers = Browsers::new().require_browser().allow("fonts.example.com");
/// let registry = Registry::new().provide(browsers);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Browsers {
    pub(crate) required: bool,
    pub(crate) driver: Option<PathBuf>,
    pub(crate) arguments: Vec<String>,
    pub(crate) allowed: Vec<String>,
    pub(crate) artifacts: Option<PathBuf>,
}

impl Browsers {
    /// Any driver that is found, which reaches nothing but the application; without one, tests are
    /// skipped.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes tests errored where no driver is found, instead of skipped: in a pipeline that is to have
    /// one, a browser that is missing is not to look like a PASS.
    pub fn require_browser(mut self) -> Self {
        self.required = true;
        self
    }

    /// Starts this program instead of the one that is found in `PATH`. Its name has to contain
    /// `geckodriver` if it is one; anything else is started as a `chromedriver`.
    pub fn driver(mut self, program: impl Into<PathBuf>) -> Self {
        self.driver = Some(program.into());
        self
    }

    /// Gives the browser one more argument, such as `--lang=de` or `--no-sandbox`. The last is given by
    /// itself where this process is root's, since Chromium starts for root in no other way.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Lets pages ask this host, too: `fonts.example.com`, or `*.example.com` for all below. What it is
    /// sent is not rolled back.
    pub fn allow(mut self, host: impl Into<String>) -> Self {
        self.allowed.push(host.into());
        self
    }

    /// Leaves what shows why a test failed in this folder, whatever the command line says.
    pub fn artifacts(mut self, folder: impl Into<PathBuf>) -> Self {
        self.artifacts = Some(folder.into());
        self
    }
}
