//! A disk that is full when a sandbox ends, which a COMMIT would have found.
//!
//! The writes of SQLite to its log are led to `/dev/full`, in the whole process: that needs no disk
//! and no right to mount one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::{Connection as _, SqliteConnection};
use libsqlite3_sys as ffi;
use smoke_diesel::r2d2::{Interact as _, Rollback};
use smoke_diesel::smoke_core::{
    Outcome, Registry, Report, Result, Runner, Sandbox, Selection, Test,
};

static IS_FULL: AtomicBool = AtomicBool::new(false);

/// Where a write to that file goes.
fn target(fd: c_int) -> ManuallyDrop<File> {
    let name = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default();
    if IS_FULL.load(Ordering::SeqCst) && name.to_string_lossy().ends_with("-wal") {
        return ManuallyDrop::new(File::options().write(true).open("/dev/full").unwrap());
    }
    // SAFETY: SQLite has it open while it writes, and it is not closed here.
    ManuallyDrop::new(unsafe { File::from_raw_fd(fd) })
}

/// As the system answers: -1 with the reason in `errno`, which stays as the write has left it.
fn answer(written: std::io::Result<usize>) -> isize {
    written.map_or(-1, usize::cast_signed)
}

unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, length: usize) -> isize {
    // SAFETY: as SQLite says, so many bytes are there.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) };
    answer((&*target(fd)).write(bytes))
}

unsafe extern "C" fn write_at(fd: c_int, bytes: *const c_void, length: usize, at: i64) -> isize {
    // SAFETY: as SQLite says, so many bytes are there.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) };
    answer(target(fd).write_at(bytes, at.cast_unsigned()))
}

type Call = unsafe extern "C" fn();

/// Has SQLite call that instead of the system.
fn replace(name: &std::ffi::CStr, call: Call) {
    // SAFETY: null asks for the default, which is there as long as the process.
    let vfs = unsafe { ffi::sqlite3_vfs_find(std::ptr::null::<c_char>()) };
    // SAFETY: nobody uses SQLite yet, and the default of Unix has this.
    let set = unsafe { (*vfs).xSetSystemCall }.unwrap();
    // SAFETY: the call has the signature of the one with that name. Where SQLite was built without
    // that, it says so and changes nothing.
    unsafe { set(vfs, name.as_ptr(), Some(call)) };
}

fn lead_writes_to_dev_full() {
    // SAFETY: SQLite casts it back before it calls it.
    let write: Call = unsafe { std::mem::transmute(write as *const c_void) };
    // SAFETY: SQLite casts it back before it calls it.
    let write_at: Call = unsafe { std::mem::transmute(write_at as *const c_void) };
    replace(c"write", write);
    replace(c"pwrite", write_at);
    replace(c"pwrite64", write_at);
}

async fn inserts(Sandbox(pool): Sandbox<Pool<ConnectionManager<SqliteConnection>>>) -> Result {
    // Its page stays in memory.
    pool.interact(|connection| connection.batch_execute("INSERT INTO t VALUES (1)"))
        .await?;
    Ok(())
}

async fn run(url: &str) -> Report {
    let registry = Registry::new()
        .rollback(Rollback::new(url))
        .test(Test::new("inserts", inserts));
    Runner::new(registry).run(Selection::fast()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_at_the_commit_errors_the_test() {
    lead_writes_to_dev_full();
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("app.db").to_str().unwrap().to_owned();
    let mut production = SqliteConnection::establish(&url).unwrap();
    production
        .batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER)")
        .unwrap();

    let report = run(&url).await;
    assert_eq!(report.tests[0].outcome, Outcome::Passed, "{report:#?}");

    IS_FULL.store(true, Ordering::SeqCst);
    let report = run(&url).await;
    assert_eq!(report.tests[0].outcome, Outcome::Errored, "{report:#?}");
    let said = report.tests[0].message.as_deref().unwrap();
    assert!(said.contains("database or disk is full"), "{said}");
    // What the application would have met.
    let committed = production.batch_execute("INSERT INTO t VALUES (1)");
    let said = committed.unwrap_err().to_string();
    assert!(said.contains("database or disk is full"), "{said}");
}
