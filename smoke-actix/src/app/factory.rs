//! Functions of fixtures that return an application.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use smoke_core::{
    AppFactory, Async, Blocking, Context, Error, Factory, Fallible, FixtureFn, Fixtures, Providers,
    Result, Unfailing,
};

use super::form::ServerApp;
use super::in_process::InProcess;

/// Makes the factory of the application under test from a function of fixtures.
///
/// The function returns what `HttpServer::new` takes, `Fn() -> App<..>`, or a function that adds
/// routes, `Fn(&mut ServiceConfig)`. It may be async. Use [`try_app`] for a function that returns a
/// `Result`. Its arguments are fixtures of the test for which the application is built.
///
/// A request goes through the whole application, with its middleware, data, extractors, error handlers
/// and default service. The answer to HEAD has no body, as from the server. [`AppFactory::header`] sets
/// headers that every request needs.
///
/// A request arrives as the request did that asked for the run: with its peer, if it had one, its
/// version of HTTP, and the server's [`AppConfig`](actix_web::dev::AppConfig). If no request asked for
/// the run, these are taken from the last request through [`Smoke`](crate::Smoke); before the first
/// one, the peer is 127.0.0.1:0. A test sets another peer, as a [`SocketAddr`](std::net::SocketAddr),
/// with [`RequestBuilder::extension`](crate::smoke_core::RequestBuilder::extension). The data of
/// `HttpServer::on_connect` is not available. Handlers find [`SmokeRequest`](crate::SmokeRequest) in
/// the request's extensions, and the test's other extensions in an `http::Extensions` there. A
/// WebSocket needs a connection: it works with `LiveServer`, and a request of
/// [`Client`](crate::Client) sees only its handshake.
///
/// The application has a thread of its own, like a worker of the server. A handler that blocks the
/// thread blocks nothing else. Its test is not started again until it returns.
///
/// # Examples
///
/// ```
/// use actix_web::web::{self, Data};
/// use actix_web::{App, middleware::Logger};
/// use smoke_actix::{Client, Provided, Registry, Result, Runner, Selection, Test};
///
/// struct Config { greeting: String }
///
/// async fn greets(client: Client) -> Result {
///     client.get("/").send().await?.ensure_status(200)?;
///     Ok(())
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let registry = Registry::new()
///     .provide(Config { greeting: "hello".to_owned() })
///     .app(smoke_actix::app(|config: Provided<Config>| {
///         let config = Data::from(Provided::into_arc(config));
///         move || {
///             App::new()
///                 .app_data(config.clone())
///                 .route("/", web::get().to(async |config: Data<Config>| config.greeting.clone()))
///                 .wrap(Logger::default())
///         }
///     }))
///     .test(Test::new("shop::greets", greets));
/// let report = Runner::new(registry).run(Selection::fast()).await;
/// assert!(report.verdict().is_pass(), "{report:#?}");
/// # }
/// ```
///
/// For an application that is written as a function of routes:
///
/// ```
/// use actix_web::web::{self, ServiceConfig};
/// use smoke_actix::Registry;
///
/// fn routes(greeting: &'static str) -> impl Fn(&mut ServiceConfig) + Send {
///     move |config| {
///         config.route("/", web::get().to(move || async move { greeting }));
///     }
/// }
///
/// let registry = Registry::new().app(smoke_actix::app(|| routes("hello")));
/// ```
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

/// [`app`] for a function, plain or async, that can fail. Its `?` accepts every error.
///
/// # Examples
///
/// ```
/// use actix_web::{App, web};
/// use smoke_actix::{Provided, Registry};
///
/// struct Config { greeting: std::path::PathBuf }
///
/// let registry = Registry::new().app(smoke_actix::try_app(async |config: Provided<Config>| {
///     let greeting = std::fs::read_to_string(&config.greeting)?;
///     Ok(move || {
///         let greeting = greeting.clone();
///         App::new().route("/", web::get().to(move || std::future::ready(greeting.clone())))
///     })
/// }));
/// ```
pub fn try_app<Manner, Args, T, Form>(
    factory: impl ServerFactory<(Manner, Fallible, Args, Error), T, Form>,
) -> AppFactory
where
    Manner: 'static,
    Args: 'static,
    T: ServerApp<Form>,
    Form: 'static,
{
    app(factory)
}

/// A function of fixtures that returns an application. It is plain or async, with or without a
/// `Result`.
///
/// Implemented for every [`Factory`] of a [`ServerApp`]. The type parameters are inferred.
pub trait ServerFactory<Marker, T, Form>: Factory<Marker, T> {}

impl<F, Args, T, Form> ServerFactory<(Blocking, Unfailing, Args), T, Form> for F
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

impl<F, Args, T, Form> ServerFactory<(Async, Unfailing, Args), T, Form> for F
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
