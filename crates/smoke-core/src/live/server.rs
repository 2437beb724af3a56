//! From the first connection to the last.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Exempt;
use super::faults::Faults;
use super::handler::Handler;
use super::line::Line;
use super::lines::Lines;
use super::switch::AfterHttp;
use crate::rollback::{HandleToken, HandleWatch};
use crate::{AppUnderTest, Context};

/// How long the requests that are under way when the test ends may take.
const GRACE: Duration = Duration::from_millis(500);
/// How long tasks that were told to stop may take.
const STOPPING: Duration = Duration::from_millis(500);
/// Between two tries where no connection can be accepted, for want of file descriptors.
const RETRY: Duration = Duration::from_millis(10);

/// Serves the application until the test is over.
pub(super) fn start(
    cx: Context,
    (listener, addr): (TcpListener, SocketAddr),
    app: AppUnderTest,
    exempt: Exempt,
) {
    let (token, working) = HandleToken::new();
    let handler = Handler {
        app,
        addr,
        exempt,
        lines: Lines::new(),
        faults: Faults(cx.clone()),
        working: Arc::new(token),
    };
    let (stop, stopped) = oneshot::channel();
    let serving = cx.stage().spawn(serve(listener, handler, stopped, working));
    cx.on_finish(async move {
        drop(stop);
        let _ = serving.await;
    });
}

async fn serve(
    listener: TcpListener,
    handler: Handler,
    mut stopped: oneshot::Receiver<()>,
    working: HandleWatch,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let scene = handler.faults.0.scene();
                    let connection = connection(handler.clone(), stream, peer);
                    connections.spawn(crate::scene::watched(scene, connection));
                }
                Err(_) => sleep(RETRY).await,
            },
        }
    }
    drop(listener);
    for request in handler.lines.quiet(GRACE).await {
        handler.faults.say(format_args!(
            "a connection to {request} was still open after the test"
        ));
    }
    handler.lines.shut();
    let _ = timeout(STOPPING, connections.shutdown()).await;
    drop(handler);
    working.gone(STOPPING).await;
}

async fn connection(handler: Handler, stream: TcpStream, peer: SocketAddr) {
    let line = Line::new(stream, &handler.lines);
    let id = line.id();
    let after_http = AfterHttp::default();
    let after = after_http.clone();
    let service = service_fn(move |request| {
        let after = after.clone();
        handler.clone().handle((id, peer), request, after)
    });
    // What breaks a connection off is the client's, or is noted where it happens.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(line), service)
        .with_upgrades()
        .await;
    after_http.run().await;
}
