//! The pages, as a browser without scripts sees them.

use smoke_axum::{
    Client, Result, Unique, ensure_not_selects, ensure_selects, ensure_some, smoke_test,
};

/// The form is sent with its hidden field, and leads to the welcome page.
#[smoke_test(tags("sign-up"))]
async fn the_form_signs_up(client: Client, unique: Unique) -> Result {
    let page = client.get("/sign-up").send().await?.ensure_status(200)?;
    let form = page.html()?.form("form#sign-up")?;
    let form = form
        .set("name", "Ada <b>Smoke</b>")?
        .set("email", unique.email())?;
    let answer = form.submit().send().await?.ensure_status(303)?;

    let welcome = ensure_some!(answer.header("location"));
    let page = client
        .get(welcome)
        .send()
        .await?
        .ensure_status(200)?
        .html()?;
    ensure_selects!(page, "h1", "Welcome, Ada <b>Smoke</b>");
    ensure_not_selects!(page, "h1 b", "Smoke", "what users write must be escaped");
    Ok(())
}
