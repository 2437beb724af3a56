//! The attributes, where an application depends on this crate alone.

mod support;

use actix_web::App;
use actix_web::web::{self, ServiceConfig};
use smoke_actix::{Client, Registry, Result, Runner, Smoke, smoke_suite, smoke_test};
use support::Server;

fn routes(config: &mut ServiceConfig) {
    config.route("/", web::get().to(async || "the shop"));
}

#[smoke_test]
async fn the_shop_opens(client: Client) -> Result {
    client.get("/").send().await?.ensure_status(200)?;
    Ok(())
}

#[smoke_test]
fn the_shop_opens_for_those_who_wait(client: Client) -> Result {
    client.get("/").send_blocking()?.ensure_status(200)?;
    Ok(())
}

#[derive(Default)]
struct Till;

#[smoke_suite]
impl Till {
    #[smoke_test]
    async fn is_asked_for(&self, client: Client) -> Result {
        client.get("/till").send().await?.ensure_status(404)?;
        Ok(())
    }
}

#[tokio::test]
async fn tests_are_found_and_run() {
    let registry = Registry::discover()
        .app(smoke_actix::app(|| routes))
        .expect_at_least(3)
        .open();
    let runner = Runner::new(registry);
    let server = Server::start(move || App::new().configure(routes).wrap(Smoke::new(&runner)));
    let answer = server.get("/smoketest/?format=json").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for name in [
        "attributes::the_shop_opens",
        "attributes::the_shop_opens_for_those_who_wait",
        "attributes::Till::is_asked_for",
    ] {
        assert!(answer.body.contains(name), "{name}: {}", answer.body);
    }
}
