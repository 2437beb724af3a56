//! Functions of fixtures that return an application.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use smoke_core::{
    AppFactory, Async, Blocking, Context, Error, Factory, Fallible, FixtureFn, Fixtures,
    Infallible, Providers, Result,
};

use super::form::ServerApp;
use super::in_process::InProcess;

/// Makes a function of fixtures the factory of the application under test.
pub fn app<Marker, T, Form>(factory: impl ServerFactory<Marker, T, Form>) -> AppFactory
where
    Marker: 'static,
    T: ServerApp<Form>,
    Form: 'static,
{
    let started = Started {
        factory,
        types: PhantomData,
    };
    AppFactory::new(started, |app: InProcess| app)
}

/// A function of fixtures that returns an application: plain or async, infallible or with a
/// `Result`.
///
/// The type parameters are inferred.
pub trait ServerFactory<Marker, T, Form>: Factory<Marker, T> {}

impl<F, Args, T, Form> ServerFactory<(Blocking, Infallible, Args), T, Form> for F
where
    Args: Fixtures,
    T: ServerApp<Form>,
    F: FixtureFn<Args, Output = T>,
{
}

impl<F, Args, T, E, Form> ServerFactory<(Blocking, Fallible, Args, E), T, Form> for F
where
    Args: Fixtures,
    T: ServerApp<Form>,
    E: Into<Error> + 'static,
    F: FixtureFn<Args, Output = Result<T, E>>,
{
}

impl<F, Args, T, Form> ServerFactory<(Async, Infallible, Args), T, Form> for F
where
    Args: Fixtures,
    T: ServerApp<Form>,
    F: FixtureFn<Args>,
    F::Output: Future<Output = T> + Send,
{
}

impl<F, Args, T, E, Form> ServerFactory<(Async, Fallible, Args, E), T, Form> for F
where
    Args: Fixtures,
    T: ServerApp<Form>,
    E: Into<Error> + Send + 'static,
    F: FixtureFn<Args>,
    F::Output: Future<Output = Result<T, E>> + Send,
{
}

/// Marks a factory whose application is started where it is to live.
struct OnThread<Marker, T, Form>(PhantomData<fn(Marker, Form) -> T>);

struct Started<F, Marker, T, Form> {
    factory: F,
    types: PhantomData<fn(Marker, Form) -> T>,
}

impl<F: Clone, Marker, T, Form> Clone for Started<F, Marker, T, Form> {
    fn clone(&self) -> Self {
        Self {
            factory: self.factory.clone(),
            types: PhantomData,
        }
    }
}

impl<F, Marker, T, Form> Factory<OnThread<Marker, T, Form>, InProcess>
    for Started<F, Marker, T, Form>
where
    Marker: 'static,
    Form: 'static,
    T: ServerApp<Form>,
    F: Factory<Marker, T>,
{
    fn check(&self, providers: &Providers<'_>) -> Result {
        self.factory.check(providers)
    }

    async fn build(&self, cx: &Context) -> Result<InProcess> {
        let app = self.factory.build(cx).await?;
        InProcess::start(app, cx).await
    }
}

impl<F, Marker, T, Form> fmt::Debug for Started<F, Marker, T, Form> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").finish_non_exhaustive()
    }
}
