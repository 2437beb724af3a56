//! What a person does in a browser is done in the sandbox.

use std::time::Duration;

use smoke_browser::{Browser, Locator};
use smoke_core::{Backend, Outcome, Registry, Result, Sandbox, Test, Unique, ensure_eq};
use smoke_sqlx::Rollback;

use crate::shop::{Store, configure, postgres, router, run, sqlite};

/// Longer than the backend's limit: a browser test has a limit of its own.
const LIMIT: Duration = Duration::from_millis(100);

async fn signs_up<S: Store>(
    Sandbox(store): Sandbox<S>,
    browser: Browser,
    unique: Unique,
) -> Result {
    let email = unique.email();
    browser.open("/sign-up").await?;
    let form = browser.form(Locator::Css("form")).await?;
    form.set_by_name("email", &email).await?.submit().await?;
    let sign = browser
        .wait()
        .for_element(Locator::XPath("//h1[.='Welcome']"));
    sign.await?;
    ensure_eq!(store.count(&email).await?, 1);
    tokio::time::sleep(2 * LIMIT).await;
    ensure_eq!(store.count(&email).await?, 1);
    Ok(())
}

/// Signs up in a browser, and looks for whom production's pool knows then.
async fn leaves_nothing<S: Store>(production: &S, registry: Registry) {
    let registry = registry.test(Test::new("shop::signs_up", signs_up::<S>));
    let test = run(registry).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
    let asked: Vec<_> = test.requests.iter().map(|made| &*made.path).collect();
    assert!(asked.contains(&"/users"), "{asked:?}");
    assert_eq!(production.count("%").await.unwrap(), 0);
}

fn axum<S: Store>(rollback: impl Backend<Pool = S>) -> Registry {
    let app = smoke_axum::app(|Sandbox(store): Sandbox<S>| router(store));
    Registry::new().rollback(rollback).app(app)
}

fn actix<S: Store>(rollback: impl Backend<Pool = S>) -> Registry {
    let app = smoke_actix::app(|Sandbox(store): Sandbox<S>| {
        move || actix_web::App::new().configure(configure(store.clone()))
    });
    Registry::new().rollback(rollback).app(app)
}

#[tokio::test]
async fn on_sqlite_through_axum() {
    let (pool, _folder) = sqlite().await;
    leaves_nothing(&pool, axum(Rollback::like(&pool).limit(LIMIT))).await;
}

#[tokio::test]
async fn on_sqlite_through_actix() {
    let (pool, _folder) = sqlite().await;
    leaves_nothing(&pool, actix(Rollback::like(&pool).limit(LIMIT))).await;
}

#[tokio::test]
async fn on_postgres_through_axum() {
    let pool = postgres().await;
    leaves_nothing(&pool, axum(Rollback::like(&pool).limit(LIMIT))).await;
}

#[tokio::test]
async fn on_postgres_through_actix() {
    let pool = postgres().await;
    leaves_nothing(&pool, actix(Rollback::like(&pool).limit(LIMIT))).await;
}
