//! Roles of PostgreSQL.

use std::net::SocketAddr;

use diesel::QueryResult;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use smoke_conformance::eventually;
use smoke_testing::PATIENCE;
use uuid::Uuid;

use super::postgres::url;

/// The same URL for somebody else, or elsewhere.
pub(crate) fn url_of(url: &str, user: Option<(&str, &str)>, at: Option<SocketAddr>) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (login, rest) = rest.rsplit_once('@').unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    let login = user.map_or(login.to_owned(), |(user, word)| format!("{user}:{word}"));
    let server = at.map_or(server.to_owned(), |at| at.to_string());
    format!("{scheme}://{login}@{server}/{database}")
}

/// A role of its own, which may do what the one of the URL may.
pub(crate) struct Role(pub(crate) String);

impl Role {
    pub(crate) async fn new() -> Self {
        let role = Self(format!("r{}", Uuid::new_v4().simple()));
        let (Self(name), user) = (&role, user());
        administer(&format!(
            "CREATE ROLE {name} LOGIN PASSWORD 'word' IN ROLE {user}"
        ))
        .await;
        role
    }

    /// One that the role of the URL may take on.
    pub(crate) async fn to_take_on() -> Self {
        let role = Self(format!("r{}", Uuid::new_v4().simple()));
        let (Self(name), user) = (&role, user());
        administer(&format!("CREATE ROLE {name}; GRANT {name} TO {user}")).await;
        role
    }

    pub(crate) fn url(&self) -> String {
        url_of(&url(), Some((&self.0, "word")), None)
    }

    pub(crate) async fn alter(&self, how: &str) {
        administer(&format!("ALTER ROLE {} {how}", self.0)).await;
    }

    /// The temporary tables of a connection go a moment after that.
    pub(crate) async fn drop(self) {
        let sql = format!("DROP ROLE {}", self.0);
        let dropped = eventually(PATIENCE, || try_to_administer(&sql), Result::is_ok);
        dropped.await.unwrap().unwrap();
    }
}

pub(crate) async fn administer(sql: &str) {
    try_to_administer(sql).await.unwrap();
}

async fn try_to_administer(sql: &str) -> QueryResult<()> {
    let url = std::env::var("SMOKE_TEST_POSTGRES_ADMIN_URL").expect(
        "SMOKE_TEST_POSTGRES_ADMIN_URL is not set: it has to name a role that may create roles",
    );
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    connection.batch_execute(sql).await
}

/// The role of the URL.
pub(crate) fn user() -> String {
    let url = url();
    let (_, rest) = url.split_once("://").unwrap();
    let (user, _) = rest.split_once(':').unwrap();
    user.to_owned()
}
