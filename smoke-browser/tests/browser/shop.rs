//! A shop where people sign up, as two applications on two databases.

use actix_web::web;
use axum::extract::{Form, State};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use serde::Deserialize;
use smoke_browser::Browser;
use smoke_core::{Ask, Registry, Report, Runner, Selection, Test, TestReport};
use sqlx::{PgPool, SqlitePool};
use tokio::sync::OnceCell;

const SIGN_UP: &str = r#"<!doctype html><title>Sign up</title>
<h1>Sign up</h1>
<form method="post" action="/users"><input name="email"><button type="submit">Sign up</button></form>"#;
const WELCOME: &str = "<!doctype html><title>Welcome</title><h1>Welcome</h1>";

/// A pool of either database.
pub(crate) trait Store: Clone + Send + Sync + 'static {
    fn add(&self, email: &str) -> impl Future<Output = sqlx::Result<()>> + Send;
    /// How many have that address.
    fn count(&self, email: &str) -> impl Future<Output = sqlx::Result<i64>> + Send;
}

macro_rules! store {
    ($pool:ident) => {
        impl Store for $pool {
            async fn add(&self, email: &str) -> sqlx::Result<()> {
                let insert = sqlx::query("INSERT INTO browser_users (email) VALUES ($1)");
                insert.bind(email.to_owned()).execute(self).await?;
                Ok(())
            }

            async fn count(&self, email: &str) -> sqlx::Result<i64> {
                let count = "SELECT count(*) FROM browser_users WHERE email LIKE $1";
                let count = sqlx::query_scalar(count).bind(email.to_owned());
                count.fetch_one(self).await
            }
        }
    };
}

store!(PgPool);
store!(SqlitePool);

#[derive(Deserialize)]
struct New {
    email: String,
}

pub(crate) fn router<S: Store>(store: S) -> axum::Router {
    let sign_up = async |State(store): State<S>, Form(new): Form<New>| {
        let added = store.add(&new.email).await;
        added.map_err(|error| error.to_string())?;
        Ok::<_, String>(Redirect::to("/welcome"))
    };
    axum::Router::new()
        .route("/sign-up", get(async || Html(SIGN_UP)))
        .route("/welcome", get(async || Html(WELCOME)))
        .route("/users", post(sign_up))
        .with_state(store)
}

pub(crate) fn configure<S: Store>(store: S) -> impl Fn(&mut web::ServiceConfig) + Clone {
    let sign_up = async |store: web::Data<S>, new: web::Form<New>| {
        let added = store.add(&new.email).await;
        added.map_err(actix_web::error::ErrorInternalServerError)?;
        Ok::<_, actix_web::Error>(web::Redirect::to("/welcome").see_other())
    };
    move |config| {
        config
            .app_data(web::Data::new(store.clone()))
            .route("/sign-up", web::get().to(async || web::Html::new(SIGN_UP)))
            .route("/welcome", web::get().to(async || web::Html::new(WELCOME)))
            .route("/users", web::post().to(sign_up));
    }
}

/// A database of a file, which goes with the folder.
pub(crate) async fn sqlite() -> (SqlitePool, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/shop.db?mode=rwc", folder.path().display());
    let pool = SqlitePool::connect(&url).await.unwrap();
    let create = "CREATE TABLE browser_users (email TEXT NOT NULL)";
    sqlx::query(create).execute(&pool).await.unwrap();
    (pool, folder)
}

pub(crate) async fn postgres() -> PgPool {
    static CREATED: OnceCell<()> = OnceCell::const_new();
    let url = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
        "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
    );
    let pool = PgPool::connect(&url).await.unwrap();
    let create = async || {
        let create = "CREATE TABLE IF NOT EXISTS browser_users (email TEXT NOT NULL)";
        sqlx::query(create).execute(&pool).await.unwrap();
    };
    CREATED.get_or_init(create).await;
    pool
}

/// A registry with an application that has pages and no database.
pub(crate) fn pages(pages: &[(&'static str, String)]) -> Registry {
    let pages = pages.to_vec();
    Registry::new().app(smoke_axum::app(move || {
        let page = |router: axum::Router, (path, html): &(&'static str, String)| {
            let html = Html(html.clone());
            router.route(path, get(async move || html))
        };
        pages.iter().fold(axum::Router::new(), page)
    }))
}

/// As the command line asks.
pub(crate) fn ask() -> Ask {
    Ask::new(Selection::slow()).with_browsers()
}

pub(crate) async fn asked(registry: Registry, ask: Ask) -> Report {
    Report::clone(&Runner::new(registry).ask(ask).await.report)
}

/// What became of the one test.
pub(crate) async fn run(registry: Registry) -> TestReport {
    asked(registry, ask()).await.tests.remove(0)
}

/// A test that opens the first page, and no more.
pub(crate) fn opens() -> Test {
    Test::new("shop::opens", async |browser: Browser| {
        browser.open("/").await
    })
}
