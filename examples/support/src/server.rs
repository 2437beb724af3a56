//! A server on plain hyper: its connections, and an end that waits for them.

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// How long requests may take to end once the service was told to.
const GRACE: Duration = Duration::from_secs(5);

/// Serves each connection with a clone of a tower service, until `end` is over. Requests have the
/// peer's address in their extensions.
pub async fn serve<S, B>(listener: TcpListener, service: S, end: impl Future<Output = ()>)
where
    S: Service<
            Request<Incoming>,
            Response = Response<B>,
            Error: Into<BoxError>,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let connections = GracefulShutdown::new();
    let mut end = pin!(end);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut end => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (TokioIo::new(stream), peer),
                // The connection failed, or there are too many: others may still come.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let service = TowerToHyperService::new(service.clone());
        let with_peer = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            service.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(stream, with_peer);
        tokio::spawn(connections.watch(connection));
    }
    // What does not end in time is cut off with the process.
    let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
}
