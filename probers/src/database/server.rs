//! A schema of PostgreSQL, behind a line that can be cut.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use smoke_conformance::Line;
use url::Url;
use uuid::Uuid;

/// A schema with a table for orders, until it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    server: Url,
    schema: String,
    line: Line,
}

impl Server {
    pub(super) async fn new() -> Self {
        let server = std::env::var("SMOKE_TEST_POSTGRES_URL").expect(
            "SMOKE_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a server and sets it",
        );
        let server: Url = server.parse().unwrap();
        let address = server.socket_addrs(|| Some(5432)).unwrap();
        let line = Line::to(address[0]).await.unwrap();
        let schema = format!("shop_{}", Uuid::new_v4().simple());
        let server = Self {
            server,
            schema,
            line,
        };
        let schema = &server.schema;
        let table =
            format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.orders (id SERIAL PRIMARY KEY)");
        server.connect().batch_execute(&table).unwrap();
        server
    }

    /// Where replicas find it: at the end of the line.
    pub(super) fn url(&self) -> String {
        let (mut url, address) = (self.of_the_schema(), self.line.address());
        url.set_ip_host(address.ip()).unwrap();
        url.set_port(Some(address.port())).unwrap();
        url.into()
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    /// A connection past the line.
    pub(super) fn connect(&self) -> PgConnection {
        PgConnection::establish(self.of_the_schema().as_str()).unwrap()
    }

    /// A connection that has the table to itself: nobody else writes or reads.
    pub(super) fn lock(&self) -> PgConnection {
        let mut connection = self.connect();
        let lock = "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE";
        connection.batch_execute(lock).unwrap();
        connection
    }

    fn of_the_schema(&self) -> Url {
        let mut url = self.server.clone();
        let search = format!("options=-csearch_path%3D{}", self.schema);
        let query = match url.query() {
            Some(query) => format!("{query}&{search}"),
            None => search,
        };
        url.set_query(Some(&query));
        url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let end = format!("DROP SCHEMA {} CASCADE", self.schema);
        self.connect().batch_execute(&end).unwrap();
    }
}
