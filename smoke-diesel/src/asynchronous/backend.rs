//! The contract with the runner.

use std::time::Duration;

use futures_util::future::BoxFuture;
use smoke_core::{Backend, OpenRequest, Opened, Result};
use smoke_rollback::Dialect;

use super::open::open;
use super::{Connection, Rollback, SandboxPool};

/// For the connections whose databases were chosen among this crate's features.
impl<P: SandboxPool<Connection = C>, C: Connection> Backend for Rollback<P, C> {
    type Pool = P;

    fn describe(&self) -> String {
        format!("diesel-async {} on {}", P::NAME, C::Dialect::NAME)
    }

    fn capacity(&self) -> usize {
        self.choices.capacity_on::<C::Dialect>()
    }

    fn limit(&self) -> Duration {
        self.choices.limit_on::<C::Dialect>()
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<P>>> {
        Box::pin(open(self, request))
    }
}
