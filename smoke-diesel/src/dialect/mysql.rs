//! MariaDB and MySQL.

use std::time::Duration;

use smoke_core::rollback::{Fault, mysql};

use super::{Dialect, Terms};
use crate::savepoints::{Attempt, Ending, Savepoints};

pub(crate) struct MysqlDialect;

impl Dialect for MysqlDialect {
    const NAME: &'static str = "MariaDB or MySQL";

    const LIMIT: Duration = mysql::LIMIT;

    const WRITES: bool = mysql::WRITES;

    const ENDS_ON_ITS_OWN: bool = true;

    fn begin(terms: &Terms, _: bool) -> String {
        mysql::begin(terms)
    }

    fn end(savepoints: &Savepoints, _: bool) -> Vec<Attempt<Ending>> {
        mysql::end(savepoints)
    }

    fn read_message(said: &str) -> Fault {
        mysql::read_message(said)
    }
}
