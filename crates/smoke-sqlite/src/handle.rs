//! A connection, held from outside.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

/// `SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE`, which the oldest bindings do not name.
const ENABLE_ATTACH_CREATE: c_int = 1020;

/// How long to leave the connection to its own thread between two attempts to get hold of it.
const PAUSE: Duration = Duration::from_millis(1);

/// A SQLite connection that another thread may be using.
///
/// Valid for as long as anybody keeps it: once the connection is closed it does nothing.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

/// How a connection was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It was closed already, and had thereby rolled back.
    Closed,
    /// What was running was interrupted, the transaction was rolled back and the connection now
    /// refuses every statement.
    RolledBack,
    /// The thread that uses it did not let go of it. A statement that was running was interrupted.
    Busy,
}

/// What a handle and the connection itself have in common.
pub(crate) struct Shared {
    id: i64,
    /// None once the connection is closed. SQLite frees the connection only after `closed` has
    /// had this lock, so the pointer is good for as long as the lock is held.
    db: Mutex<Option<Connection>>,
    refused_commits: AtomicU64,
}

/// The connections that can be held from outside, by their numbers, until they are closed and
/// nobody has a handle on them.
fn known() -> MutexGuard<'static, BTreeMap<i64, Weak<Shared>>> {
    static KNOWN: Mutex<BTreeMap<i64, Weak<Shared>>> = Mutex::new(BTreeMap::new());
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The handle with this [`Handle::id`], which the connection itself tells when it is asked for
/// [`IDENTITY`](crate::IDENTITY).
#[must_use]
pub fn find(id: i64) -> Option<Handle> {
    let shared = known().get(&id).and_then(Weak::upgrade);
    shared.map(Handle)
}

impl Drop for Shared {
    fn drop(&mut self) {
        known().remove(&self.id);
    }
}

struct Connection(NonNull<ffi::sqlite3>);

// SAFETY: the connection has a mutex of its own (`adopt` takes no other), so that SQLite lets any
// thread call it.
unsafe impl Send for Connection {}

impl Shared {
    pub(crate) fn new(id: i64, db: NonNull<ffi::sqlite3>) -> Self {
        Self {
            id,
            db: Mutex::new(Some(Connection(db))),
            refused_commits: AtomicU64::new(0),
        }
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    pub(crate) fn closed(&self) {
        *self.db() = None;
    }

    fn db(&self) -> MutexGuard<'_, Option<Connection>> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        known().insert(shared.id, Arc::downgrade(&shared));
        Self(shared)
    }

    /// A number that no other connection of this process has.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.0.id
    }

    /// Refuses every commit of the connection from now on: SQLite turns it into a rollback, and
    /// the statement fails. To be called by the thread that uses the connection.
    pub fn seal(&self) {
        let db = self.0.db();
        let Some(Connection(db)) = &*db else { return };
        let id = ptr::without_provenance_mut::<c_void>(self.0.id.cast_unsigned() as usize);
        // SAFETY: the connection is open, since `db` is locked and not none. The hook's data is a
        // number, which is never followed as an address.
        unsafe { ffi::sqlite3_commit_hook(db.as_ptr(), Some(refuse_commit), id) };
    }

    /// Refuses to attach a database whose file is not there, instead of making that. To be called
    /// by the thread that uses the connection. A SQLite older than 3.49 makes it all the same.
    pub fn attach_what_is_there(&self) {
        let db = self.0.db();
        let Some(Connection(db)) = &*db else { return };
        // SAFETY: the connection is open, since `db` is locked and not none. This option takes a
        // number, and where to write what holds then, which may be nowhere.
        unsafe {
            ffi::sqlite3_db_config(
                db.as_ptr(),
                ENABLE_ATTACH_CREATE,
                0 as c_int,
                ptr::null_mut::<c_int>(),
            )
        };
    }

    /// How many commits the seal has refused.
    #[must_use]
    pub fn refused_commits(&self) -> u64 {
        self.0.refused_commits.load(Ordering::Relaxed)
    }

    /// Whether a foreign key is violated whose check was put off until the commit. To be called
    /// by the thread that uses the connection.
    #[must_use]
    pub fn has_deferred_violations(&self) -> bool {
        let db = self.0.db();
        let Some(Connection(db)) = &*db else {
            return false;
        };
        let (mut current, mut highest): (c_int, c_int) = (0, 0);
        // SAFETY: the connection is open, since `db` is locked and not none; both numbers are
        // written to during the call only.
        let code = unsafe {
            ffi::sqlite3_db_status(
                db.as_ptr(),
                ffi::SQLITE_DBSTATUS_DEFERRED_FKS,
                &raw mut current,
                &raw mut highest,
                0,
            )
        };
        code == ffi::SQLITE_OK && current != 0
    }

    /// Writes the changed pages of the transaction out, as a commit would: a disk that is full shows.
    /// Without a write-ahead log that keeps readers out until the transaction ends.
    ///
    /// # Errors
    ///
    /// What SQLite says of a disk or a database that is full, or that cannot be written to.
    pub fn write_out(&self) -> Result<(), String> {
        let db = self.0.db();
        let Some(Connection(db)) = &*db else {
            return Ok(());
        };
        let db = db.as_ptr();
        // SAFETY: the connection is open, since `db` is locked and not none.
        let code = unsafe { ffi::sqlite3_db_cacheflush(db) };
        match code & 0xff {
            ffi::SQLITE_FULL | ffi::SQLITE_IOERR | ffi::SQLITE_CORRUPT => {
                // SAFETY: SQLite has a static text for every code, which ends in a nul.
                let said = unsafe { ffi::sqlite3_errstr(code) };
                // SAFETY: as above.
                let said = unsafe { CStr::from_ptr(said) };
                Err(said.to_string_lossy().into_owned())
            }
            // Somebody else's lock says nothing of the disk.
            _ => Ok(()),
        }
    }

    /// What went wrong in the last call of the connection: the extended result code and the message.
    /// None where nothing did, and while another thread uses the connection.
    #[must_use]
    pub fn last_error(&self) -> Option<(i32, String)> {
        let db = self.0.db();
        let Some(Connection(db)) = &*db else {
            return None;
        };
        let db = db.as_ptr();
        // SAFETY: the connection is open, since the lock is held and it was not none.
        let mutex = unsafe { ffi::sqlite3_db_mutex(db) };
        // SAFETY: `mutex` belongs to the open connection, and trying does not block.
        if unsafe { ffi::sqlite3_mutex_try(mutex) } != ffi::SQLITE_OK {
            return None;
        }
        // SAFETY: the connection is open.
        let code = unsafe { ffi::sqlite3_extended_errcode(db) };
        // SAFETY: the connection is open.
        let message = unsafe { ffi::sqlite3_errmsg(db) };
        // SAFETY: the message ends in a nul and stays as it is until the next call, which is
        // nobody's while this thread has the mutex.
        let message = unsafe { CStr::from_ptr(message) };
        let message = message.to_string_lossy().into_owned();
        // SAFETY: this thread has entered the mutex above.
        unsafe { ffi::sqlite3_mutex_leave(mutex) };
        let is_none = matches!(
            code & 0xff,
            ffi::SQLITE_OK
                | ffi::SQLITE_NOTICE
                | ffi::SQLITE_WARNING
                | ffi::SQLITE_ROW
                | ffi::SQLITE_DONE
        );
        (!is_none).then_some((code, message))
    }

    /// Interrupts what is running, rolls back and makes the connection refuse every statement,
    /// whatever thread is using it.
    ///
    /// Blocks for `patience` at most, while that thread does not let go of the connection. It
    /// lets go between two statements, and a statement that is interrupted ends soon.
    #[must_use]
    pub fn cut(&self, patience: Duration) -> Cut {
        let deadline = Instant::now() + patience;
        loop {
            match self.try_cut() {
                Cut::Busy if Instant::now() < deadline => std::thread::sleep(PAUSE),
                done => return done,
            }
        }
    }

    /// Never waits for the connection's mutex while the lock is held: the thread that closes the
    /// connection holds that mutex when it waits for the lock.
    fn try_cut(&self) -> Cut {
        let db = self.0.db();
        let Some(Connection(db)) = &*db else {
            return Cut::Closed;
        };
        let db = db.as_ptr();
        // SAFETY: the connection is open, since the lock is held and it was not none.
        let mutex = unsafe { ffi::sqlite3_db_mutex(db) };
        // SAFETY: `mutex` belongs to the open connection, and trying does not block.
        if unsafe { ffi::sqlite3_mutex_try(mutex) } != ffi::SQLITE_OK {
            // SAFETY: the connection is open and stays so while the lock is held.
            unsafe { ffi::sqlite3_interrupt(db) };
            return Cut::Busy;
        }
        // A ROLLBACK without a transaction fails, and that is as good.
        // SAFETY: the connection is open, its mutex is ours and can be entered again by this
        // thread, and the statement ends in a nul.
        unsafe {
            ffi::sqlite3_exec(
                db,
                c"ROLLBACK".as_ptr(),
                None,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        // SAFETY: the connection is open.
        let ended = unsafe { ffi::sqlite3_get_autocommit(db) } != 0;
        // SAFETY: the connection is open, and the authorizer needs no data.
        unsafe { ffi::sqlite3_set_authorizer(db, Some(refuse_statement), ptr::null_mut()) };
        // SAFETY: this thread has entered the mutex above.
        unsafe { ffi::sqlite3_mutex_leave(mutex) };
        if ended { Cut::RolledBack } else { Cut::Busy }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("id", &self.0.id)
            .finish_non_exhaustive()
    }
}

/// The commit hook of a sealed connection: anything but zero turns the commit into a rollback.
unsafe extern "C" fn refuse_commit(id: *mut c_void) -> c_int {
    let shared = known().get(&(id.addr() as i64)).and_then(Weak::upgrade);
    if let Some(shared) = shared {
        shared.refused_commits.fetch_add(1, Ordering::Relaxed);
    }
    1
}

/// The authorizer of a connection that was cut.
unsafe extern "C" fn refuse_statement(
    _data: *mut c_void,
    _action: c_int,
    _first: *const c_char,
    _second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    ffi::SQLITE_DENY
}
