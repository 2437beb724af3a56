//! The deadpool pools of diesel-async.

use deadpool::managed::Manager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, PoolError, PoolableConnection,
};
use smoke_core::Result;

use super::diesel_async::AsyncPool;
use crate::database::pool::Occupancy;

impl<C> AsyncPool for Pool<C>
where
    C: PoolableConnection + 'static,
    AsyncDieselConnectionManager<C>: Manager<Type = C, Error = PoolError>,
{
    type Client = C;
    type Object = Object<C>;

    async fn take(&self) -> Result<Self::Object> {
        Ok(self.get().await?)
    }

    fn look(&self) -> Occupancy {
        let status = self.status();
        Occupancy::new(status.size, status.available, status.max_size).waiting(status.waiting)
    }
}
