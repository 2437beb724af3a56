//! Rolled-back sandboxes for diesel and diesel-async connection pools.
