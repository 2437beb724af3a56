//! How the application under test is built.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{App, Factory};
use crate::providers::BuildApp;
use crate::{Context, Providers, Result};

/// Builds the application under test, once for each test that sends requests.
///
/// An adapter makes one from a function of fixtures that returns the application's routes.
///
/// The sandbox is open while the function runs, and production may wait for locks that it holds. So
/// a sandbox that is open past its limit (1 s on SQLite, 2 s elsewhere) is ended, and the test is
/// errored with a message about the factory. Make what takes time or may be unavailable, such as a
/// client of another service, in `main` or in a [`Fixture`](crate::Fixture) of
/// [`Kind::Unit`](crate::Kind::Unit): those are acquired before a sandbox is opened.
///
/// If the function fails ("the application under test could not be built: .."), the other tests of
/// the run get the same error. It is not called again before the next run.
#[derive(Clone)]
pub struct AppFactory {
    build: Arc<dyn BuildApp>,
    /// What a test's request has unless it says otherwise.
    pub(crate) headers: HeaderMap,
    pub(crate) problems: Vec<String>,
}

struct FactoryOf<Marker, T, F, I> {
    factory: F,
    into_app: I,
    types: PhantomData<fn(Marker) -> T>,
}

impl AppFactory {
    /// A factory, and a function that makes an [`App`] of what the factory returns.
    pub fn new<Marker, T, A>(
        factory: impl Factory<Marker, T>,
        into_app: impl Fn(T) -> A + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Marker: 'static,
        T: 'static,
        A: App,
    {
        Self {
            build: Arc::new(FactoryOf {
                factory,
                into_app,
                types: PhantomData,
            }),
            headers: HeaderMap::new(),
            problems: Vec::new(),
        }
    }

    /// Adds a header to every test request that has none of that name. For headers that all requests
    /// of users have, such as the host or the tenant.
    ///
    /// A client of `LiveServer` sends the host that it connects to. A `Host` that is set here replaces
    /// that one too. If the application writes absolute URLs, they then lead out of the test, so the
    /// client should not follow redirects.
    ///
    /// An invalid header is a [problem](crate::Registry::problems) of the registry.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::header::HOST;
    /// use smoke_core::{AppFactory, Registry};
    ///
    /// # fn registry(factory: AppFactory) -> Registry {
    /// // What an adapter makes: `smoke_axum::app(..)`.
    /// let factory: AppFactory = factory;
    /// Registry::new().app(factory.header(HOST, "shop.example"))
    /// # }
    /// ```
    #[must_use]
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        N::Error: Into<http::Error>,
        V: TryInto<HeaderValue>,
        V::Error: Into<http::Error>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            // Values may be secrets.
            (Ok(name), Err(error)) => self.problems.push(format!(
                "the value of the header {name} of the application under test cannot be used: {}",
                error.into()
            )),
            (Err(error), _) => self.problems.push(format!(
                "the name of a header of the application under test cannot be used: {}",
                error.into()
            )),
        }
        self
    }

    pub(crate) fn into_inner(self) -> Arc<dyn BuildApp> {
        self.build
    }
}

impl fmt::Debug for AppFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppFactory").finish_non_exhaustive()
    }
}

impl<Marker, T, A, F, I> BuildApp for FactoryOf<Marker, T, F, I>
where
    Marker: 'static,
    T: 'static,
    A: App,
    F: Factory<Marker, T>,
    I: Fn(T) -> A + Clone + Send + Sync + 'static,
{
    fn check(&self, providers: &Providers<'_>) -> Result {
        self.factory.check(providers)
    }

    fn build(&self, cx: Context) -> BoxFuture<'static, Result<Arc<dyn App>>> {
        let (factory, into_app) = (self.factory.clone(), self.into_app.clone());
        Box::pin(async move {
            let made = factory.build(&cx).await.map(into_app);
            made.map(|app| Arc::new(app) as Arc<dyn App>)
        })
    }
}
