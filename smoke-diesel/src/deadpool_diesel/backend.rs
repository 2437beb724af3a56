//! The contract with the runner.

use std::time::Duration;

use deadpool::managed;
use futures_util::future::BoxFuture;
use smoke_core::{Backend, OpenRequest, Opened, Result};
use smoke_rollback::Dialect;

use super::open::open;
use super::{Manager, Pool, Rollback};
use crate::blocking::Connection;

/// For the connections whose databases were chosen among this crate's features.
impl<C: Connection> Backend for Rollback<C>
where
    Manager<C>:
        managed::Manager<Type = ::deadpool_diesel::Connection<C>, Error = ::deadpool_diesel::Error>,
{
    type Pool = Pool<C>;

    fn describe(&self) -> String {
        format!("deadpool-diesel on {}", C::Dialect::NAME)
    }

    fn capacity(&self) -> usize {
        self.choices.capacity_on::<C::Dialect>()
    }

    fn limit(&self) -> Duration {
        self.choices.limit_on::<C::Dialect>()
    }

    fn open(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened<Self::Pool>>> {
        Box::pin(open(self, request))
    }
}
