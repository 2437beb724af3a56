//! The forms in which an application comes.

use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::App;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::AppConfig;
use actix_web::web::ServiceConfig;
use smoke_core::{Error, Result};

type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// An application that is built, on its thread.
pub trait Handler {
    /// Answers as the server would.
    fn handle(self: Rc<Self>, request: Request) -> LocalFuture<Response<BoxBody>>;
}

/// Builds an application, on its thread.
pub trait Build<Form>: Send + 'static {
    fn build(self, config: AppConfig) -> LocalFuture<Result<Rc<dyn Handler>>>;
}

/// What an application can be built from: a closure as [`HttpServer::new`] takes it, or a function
/// as [`App::configure`] takes it.
///
/// `Form` is inferred.
///
/// [`HttpServer::new`]: actix_web::HttpServer::new
#[diagnostic::on_unimplemented(
    message = "`{Self}` builds no actix-web application",
    label = "neither `Fn() -> App<..>` nor `Fn(&mut ServiceConfig)`",
    note = "return what `HttpServer::new` takes: `move || App::new().app_data(web::Data::new(pool.clone())).configure(routes)`",
    note = "or a function of routes, its argument's type written out: `move |config: &mut web::ServiceConfig| {{ .. }}`"
)]
pub trait ServerApp<Form>: Build<Form> {}

#[diagnostic::do_not_recommend]
impl<Form, F: Build<Form>> ServerApp<Form> for F {}

/// Marks a closure that returns an application, as `HttpServer::new` takes it.
pub struct Served<I, S, B>(PhantomData<(I, S, B)>);

/// Marks a function that adds routes, as `App::configure` takes it.
#[derive(Debug)]
pub struct Configured;

impl<F, I, S, B> Build<Served<I, S, B>> for F
where
    F: Fn() -> I + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Service: 'static,
    S::Error: Into<actix_web::Error>,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    fn build(self, config: AppConfig) -> LocalFuture<Result<Rc<dyn Handler>>> {
        Box::pin(async move {
            let service = self().into_factory().new_service(config);
            let service = service.await.map_err(|error| {
                Error::msg(format_args!(
                    "the application could not be initialised ({error:?}): \
                     a middleware or a data factory failed, and its log says why"
                ))
            })?;
            // The closure may hold a pool: it goes when the application goes.
            let handler = Built {
                service,
                _closure: self,
                body: PhantomData,
            };
            Ok(Rc::new(handler) as Rc<dyn Handler>)
        })
    }
}

impl<F> Build<Configured> for F
where
    F: Fn(&mut ServiceConfig) + Send + 'static,
{
    fn build(self, config: AppConfig) -> LocalFuture<Result<Rc<dyn Handler>>> {
        (move || App::new().configure(&self)).build(config)
    }
}

struct Built<S, B, F> {
    service: S,
    _closure: F,
    body: PhantomData<fn() -> B>,
}

impl<S, B, F> Handler for Built<S, B, F>
where
    S: Service<Request> + 'static,
    S::Error: Into<actix_web::Error>,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
    F: 'static,
{
    fn handle(self: Rc<Self>, request: Request) -> LocalFuture<Response<BoxBody>> {
        Box::pin(async move {
            let answered = match poll_fn(|cx| self.service.poll_ready(cx)).await {
                Ok(()) => self.service.call(request).await,
                Err(error) => Err(error),
            };
            match answered {
                Ok(response) => response.into().map_body(|_, body| body.boxed()),
                Err(error) => Response::from(error.into()),
            }
        })
    }
}

impl<I, S, B> fmt::Debug for Served<I, S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Served")
    }
}
