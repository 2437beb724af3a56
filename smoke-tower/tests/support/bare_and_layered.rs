//! The same service behind hyper's server, without the layer and with it.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use smoke_tower::SmokeLayer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::{Layer, Service, service_fn};

use crate::support::passing;

type Body = BoxBody<Bytes, hyper::Error>;

async fn shop(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(match request.uri().path() {
        "/echo" => Response::new(request.into_body().boxed()),
        "/events" => {
            let event = |at| {
                Ok(Frame::data(Bytes::from(format!(
                    "id: {at}\ndata: {at}\n\n"
                ))))
            };
            let events = StreamBody::new(stream::iter((0..100).map(event)));
            let mut response = Response::new(BodyExt::boxed(events));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, "text/event-stream".parse().unwrap());
            response
        }
        _ => talk(request),
    })
}

/// A WebSocket for the one key of the tests, that sends back what comes.
fn talk(request: Request<Incoming>) -> Response<Body> {
    assert_eq!(
        request.headers()[SEC_WEBSOCKET_KEY],
        "dGhlIHNhbXBsZSBub25jZQ=="
    );
    tokio::spawn(async {
        let mut stream = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        loop {
            let mut head = [0; 6];
            stream.read_exact(&mut head).await.unwrap();
            // The tests mask with zeros.
            let mut frame = vec![head[0], head[1] & 0x7f];
            frame.resize(2 + usize::from(frame[1]), 0);
            stream.read_exact(&mut frame[2..]).await.unwrap();
            stream.write_all(&frame).await.unwrap();
            if head[0] == 0x88 {
                return stream.shutdown().await.unwrap();
            }
        }
    });
    let switching = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    switching
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        .body(BodyExt::boxed(Empty::new().map_err(|never| match never {})))
        .unwrap()
}

pub(crate) async fn served() -> [SocketAddr; 2] {
    let shop = service_fn(shop);
    let layered = SmokeLayer::new(passing()).layer(shop);
    [serve(shop).await, serve(layered).await]
}

async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(serving.with_upgrades());
        }
    });
    address
}
