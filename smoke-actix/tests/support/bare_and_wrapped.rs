//! The same application without the middleware and with it.

use actix_web::body::SizedStream;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Condition;
use actix_web::web::{self, Bytes, Payload, ServiceConfig};
use actix_web::{App, Error, HttpRequest, HttpResponse};
use actix_ws::Message;
use futures_util::{StreamExt, stream};
use smoke_actix::Smoke;

use crate::support::{Server, runner};

async fn echo(request: HttpRequest, body: Payload) -> HttpResponse {
    let length = request.headers().get("content-length").unwrap();
    let length = length.to_str().unwrap().parse().unwrap();
    HttpResponse::Ok().body(SizedStream::new(length, body))
}

async fn events() -> HttpResponse {
    let event = |at| Ok::<_, Error>(Bytes::from(format!("id: {at}\ndata: {at}\n\n")));
    let events = stream::iter((0..100).map(event));
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .streaming(events)
}

async fn talk(request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            match message {
                Message::Text(text) => session.text(text).await.unwrap(),
                Message::Binary(bytes) => session.binary(bytes).await.unwrap(),
                Message::Close(reason) => return session.close(reason).await.unwrap(),
                other => panic!("{other:?} was not sent"),
            }
        }
    });
    Ok(response)
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/echo", web::post().to(echo))
        .route("/events", web::get().to(events))
        .route("/talk", web::get().to(talk));
}

pub(crate) fn served() -> [Server; 2] {
    [false, true].map(|wrapped| {
        let smoke = Smoke::new(&runner());
        Server::start(move || {
            App::new()
                .app_data(web::PayloadConfig::new(usize::MAX))
                .configure(routes)
                .wrap(Condition::new(wrapped, smoke.clone()))
        })
    })
}
