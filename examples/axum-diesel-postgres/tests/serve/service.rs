//! The service on a database.

use examples_support::{Service, Starting, refusal};

use crate::database::Database;

const BINARY: &str = env!("CARGO_BIN_EXE_axum-diesel-postgres");

/// The header of who may see everything.
pub(crate) const TOKEN: &str = "Authorization: Bearer s3cret\r\n";

pub(crate) fn start(database: &Database) -> Service {
    spawn(database).started()
}

pub(crate) fn spawn(database: &Database) -> Starting {
    let url = database.url();
    Service::spawn(BINARY, &environment(&url))
}

/// What the service says on its way out.
pub(crate) fn refuses_to_start(database: &Database, wrong: (&str, &str)) -> String {
    let url = database.url();
    refusal(BINARY, &[&environment(&url)[..], &[wrong]].concat())
}

fn environment(url: &str) -> [(&str, &str); 2] {
    [("SMOKE_TOKEN", "s3cret"), ("DATABASE_URL", url)]
}
