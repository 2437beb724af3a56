//! The service on a database.

use examples_support::{Service, refusal};

use crate::BINARY;
use crate::database::Database;

pub(crate) fn start(database: &Database, environment: &[(&str, &str)]) -> Service {
    let url = database.url();
    Service::start_with(BINARY, &[&[("DATABASE_URL", &*url)], environment].concat())
}

/// What the service says on its way out.
pub(crate) fn refuses_to_start(database: &Database, wrong: (&str, &str)) -> String {
    let url = database.url();
    refusal(BINARY, &[("DATABASE_URL", &*url), wrong])
}
