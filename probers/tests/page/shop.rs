//! A service that is looked at.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use smoke_axum::smoke_core::logs;
use smoke_axum::{
    Client, Error, Failure, Registry, Result, Runner, SmokeLayer, Test, app, ensure, skip,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub(crate) const TOKEN: &str = "t0ken-of-the-shop";
/// What harms a page that believes it.
pub(crate) const HARM: &str = r#""'><script>window.harmed = 1</script><img src=x onerror="window.harmed = 2"></li></main>&lt;b&gt; javascript:window.harmed=3"#;

/// As much of it as an address can have.
pub(crate) const ASKED: &str = r#"/"'onload=window.harmed=4;'&lt;script&gt;"#;

/// A service, with a test that waits for us.
pub(crate) struct Shop {
    address: SocketAddr,
    goes_on: watch::Sender<bool>,
}

async fn sells(client: Client) -> Result {
    let answer = client.post("/orders").without_database().send().await?;
    ensure!(answer.status() == 404, "there is a way to order");
    Err(Error::msg("no key").context("the till is shut"))
}

async fn reads_a_body(client: Client) -> Result {
    tracing::error!("{HARM}");
    let answer = client.get(ASKED).send().await?;
    let answer = answer.ensure_status(200).map_err(Error::from);
    answer.map(drop).map_err(|error| error.context(HARM))
}

async fn reads_a_header(client: Client) -> Result {
    let answer = client.get(ASKED).send().await?;
    let answer = answer.ensure_header("x-shop", "open").map_err(Error::from);
    answer.map(drop).map_err(|error| error.context(HARM))
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

impl Shop {
    /// A test passes, one fails, one waits, and one is slow.
    pub(crate) async fn open() -> Self {
        let (goes_on, wait) = watch::channel(false);
        let waits = move || {
            let mut wait = wait.clone();
            async move {
                let _ = wait.wait_for(|goes_on| *goes_on).await;
            }
        };
        let registry = Registry::new()
            .app(app(async || Router::new()))
            .test(Test::new("shop::opens", async || {}))
            .test(Test::new("shop::orders::sells", sells))
            .test(Test::new("shop::waits", waits))
            .test(Test::new("shop::counts", async || {}).slow());
        Self::with(registry, goes_on).await
    }

    /// All tests pass, whatever is special about them.
    pub(crate) async fn sound() -> Self {
        let described = Test::new("shop::opens", async || {}).description("The door is open.");
        let registry = Registry::new()
            .test(described.instance())
            .test(
                Test::new("shop::orders::counts", async || {})
                    .slow()
                    .advisory(),
            )
            .build_id("4f2a91c")
            .instance("shop-1");
        Self::with(registry, watch::Sender::new(true)).await
    }

    /// A test fails in every other run, from the first one.
    pub(crate) async fn changing() -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let changes = move || {
            let run = runs.fetch_add(1, Ordering::Relaxed);
            async move {
                ensure!(run % 2 == 1, "the door is shut");
                <Result>::Ok(())
            }
        };
        let registry = Registry::new()
            .test(Test::new("shop::changes", changes))
            .test(Test::new("shop::opens", async || {}));
        Self::with(registry, watch::Sender::new(true)).await
    }

    /// Everything that it says is meant to harm.
    pub(crate) async fn malicious() -> Self {
        // Another shop of this process may have done so.
        let _ = tracing_subscriber::registry()
            .with(logs::layer())
            .try_init();
        let harms = async || Err::<(), _>(Failure::new(HARM));
        let test = Test::new(format!("shop::{HARM}"), harms)
            .description(HARM)
            .tags([HARM]);
        let answers = async || (StatusCode::BAD_GATEWAY, [("x-shop", HARM)], HARM);
        let registry = Registry::new()
            .app(app(move || Router::new().fallback(answers)))
            .test(test)
            .test(Test::new("shop::body", reads_a_body))
            .test(Test::new("shop::header", reads_a_header))
            .test(Test::new("shop::skips", async || -> Result {
                skip!("{HARM}")
            }))
            .build_id("<b>'\"&amp;")
            .instance(HARM);
        Self::with(registry, watch::Sender::new(true)).await
    }

    async fn with(registry: Registry, goes_on: watch::Sender<bool>) -> Self {
        let runner = Runner::new(registry.token(TOKEN));
        let router = Router::new().route("/", get(async || "the shop"));
        let address = serve(router.layer(SmokeLayer::new(&runner))).await;
        Self { address, goes_on }
    }

    /// A page of somebody else, with a form that is sent to there.
    pub(crate) async fn evil(there: SocketAddr) -> Self {
        let form = format!(
            "<form method=post action='http://{there}/smoketest/page?run=slow'><button>Win</button></form>"
        );
        let router = Router::new().route("/", get(async move || Html(form)));
        Self {
            address: serve(router).await,
            goes_on: watch::Sender::new(true),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets the test go on that waits.
    pub(crate) fn go_on(&self) {
        self.goes_on.send_replace(true);
    }
}
