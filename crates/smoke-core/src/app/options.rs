//! The options of one request.

/// Options of one request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallOptions {
    /// Upper bound of the answer's body, in bytes. 1 MiB unless set.
    pub max_body: usize,
    /// The request writes to no database, so it is not reported as bypassing the sandbox, whatever
    /// its method.
    pub without_database: bool,
    /// The request has no version of HTTP of its own: it takes that of the request that asked for
    /// the run, and names its host as that version does.
    pub(crate) as_arrived: bool,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            max_body: 1024 * 1024,
            without_database: false,
            as_arrived: false,
        }
    }
}
