//! The bb8 pools of diesel-async.

use bb8::ManageConnection;
use diesel_async::pooled_connection::bb8::{Pool, PooledConnection};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, PoolError, PoolableConnection,
};
use smoke_core::Result;

use super::diesel_async::AsyncPool;
use crate::database::pool::Occupancy;

impl<C> AsyncPool for Pool<C>
where
    C: PoolableConnection + 'static,
    AsyncDieselConnectionManager<C>: ManageConnection<Connection = C, Error = PoolError>,
{
    type Client = C;
    type Object = PooledConnection<'static, C>;

    async fn take(&self) -> Result<Self::Object> {
        Ok(self.get_owned().await?)
    }

    fn look(&self) -> Occupancy {
        let (state, most) = (self.state(), self.config().max_size);
        let (open, idle) = (state.connections, state.idle_connections);
        Occupancy::new(open as usize, idle as usize, most as usize)
    }
}
