//! Seeing a connection when it is opened.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use libsqlite3_sys as ffi;

use crate::Handle;
use crate::handle::Shared;

/// The SQL function, without arguments, that gives the [`Handle::id`] of the connection it is
/// called on.
pub const IDENTITY: &str = "smoke_identity";

const IDENTITY_C: &CStr = c"smoke_identity";

/// SQLite would not have connections watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SQLite does not let connections be watched (result code {code})")]
pub struct WatchError {
    code: c_int,
}

/// A connection cannot be held from outside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HoldError {
    /// It has no mutex of its own, so that one thread only may use it.
    #[error("this SQLite is not thread-safe")]
    NotThreadSafe,
    /// SQLite would not have the function [`IDENTITY`] on it; what SQLite said.
    #[error("{0}")]
    Refused(String),
}

thread_local! {
    static OPENED: RefCell<Watch> = const { RefCell::new(Watch::Off) };
}

enum Watch {
    Off,
    On(Option<Handle>),
}

/// Watches the connections that the calling thread opens from now on.
///
/// Registers an automatic extension with SQLite, once a process. On threads that are not watched
/// it does nothing.
///
/// # Errors
///
/// When SQLite refuses the extension.
pub fn watch_thread() -> Result<(), WatchError> {
    register()?;
    OPENED.with_borrow_mut(|watch| {
        if matches!(watch, Watch::Off) {
            *watch = Watch::On(None);
        }
    });
    Ok(())
}

/// How many watch every thread.
static WATCHING: AtomicUsize = AtomicUsize::new(0);

/// Watches the connections that any thread opens, until it is dropped.
///
/// For libraries that open a connection on a thread of their own choice. A connection that is
/// opened meanwhile gets the function [`IDENTITY`], whoever opens it; nothing else is done to it
/// unless it is asked for with [`find`](crate::find).
#[derive(Debug)]
#[must_use = "nothing is watched any more when it is dropped"]
pub struct Watching(());

/// Watches the connections that any thread opens from now on.
///
/// # Errors
///
/// When SQLite refuses the extension.
pub fn watch_process() -> Result<Watching, WatchError> {
    register()?;
    WATCHING.fetch_add(1, Ordering::SeqCst);
    Ok(Watching(()))
}

impl Drop for Watching {
    fn drop(&mut self) {
        WATCHING.fetch_sub(1, Ordering::SeqCst);
    }
}

fn register() -> Result<(), WatchError> {
    // SAFETY: `on_open` has the signature that SQLite calls an entry point with and lives as long
    // as the process. Registering the same entry point again is a no-op.
    let code = unsafe { ffi::sqlite3_auto_extension(Some(on_open)) };
    if code != ffi::SQLITE_OK {
        return Err(WatchError { code });
    }
    Ok(())
}

/// The connection that the calling thread opened last, unless it was taken already.
///
/// None where the thread is not watched, and where this build of SQLite has connections that one
/// thread only may use at a time.
#[must_use]
pub fn take_opened() -> Option<Handle> {
    OPENED.with_borrow_mut(|watch| match watch {
        Watch::Off => None,
        Watch::On(handle) => handle.take(),
    })
}

/// What SQLite calls for each connection that is opened.
unsafe extern "C" fn on_open(
    db: *mut ffi::sqlite3,
    _message: *mut *mut c_char,
    _routines: *const ffi::sqlite3_api_routines,
) -> c_int {
    let Some(connection) = NonNull::new(db) else {
        return ffi::SQLITE_OK;
    };
    // A thread that is ending has no thread-locals any more; then it is not watched.
    let _ = OPENED.try_with(|watch| {
        let Ok(mut watch) = watch.try_borrow_mut() else {
            return;
        };
        if let Watch::On(opened) = &mut *watch {
            // SAFETY: SQLite has just opened the connection, on this thread.
            *opened = unsafe { adopt(connection) }.ok();
        } else if WATCHING.load(Ordering::SeqCst) > 0 {
            // SAFETY: as above. The connection itself keeps what can be found.
            drop(unsafe { adopt(connection) });
        }
    });
    ffi::SQLITE_OK
}

/// Ties a handle to a connection.
///
/// # Safety
///
/// The connection is open, and no other thread closes it meanwhile.
pub(crate) unsafe fn adopt(db: NonNull<ffi::sqlite3>) -> Result<Handle, HoldError> {
    static NEXT: AtomicI64 = AtomicI64::new(1);

    // SAFETY: the connection is open.
    let mutex = unsafe { ffi::sqlite3_db_mutex(db.as_ptr()) };
    if mutex.is_null() {
        // Not in serialized mode: nothing may be done from another thread.
        return Err(HoldError::NotThreadSafe);
    }
    let shared = Arc::new(Shared::new(NEXT.fetch_add(1, Ordering::Relaxed), db));
    let kept = Arc::into_raw(Arc::clone(&shared));
    // SAFETY: `db` is open, the name ends in a nul, and `kept` is a strong count that `on_close`
    // gives back. SQLite calls `on_close` once: when the connection is closed, when the function
    // is replaced, or at once when it cannot be made.
    let code = unsafe {
        ffi::sqlite3_create_function_v2(
            db.as_ptr(),
            IDENTITY_C.as_ptr(),
            0,
            ffi::SQLITE_UTF8 | ffi::SQLITE_DIRECTONLY,
            kept.cast_mut().cast::<c_void>(),
            Some(identity),
            None,
            None,
            Some(on_close),
        )
    };
    if code != ffi::SQLITE_OK {
        // SAFETY: the connection is open.
        let said = unsafe { ffi::sqlite3_errmsg(db.as_ptr()) };
        // SAFETY: the message ends in a nul and is good until the connection is used again.
        let said = unsafe { CStr::from_ptr(said) };
        return Err(HoldError::Refused(said.to_string_lossy().into_owned()));
    }
    Ok(Handle::new(shared))
}

/// Whether connections have a mutex of their own where nobody says otherwise, so that any thread
/// may use them: how this SQLite was built, and what the process has configured.
///
/// # Examples
///
/// ```
/// assert!(smoke_sqlite::is_thread_safe());
/// ```
#[must_use]
pub fn is_thread_safe() -> bool {
    let mut db = ptr::null_mut();
    // SAFETY: the name ends in a nul, and the connection is written to `db`, also where it fails.
    let code = unsafe {
        ffi::sqlite3_open_v2(
            c":memory:".as_ptr(),
            &raw mut db,
            ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_MEMORY,
            ptr::null(),
        )
    };
    // SAFETY: the connection is asked for its mutex only where it was opened.
    let has_mutex = code == ffi::SQLITE_OK && !unsafe { ffi::sqlite3_db_mutex(db) }.is_null();
    // SAFETY: nobody else has the connection. Closing none is a no-op.
    unsafe { ffi::sqlite3_close(db) };
    has_mutex
}

/// The SQL function [`IDENTITY`].
unsafe extern "C" fn identity(
    context: *mut ffi::sqlite3_context,
    _count: c_int,
    _arguments: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite calls the function with its context.
    let kept = unsafe { ffi::sqlite3_user_data(context) }.cast::<Shared>();
    // SAFETY: the user data is the count that `adopt` kept; it is given back only by `on_close`,
    // after which the function is no longer called.
    let shared = unsafe { &*kept };
    // SAFETY: as above, `context` is the context of this call.
    unsafe { ffi::sqlite3_result_int64(context, shared.id()) };
}

/// Called by SQLite when the connection is closed, before its memory is freed.
unsafe extern "C" fn on_close(kept: *mut c_void) {
    // SAFETY: `kept` is the count that `adopt` made with `Arc::into_raw`, given back once.
    let shared = unsafe { Arc::from_raw(kept.cast_const().cast::<Shared>()) };
    shared.closed();
}
