//! A fixture: a user who is signed in.

use serde_json::{Value, json};
use smoke_actix::{Client, Context, Fixture, Kind, Providers, Result, Unique};

use crate::users::User;

/// A client of somebody who has signed up and signed in, as everybody does: through the handlers.
/// The user is rolled back, and the session deleted.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub(super) client: Client,
    pub(super) user: User,
}

impl Fixture for Customer {
    const KIND: Kind = Kind::Http;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<Client>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        let client = cx.get::<Client>().await?.keep_cookies();
        let credentials = credentials(&cx.get::<Unique>().await?);
        let signed_up = client.post("/users").json(&credentials).send().await?;
        let user = signed_up.ensure_status(201)?.json()?;
        let signed_in = client.post("/session").json(&credentials).send().await?;
        signed_in.ensure_status(204)?;
        Ok(Self { client, user })
    }
}

/// Of somebody whom nobody knows. Should the row ever stay, nobody knows its password.
pub(super) fn credentials(unique: &Unique) -> Value {
    json!({ "email": unique.email(), "password": unique.uuid().to_string() })
}
