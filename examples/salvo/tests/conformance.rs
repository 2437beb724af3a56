//! The adapters' part of the conformance suite, on salvo.
#![allow(clippy::unwrap_used, reason = "a test that cannot begin has to fail")]

#[path = "../src/endpoint.rs"]
mod endpoint;
#[path = "../src/in_process.rs"]
mod in_process;

use std::io;

use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use salvo::conn::tcp::TcpAcceptor;
use salvo::http::ResBody;
use salvo::hyper::upgrade::OnUpgrade;
use salvo::prelude::*;
use smoke_conformance::adapter::{Broken, Served, Shop, Site, Stack, Visits, check};
use smoke_tower::{AppFactory, CalledBySmokeTest, Runner, SmokeRequest, SmokeService};
use tokio::net::TcpListener;

/// Every page of the application.
struct Pages {
    shop: Shop,
    visits: Visits,
}

#[handler]
impl Pages {
    async fn handle(&self, request: &mut Request, response: &mut Response) {
        if let Err(error) = self.answer(request, response) {
            response.status_code(StatusCode::INTERNAL_SERVER_ERROR);
            response.render(format!("handled: {error}"));
        }
        response
            .headers_mut()
            .insert("x-app", "yes".parse().unwrap());
    }
}

impl Pages {
    fn answer(&self, request: &mut Request, response: &mut Response) -> Result<(), Broken> {
        let shop = &self.shop;
        let page = format!("{} {}", request.method(), request.uri().path());
        match page.as_str() {
            "GET /hello" => response.render(shop.hello()),
            "GET /visits" => response.render(self.visits.next()),
            "GET /whoami" => {
                let (extensions, headers) = (request.extensions(), request.headers());
                response.render(shop.whoami(
                    extensions.get::<SmokeRequest>(),
                    extensions.get::<CalledBySmokeTest>(),
                    headers.contains_key(SmokeRequest::HEADER),
                ))
            }
            "GET /broken" => response.render(shop.broken()?),
            "GET /panic" => response.render(shop.panic()),
            "POST /echo" => {
                let body = request.take_body().map_err(Into::into);
                response.body(ResBody::Boxed(Box::pin(body)));
            }
            "POST /careless" => _ = response.status_code(StatusCode::CREATED),
            "POST /rows" => {
                shop.write();
                response.status_code(StatusCode::CREATED);
            }
            "POST /keep" => {
                shop.keep();
                response.status_code(StatusCode::CREATED);
            }
            "GET /stream" => {
                let body = shop.stream().map_err(|never| match never {});
                let headers = response.headers_mut();
                headers.insert("content-type", "text/event-stream".parse().unwrap());
                headers.insert("trailer", "x-chunks".parse().unwrap());
                response.body(ResBody::Boxed(Box::pin(body)));
            }
            "GET /shout" => {
                let upgrade = request.extensions_mut().remove::<OnUpgrade>().unwrap();
                tokio::spawn(async { Shop::shout(TokioIo::new(upgrade.await.unwrap())).await });
                response.status_code(StatusCode::SWITCHING_PROTOCOLS);
                let headers = response.headers_mut();
                headers.insert("connection", "upgrade".parse().unwrap());
                headers.insert("upgrade", "shout".parse().unwrap());
            }
            _ => {
                response.status_code(StatusCode::NOT_FOUND);
                response.render(Shop::NO_SUCH_PAGE);
            }
        }
        Ok(())
    }
}

fn routes(runner: &Runner, prefix: &str, shop: Shop) -> Router {
    let smoke_tests = SmokeService::new(runner).prefix(prefix).unwrap();
    let visits = Visits::default();
    let pages = Router::with_path("{**rest}").goal(Pages { shop, visits });
    endpoint::with_smoke_tests(pages, smoke_tests)
}

struct Salvo;

impl Stack for Salvo {
    async fn serve(&self, site: Site) -> io::Result<Served> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let prefix = site.prefix.as_deref().unwrap_or("/smoketest");
        let routes = routes(&site.runner, prefix, site.shop);
        tokio::spawn(Server::new(TcpAcceptor::try_from(listener)?).try_serve(routes));
        Ok(Served::new(address, ()))
    }

    fn app(&self, runner: Runner) -> Option<AppFactory> {
        Some(smoke_tower::app(move |shop: Shop| {
            in_process::service(routes(&runner, "/smoketest", shop))
        }))
    }
}

#[tokio::test]
async fn the_stack_conforms() {
    check(Salvo).await;
}
