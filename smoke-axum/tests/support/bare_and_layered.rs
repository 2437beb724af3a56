//! The same application without the layer, with it, and with it around the router.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Router, ServiceExt};
use futures_util::stream;
use smoke_axum::SmokeLayer;
use tokio::net::TcpListener;
use tower::Layer;

use crate::support::runner;

fn router() -> Router {
    let talk = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                let _ = socket.send(message).await;
            }
        })
    };
    let events = async || {
        let events = (0..100).map(|at| Event::default().id(at.to_string()).data(at.to_string()));
        Sse::new(stream::iter(events.map(Ok::<_, Infallible>)))
    };
    Router::new()
        .route("/talk", get(talk))
        .route("/events", get(events))
        .route("/echo", post(async |body: Body| body))
}

pub(crate) async fn served() -> [SocketAddr; 3] {
    let layer = SmokeLayer::new(runner());
    let around = ServiceExt::<Request>::into_make_service(layer.clone().layer(router()));
    let listeners = [listen().await, listen().await, listen().await];
    let addresses = listeners.each_ref().map(|it| it.local_addr().unwrap());
    let [first, second, third] = listeners;
    tokio::spawn(axum::serve(first, router()).into_future());
    tokio::spawn(axum::serve(second, router().layer(layer)).into_future());
    tokio::spawn(axum::serve(third, around).into_future());
    addresses
}

async fn listen() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}
