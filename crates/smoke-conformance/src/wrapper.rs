//! What applications put around the errors of their libraries.

use std::error::Error as StdError;
use std::future::Future;

use futures_util::future::join_all;
use smoke_core::{Backend, Error, Outcome, Registry, Runner, Sandbox, Selection, Test, TestReport};

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

    /// What becomes of a test whose sandbox's use ends in an error, once for each way: all of them
    /// at the same time, each on a backend of its own.
    ///
    /// # Panics
    ///
    /// When one of the tests is not errored.
    pub async fn each<B: Backend, Fut>(
        backend: impl Fn(Self) -> B,
        ends: fn(Sandbox<B::Pool>, Self) -> Fut,
    ) -> Vec<(Self, TestReport)>
    where
        Fut: Future<Output = Error> + Send + 'static,
    {
        let running = Self::ALL.map(|wrapper| {
            let body = move |pool: Sandbox<B::Pool>| async move {
                Err::<(), _>(ends(pool, wrapper).await)
            };
            let registry = Registry::new().rollback(backend(wrapper));
            let runner = Runner::new(registry.test(Test::new("a", body)));
            async move {
                let mut report = runner.run(Selection::fast()).await;
                let test = report.tests.remove(0);
                assert_eq!(test.outcome, Outcome::Errored, "{wrapper:?}: {test:?}");
                (wrapper, test)
            }
        });
        join_all(running).await
    }

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
