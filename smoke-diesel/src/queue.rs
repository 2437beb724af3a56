//! Seeing who waits for the connection of a deadpool, whatever that is a pool of.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Manager, Object, Pool};
use smoke_core::rollback::queue::{Look, watch as watch_queue};

use crate::gate::Gate;

/// Has the gate's queue see it, until the gate is closed.
pub(crate) fn watch<M, W>(pool: &Pool<M, W>, gate: &Arc<Gate>, patience: Duration)
where
    M: Manager + 'static,
    W: From<Object<M>> + 'static,
{
    // So that the pool is not kept.
    let (pool, gate) = (pool.weak(), Arc::clone(gate));
    let queue = Arc::clone(gate.queue());
    watch_queue(queue, patience, move || {
        let pool = pool.upgrade().filter(|_| !gate.is_closed())?;
        let status = pool.status();
        Some(Look {
            is_out: status.available == 0,
            is_awaited: status.waiting > 0,
        })
    });
}
