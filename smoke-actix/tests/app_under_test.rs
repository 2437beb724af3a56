//! An application as the application under test.
#![allow(clippy::unwrap_used, reason = "the lint knows test functions alone")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::body::{BodyStream, MessageBody, SizedStream};
use actix_web::dev::{ServiceRequest, ServiceResponse, fn_service};
use actix_web::error::{ErrorImATeapot, InternalError, PayloadError};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::middleware::{DefaultHeaders, ErrorHandlerResponse, ErrorHandlers, Next, from_fn};
use actix_web::web::{self, Bytes, Data, Json, JsonConfig, Payload, ServiceConfig};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse};
use futures_util::{StreamExt, stream};
use smoke_actix::smoke_core::TestReport;
use smoke_actix::{
    AppFactory, Client, Outcome, Provided, Registry, Result, Runner, Selection, SmokeRequest, Test,
    app, try_app,
};
use smoke_conformance::eventually;
use smoke_testing::PATIENCE;

#[derive(Clone)]
struct Shop {
    name: String,
}

fn shop() -> Shop {
    Shop {
        name: "the shop".to_owned(),
    }
}

async fn mark(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let path = HeaderValue::from_str(request.path()).unwrap();
    let mut response = next.call(request).await?;
    let name = HeaderName::from_static("x-middleware");
    response.headers_mut().insert(name, path);
    Ok(response)
}

fn routes(config: &mut ServiceConfig) {
    let text = |reason: String| {
        let answer = HttpResponse::BadRequest().body(format!("no text: {reason}"));
        InternalError::from_response(reason, answer).into()
    };
    config
        .app_data(JsonConfig::default().error_handler(move |error, _| text(error.to_string())))
        .route(
            "/",
            web::get().to(async |shop: Data<Shop>| shop.name.clone()),
        )
        .route("/echo", web::post().to(async |text: Json<String>| text))
        .route("/size", web::post().to(size))
        .route("/peer", web::get().to(peer))
        .route("/smoke", web::get().to(smoke))
        .route("/extension", web::get().to(extension))
        .route("/large", web::get().to(large))
        .route("/stream", web::get().to(streamed))
        .route("/broken", web::get().to(broken))
        .route(
            "/teapot",
            web::get().to(async || Err::<String, _>(ErrorImATeapot("short and stout"))),
        )
        .route("/panic", web::get().to(panics))
        .service(web::scope("/api").route("/where", web::get().to(place)))
        .default_service(web::to(async || {
            HttpResponse::NotFound().body("no such page")
        }));
}

async fn size(mut body: Payload) -> actix_web::Result<String> {
    let mut size = 0;
    while let Some(chunk) = body.next().await {
        size += chunk?.len();
    }
    Ok(size.to_string())
}

async fn peer(request: HttpRequest) -> String {
    let peer = request.peer_addr().unwrap();
    let info = request.connection_info();
    format!("{peer} {} {}", info.peer_addr().unwrap(), info.host())
}

async fn smoke(request: HttpRequest) -> String {
    match request.extensions().get::<SmokeRequest>() {
        Some(smoke) => smoke.test().to_owned(),
        None => "no smoke test".to_owned(),
    }
}

async fn extension(request: HttpRequest) -> String {
    let extensions = request.extensions();
    let till = extensions
        .get::<http::Extensions>()
        .and_then(|given| given.get::<u16>());
    till.map_or("no till".to_owned(), u16::to_string)
}

async fn large() -> HttpResponse {
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let chunks = stream::iter((0..16).map(move |_| Ok::<_, actix_web::Error>(chunk.clone())));
    HttpResponse::Ok().body(SizedStream::new(1024 * 1024, chunks))
}

async fn streamed() -> HttpResponse {
    let chunks = stream::iter(["one ", "two ", "three"]).then(async |chunk| {
        actix_web::rt::time::sleep(Duration::from_millis(1)).await;
        Ok::<_, actix_web::Error>(Bytes::from(chunk))
    });
    HttpResponse::Ok().body(BodyStream::new(chunks))
}

async fn broken() -> HttpResponse {
    let chunks = stream::iter([Ok(Bytes::from("half")), Err(PayloadError::Incomplete(None))]);
    HttpResponse::Ok().body(BodyStream::new(chunks))
}

async fn panics() -> HttpResponse {
    panic!("the till is on fire")
}

async fn place(request: HttpRequest) -> String {
    request.path().to_owned()
}

fn registry() -> Registry {
    Registry::new()
        .provide(shop())
        .app(app(|shop: Provided<Shop>| {
            let shop = Data::from(Provided::into_arc(shop));
            move || {
                App::new()
                    .app_data(shop.clone())
                    .configure(routes)
                    .wrap(from_fn(mark))
                    .wrap(DefaultHeaders::new().add(("x-shop", "open")))
                    .wrap(
                        ErrorHandlers::new().handler(StatusCode::IM_A_TEAPOT, |mut response| {
                            let kind = HeaderValue::from_static("text/tea");
                            response
                                .response_mut()
                                .headers_mut()
                                .insert(CONTENT_TYPE, kind);
                            Ok(ErrorHandlerResponse::Response(
                                response.map_into_left_body(),
                            ))
                        }),
                    )
            }
        }))
}

/// Runs one test and says what became of it.
async fn run(registry: Registry) -> TestReport {
    let report = Runner::new(registry).run(Selection::fast()).await;
    report.tests.into_iter().next().unwrap()
}

async fn assert_passes(registry: Registry) {
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

/// Fails unless the answer to GET is this text.
async fn expect(client: &Client, path: &str, wanted: &str) -> Result {
    let text = client.get(path).send().await?.text()?;
    if text == wanted {
        Ok(())
    } else {
        Err(format!("{path} is {text:?}").into())
    }
}

#[tokio::test]
async fn a_request_goes_through_state_middleware_scopes_and_the_default_service() {
    async fn all_of_it(client: Client) -> Result {
        expect(&client, "/", "the shop").await?;
        expect(&client, "/api/where?q=1", "/api/where").await?;
        let page = client.get("/nowhere").send().await?.ensure_status(404)?;
        let page = page.ensure_header("x-middleware", "/nowhere")?;
        let page = page.ensure_header("x-shop", "open")?;
        match page.text()?.as_str() {
            "no such page" => Ok(()),
            other => Err(other.to_owned().into()),
        }
    }
    assert_passes(registry().test(Test::new("shop::answers", all_of_it))).await;
}

#[tokio::test]
async fn errors_are_answered_by_the_applications_own_handlers() {
    async fn fails_well(client: Client) -> Result {
        let answer = client.get("/teapot").send().await?.ensure_status(418)?;
        let answer = answer.ensure_header("content-type", "text/tea")?;
        assert_eq!(answer.text()?, "short and stout");
        let answer = client
            .post("/echo")
            .json(&7)
            .send()
            .await?
            .ensure_status(400)?;
        assert!(
            answer
                .text()?
                .starts_with("no text: Json deserialize error")
        );
        Ok(())
    }
    assert_passes(registry().test(Test::new("shop::fails_well", fails_well))).await;
}

#[tokio::test]
async fn bodies_go_there_and_back() {
    async fn echoes(client: Client) -> Result {
        let answer = client.post("/echo").without_database().json("quokka");
        let answer = answer.send().await?.ensure_status(200)?;
        assert_eq!(answer.json::<String>()?, "quokka");
        let size = client.post("/size").without_database();
        let size = size.body(vec![0; 20 * 1024 * 1024]).send().await?;
        assert_eq!(size.text()?, "20971520");
        let large = client.get("/large").send().await?;
        let large = large.ensure_header("content-length", "1048576")?;
        assert_eq!(large.bytes().len(), 1024 * 1024);
        expect(&client, "/stream", "one two three").await
    }
    assert_passes(registry().test(Test::new("shop::echoes", echoes))).await;
}

#[tokio::test]
async fn the_answer_to_head_has_the_length_and_no_body() {
    async fn heads(client: Client) -> Result {
        let head = client.head("/large").send().await?;
        assert_eq!(head.status(), 404, "the route takes GET alone");
        let head = client.head("/nowhere").send().await?;
        let head = head.ensure_header("content-length", "12")?;
        assert_eq!(head.bytes().len(), 0);
        Ok(())
    }
    assert_passes(registry().test(Test::new("shop::heads", heads))).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_or_is_too_large_is_an_error_of_the_request() {
    async fn breaks(client: Client) -> Result {
        let error = client.get("/broken").send().await.unwrap_err();
        assert!(error.to_string().contains("broke off"), "{error}");
        let error = client
            .get("/large")
            .max_body(100_000)
            .send()
            .await
            .unwrap_err();
        assert!(error.to_string().contains("larger than 100000"), "{error}");
        expect(&client, "/", "the shop").await
    }
    assert_passes(registry().test(Test::new("shop::breaks", breaks))).await;
}

#[tokio::test]
async fn a_panic_in_a_handler_is_an_error_of_the_request_with_its_place() {
    async fn burns(client: Client) -> Result {
        let error = client.get("/panic").send().await.unwrap_err().to_string();
        assert!(
            error.starts_with("GET /panic: the application panicked at "),
            "{error}"
        );
        assert!(error.contains("app_under_test.rs:"), "{error}");
        assert!(error.ends_with(": the till is on fire"), "{error}");
        expect(&client, "/", "the shop").await
    }
    assert_passes(registry().test(Test::new("shop::burns", burns))).await;
}

#[tokio::test]
async fn the_peer_is_this_host_unless_the_test_says_otherwise() {
    async fn has_a_peer(client: Client) -> Result {
        expect(&client, "/peer", "127.0.0.1:0 127.0.0.1 localhost").await?;
        let peer: SocketAddr = "192.0.2.1:80".parse()?;
        let answer = client.get("/peer").extension(peer).send().await?;
        assert_eq!(answer.text()?, "192.0.2.1:80 192.0.2.1 localhost");
        Ok(())
    }
    assert_passes(registry().test(Test::new("shop::has_a_peer", has_a_peer))).await;
}

#[tokio::test]
async fn the_application_can_tell_a_smoke_tests_request_and_read_its_extensions() {
    async fn is_seen(client: Client) -> Result {
        expect(&client, "/smoke", "shop::is_seen").await?;
        expect(&client, "/extension", "no till").await?;
        let answer = client.get("/extension").extension(7_u16).send().await?;
        assert_eq!(answer.text()?, "7");
        Ok(())
    }
    assert_passes(registry().test(Test::new("shop::is_seen", is_seen))).await;
}

async fn opens(client: Client) -> Result {
    expect(&client, "/", "the shop").await
}

fn configured(shop: Shop) -> impl Fn(&mut ServiceConfig) + Send {
    let shop = Data::new(shop);
    move |config| {
        config.app_data(shop.clone()).configure(routes);
    }
}

#[tokio::test]
async fn a_factory_may_be_plain_async_or_fallible() {
    let registry = || Registry::new().test(Test::new("shop::opens", opens));
    assert_passes(registry().app(app(|| configured(shop())))).await;
    assert_passes(registry().app(app(async || configured(shop())))).await;
    assert_passes(registry().app(app(|| Ok::<_, String>(configured(shop()))))).await;
    assert_passes(registry().app(app(async || std::io::Result::Ok(configured(shop()))))).await;
    assert_passes(registry().app(try_app(|| Ok(configured(shop()))))).await;
    assert_passes(registry().app(try_app(async || Ok(configured(shop()))))).await;
    let failing = try_app(async || {
        let _: u16 = "x".parse()?;
        Ok(|| App::new().configure(routes))
    });
    let test = run(registry().app(failing)).await;
    let said = test.message.unwrap();
    assert!(said.ends_with("invalid digit found in string"), "{said}");
}

#[tokio::test]
async fn a_factory_that_panics_or_fails_errors_the_test_and_not_the_process() {
    async fn message(factory: AppFactory) -> String {
        let registry = Registry::new().app(factory);
        let test = run(registry.test(Test::new("shop::opens", opens))).await;
        assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
        let said = test.message.unwrap();
        let why = said.strip_prefix("the application under test could not be built: ");
        why.expect(&said).to_owned()
    }
    let broken = app(|| |_: &mut ServiceConfig| panic!("no till"));
    let said = message(broken).await;
    assert!(
        said.starts_with("its factory panicked: no till; it is called anew"),
        "{said}"
    );
    let failing = app(|| Err::<fn(&mut ServiceConfig), _>("no stock"));
    assert_eq!(message(failing).await, "no stock");
    let late = app(|| || App::new().data_factory(async || Err::<(), _>("no stock")));
    let said = message(late).await;
    assert!(
        said.starts_with("the application could not be initialised"),
        "{said}"
    );
}

/// Counts those that live.
struct Living(Arc<AtomicUsize>);

impl Living {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_request_that_the_test_gives_up_is_dropped_and_the_next_is_handled() {
    let living = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&living);
    let factory = app(move || {
        let living = Arc::clone(&living);
        move || {
            let living = Arc::clone(&living);
            let waits = move || {
                let guard = Living::new(&living);
                async move {
                    std::future::pending::<()>().await;
                    drop(guard);
                    "never"
                }
            };
            App::new()
                .route("/waits", web::get().to(waits))
                .route("/", web::get().to(async || "the shop"))
        }
    });
    let gives_up = move |client: Client| {
        let seen = Arc::clone(&seen);
        async move {
            let mut waiting = Box::pin(client.get("/waits").send());
            while seen.load(Ordering::SeqCst) == 0 {
                let moment = Duration::from_millis(1);
                assert!(tokio::time::timeout(moment, &mut waiting).await.is_err());
            }
            drop(waiting);
            let look = async || seen.load(Ordering::SeqCst);
            eventually(PATIENCE, look, |living| *living == 0).await?;
            opens(client).await
        }
    };
    let registry = Registry::new().app(factory);
    assert_passes(registry.test(Test::new("shop::gives_up", gives_up))).await;
}

/// What the test says whose POST does not end well, though it minds neither.
async fn posts(registry: Registry, path: &'static str, limit: Duration) -> String {
    let body = move |client: Client| async move {
        let request = client.post(path).send();
        let _ = tokio::time::timeout(limit, request).await;
    };
    let test = run(registry.test(Test::new("shop::posts", body))).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    test.message.unwrap()
}

#[tokio::test]
async fn a_write_that_is_given_up_or_panics_without_a_sandbox_is_bypassed() {
    let routes = || {
        |config: &mut ServiceConfig| {
            config
                .route("/waits", web::post().to(std::future::pending::<&str>))
                .route(
                    "/panics",
                    web::post().to(async || -> &str { panic!("no till") }),
                );
        }
    };
    let (moment, long) = (Duration::from_millis(1), Duration::from_secs(10));
    for (path, limit, end) in [
        ("/waits", moment, "was dropped before"),
        ("/panics", long, "panicked"),
    ] {
        let said = posts(Registry::new().app(app(routes)), path, limit).await;
        assert!(said.starts_with(&format!("POST {path} {end}")), "{said}");
        assert!(
            said.contains("is the application using another pool?"),
            "{said}"
        );
    }
}

#[cfg(feature = "live")]
#[tokio::test]
async fn the_application_is_served_at_a_socket_too() {
    use smoke_actix::LiveServer;

    async fn is_served(live: LiveServer) -> Result {
        for (path, wanted) in [("/", "the shop"), ("/smoke", "shop::is_served")] {
            let request = format!("GET {path} HTTP/1.0\r\n\r\n");
            let answer = smoke_testing::wire::exchange(live.addr(), &request).await?;
            assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
            assert!(answer.contains("\r\nx-shop: open\r\n"), "{answer}");
            assert!(answer.ends_with(wanted), "{answer}");
        }
        Ok(())
    }
    assert_passes(registry().test(Test::new("shop::is_served", is_served))).await;
}

#[tokio::test]
async fn a_factory_returns_a_closure_of_an_app_or_of_a_configuration() {
    let registry = || Registry::new().test(Test::new("shop::opens", opens));
    assert_passes(registry().app(app(|| {
        || App::new().route("/", web::get().to(async || "the shop"))
    })))
    .await;
    assert_passes(registry().app(app(|| {
        |config: &mut ServiceConfig| {
            config.route("/", web::get().to(async || "the shop"));
        }
    })))
    .await;
    assert_passes(registry().app(app(async || {
        Ok::<_, String>(|| App::new().route("/", web::get().to(async || "the shop")))
    })))
    .await;
    // A service without actix-web's routing, as HttpServer takes it too.
    assert_passes(registry().app(app(|| {
        || {
            fn_service(async |_: actix_http::Request| {
                Ok::<_, actix_web::Error>(actix_http::Response::ok().set_body("the shop"))
            })
        }
    })))
    .await;
}

#[cfg(feature = "html")]
#[tokio::test]
async fn a_form_of_a_page_is_read_by_the_extractor_for_forms() {
    #[derive(serde::Deserialize)]
    struct SignUp {
        csrf: String,
        email: String,
        terms: Option<String>,
    }

    async fn page() -> HttpResponse {
        HttpResponse::Ok().content_type("text/html").body(
            "<a href=/form>Sign up</a><form action=/sign-up method=post>
             <input type=hidden name=csrf value=t7><input name=email>
             <input type=checkbox name=terms><button>Sign up</button></form>",
        )
    }

    async fn sign_up(form: web::Form<SignUp>) -> String {
        format!("{} {} {:?}", form.csrf, form.email, form.terms)
    }

    async fn signs_up(client: Client) -> Result {
        let page = client.get("/").send().await?.html()?;
        let page = page.follow_text("Sign up")?.send().await?.html()?;
        let form = page.form("form")?.set("email", "ada@example.com")?;
        let request = form.check("terms")?.press("Sign up")?;
        let text = request.without_database().send().await?.text()?;
        smoke_actix::ensure_eq!(text, r#"t7 ada@example.com Some("on")"#);
        Ok(())
    }

    let factory = app(|| {
        |config: &mut ServiceConfig| {
            config
                .route("/", web::get().to(page))
                .route("/form", web::get().to(page))
                .route("/sign-up", web::post().to(sign_up));
        }
    });
    assert_passes(
        Registry::new()
            .app(factory)
            .test(Test::new("shop::signs_up", signs_up)),
    )
    .await;
}
