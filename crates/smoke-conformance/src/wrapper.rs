//! What applications put around the errors of their libraries.

use std::error::Error as StdError;

use smoke_core::Error;

/// A way in which an application hands an error on. Most of them hide its type.
///
/// # Examples
///
/// ```
/// use smoke_conformance::Wrapper;
///
/// for wrapper in Wrapper::ALL {
///     let error = wrapper.wrap(std::io::Error::other("no paper"));
///     assert!(format!("{error:#}").contains("no paper"), "{wrapper:?}");
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrapper {
    /// As it is.
    Nothing,
    /// `?` in a function that returns an `anyhow::Result`.
    Anyhow,
    /// The same with a context.
    AnyhowContext,
    /// `?` in a function that returns an `eyre::Result`.
    Eyre,
    /// The same with a context.
    EyreContext,
    /// An enum of the application's own with `#[error(transparent)]`.
    Transparent,
    /// That enum in an `anyhow::Error`.
    TransparentAnyhow,
    /// A source of an error of the application's own.
    Source,
    /// Its text alone, after a text of the application's.
    Text,
}

#[derive(Debug, thiserror::Error)]
enum Own<E: StdError> {
    #[error(transparent)]
    Transparent(E),
    #[error("the order could not be saved")]
    Source(#[source] E),
}

impl Wrapper {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Nothing,
        Self::Anyhow,
        Self::AnyhowContext,
        Self::Eyre,
        Self::EyreContext,
        Self::Transparent,
        Self::TransparentAnyhow,
        Self::Source,
        Self::Text,
    ];

    /// The error of a test that gets this error so.
    #[track_caller]
    #[must_use]
    pub fn wrap<E: StdError + Send + Sync + 'static>(self, error: E) -> Error {
        const CONTEXT: &str = "while saving the order";
        match self {
            Self::Nothing => error.into(),
            Self::Anyhow => anyhow::Error::new(error).into(),
            Self::AnyhowContext => anyhow::Error::new(error).context(CONTEXT).into(),
            Self::Eyre => eyre::Report::new(error).into(),
            Self::EyreContext => eyre::Report::new(error).wrap_err(CONTEXT).into(),
            Self::Transparent => Own::Transparent(error).into(),
            Self::TransparentAnyhow => anyhow::Error::new(Own::Transparent(error)).into(),
            Self::Source => Own::Source(error).into(),
            Self::Text => format!("{CONTEXT}: {error}").into(),
        }
    }
}
