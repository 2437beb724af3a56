//! Pages for people: sign up, and be welcomed.

use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;

use crate::error::AppError;
use crate::router::AppState;
use crate::users::{self, NewUser};

const SIGN_UP: &str = r#"<!doctype html>
<html lang="en">
<title>Sign up</title>
<h1>Sign up</h1>
<form id="sign-up" method="post">
  <input type="hidden" name="terms" value="2026-01">
  <p><label>Name <input name="name" required></label>
  <p><label>E-mail <input name="email" type="email" required></label>
  <p><button type="submit">Sign up</button>
</form>
"#;

/// What the form sends.
#[derive(Debug, Deserialize)]
struct SignUp {
    /// Which terms the user has read.
    terms: String,
    #[serde(flatten)]
    new: NewUser,
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/sign-up", get(Html(SIGN_UP)).post(sign_up))
        .route("/welcome/{id}", get(welcome))
}

async fn sign_up(
    State(state): State<AppState>,
    Form(form): Form<SignUp>,
) -> Result<Redirect, AppError> {
    if form.terms != "2026-01" {
        return Err(AppError::Invalid("the terms have changed"));
    }
    let user = users::sign_up(&state, form.new).await?;
    Ok(Redirect::to(&format!("/welcome/{}", user.id)))
}

async fn welcome(
    State(state): State<AppState>,
    Path(id): Path<i32>,
) -> Result<Html<String>, AppError> {
    let user = users::find(&state, id).await?;
    Ok(Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<title>Welcome</title>\n<h1>Welcome, {}</h1>\n",
        escaped(&user.name)
    )))
}

/// A text as it may stand in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
