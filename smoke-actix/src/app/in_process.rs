//! The application, seen from the tests' runtime.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;

use actix_web::dev::AppConfig;
use http::header::UPGRADE;
use http::{Request, Response};
use http_body_util::BodyExt;
use smoke_core::__private::Piece;
use smoke_core::{App, AppBody, Context, Error, Result};
use tokio::sync::{mpsc, oneshot};

use super::form::Build;
use super::lasting::Lasting;
use super::panicked::Panicked;
use super::thread::{self, Order, Replied};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Result<Response<AppBody>, BoxError>> + Send>>;

/// An application on a thread that it has for itself until this is dropped. The runner waits for
/// that, as it does for everything that works for a test.
#[derive(Debug)]
pub(super) struct InProcess {
    orders: mpsc::UnboundedSender<Order>,
}

impl InProcess {
    /// Builds the application for a test.
    pub(super) async fn start<Form: 'static>(app: impl Build<Form>, cx: &Context) -> Result<Self> {
        let (orders, received) = mpsc::unbounded_channel();
        let (ready, built) = oneshot::channel();
        // The runner knows the test for hung as long as a handler does not return.
        let piece = Piece::of(cx);
        let pieces = piece.clone();
        let config = cx.arrival().extensions.get::<AppConfig>().cloned();
        let app = (app, config.unwrap_or_default());
        let serve = move || piece.carry_out(thread::serve(app, received, ready, pieces));
        Lasting::take(cx.stage())?.start(serve);
        match built.await {
            Ok(Ok(built)) => built.map(|()| Self { orders }),
            Ok(Err(Panicked(payload))) => resume_unwind(payload),
            Err(_) => Err(Error::msg(
                "the application's thread ended before it was built",
            )),
        }
    }
}

impl App for InProcess {
    fn call(&self, request: Request<AppBody>) -> Answering {
        let (reply, replied) = oneshot::channel();
        let sent = self.orders.send(Order { request, reply }).is_ok();
        Box::pin(async move {
            let replied = if sent { replied.await.ok() } else { None };
            match replied {
                Some(Replied::Answer(answer)) => Ok(answer.map(BodyExt::boxed_unsync)),
                Some(Replied::Refused(error)) => Err(error),
                Some(Replied::Panicked(Panicked(payload))) => resume_unwind(payload),
                None => Err("the application's thread has ended".into()),
            }
        })
    }

    /// The server hands over the connection for WebSockets alone.
    fn upgrades_by_body(&self, request: &Request<AppBody>) -> bool {
        let mut asked = request.headers().get_all(UPGRADE).iter();
        asked.any(|protocol| {
            let protocol = protocol.as_bytes().trim_ascii();
            protocol.eq_ignore_ascii_case(b"websocket")
        })
    }
}
