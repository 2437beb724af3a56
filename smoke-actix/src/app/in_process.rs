//! The application, seen from the tests' runtime.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::UPGRADE;
use http::{Request, Response};
use http_body_util::BodyExt;
use smoke_core::{App, AppBody, Blocking, Context, Error, Factory, Infallible, Result};
use tokio::sync::{mpsc, oneshot};

use super::form::Build;
use super::thread::{self, Caught, Order, Replied};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Result<Response<AppBody>, BoxError>> + Send>>;

/// An application on a thread of its own, which ends when this is dropped. The runner waits for
/// that, as it does for every thread of a test.
#[derive(Debug)]
pub(super) struct InProcess {
    orders: mpsc::UnboundedSender<Order>,
}

impl InProcess {
    /// Builds the application on a new thread of the test.
    pub(super) async fn start<Form: 'static>(app: impl Build<Form>, cx: &Context) -> Result<Self> {
        let (orders, received) = mpsc::unbounded_channel();
        let (ready, mut built) = oneshot::channel();
        let work = Arc::new(Mutex::new(Some((app, received, ready))));
        // A function of no fixtures has a thread that the runner watches: it knows the test for
        // hung as long as a handler does not return.
        let serve = move || {
            let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some((app, orders, ready)) = work {
                thread::serve(app, orders, ready);
            }
        };
        let serving = Factory::<(Blocking, Infallible, ()), ()>::build(&serve, cx);
        let built = tokio::select! {
            biased;
            built = &mut built => built.ok(),
            served = serving => {
                served?;
                built.try_recv().ok()
            }
        };
        match built {
            Some(Ok(built)) => built.map(|()| Self { orders }),
            Some(Err(Caught(payload))) => resume_unwind(payload),
            None => Err(Error::msg(
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
                Some(Replied::Panicked(Caught(payload))) => resume_unwind(payload),
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
