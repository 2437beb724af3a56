//! `FreshMount` on mounts that answer, hang and are not there. A FIFO stands for a file that hangs: whoever
//! opens it waits until somebody writes, as at a mount whose server is gone.

use std::fs::{self, File};
use std::process::Command;
use std::time::Duration;

use smoke_checks::FreshMount;
use smoke_conformance::eventually;
use smoke_core::{Limits, Outcome, Registry, Runner, Scope, TestReport};
use smoke_testing::PATIENCE;

use crate::alone::{alone, command};
use crate::namespace;
use crate::support::{again, blocking, run};

#[test]
fn a_mount_that_answers_passes_and_a_folder_where_nothing_is_mounted_fails() {
    namespace::inside(
        "fresh_mount::a_mount_that_answers_passes_and_a_folder_where_nothing_is_mounted_fails",
        || {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("mounted.txt"), "of the disk below").unwrap();
            let with_file = FreshMount::at(folder.path()).file("mounted.txt");
            let test = blocking(run(with_file.clone()));
            assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
            assert_eq!(test.scope, Scope::Shared);
            let message = test.message.unwrap();
            assert!(message.starts_with("nothing is mounted at "), "{message}");

            namespace::mount(folder.path(), "size=64k");
            let test = blocking(run(FreshMount::at(folder.path())));
            assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
            let test = blocking(run(with_file.clone()));
            let message = test.message.unwrap();
            assert!(message.contains("is something else mounted"), "{message}");
            fs::write(folder.path().join("mounted.txt"), "yes").unwrap();
            let test = blocking(run(with_file));
            assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
        },
    );
}

#[test]
fn a_mount_that_hangs_fails_in_time_once_and_passes_when_it_goes_on() {
    alone(
        "fresh_mount::a_mount_that_hangs_fails_in_time_once_and_passes_when_it_goes_on",
        command,
        || blocking(hangs()),
    );
}

async fn hangs() {
    let folder = tempfile::tempdir().unwrap();
    let hanging = folder.path().join("hanging");
    namespace::run(Command::new("mkfifo").arg(&hanging));
    let check = FreshMount::file_alone(&hanging).within(Duration::from_millis(50));
    let limits = Limits::default().reuse(Duration::ZERO);
    let runner = Runner::new(Registry::new().test(check).limits(limits));

    let first = again(&runner).await;
    assert_eq!(first.outcome, Outcome::Failed, "{first:?}");
    let message = first.message.unwrap();
    assert!(
        message.contains("hangs: a call has not returned within 50ms"),
        "{message}"
    );
    let second = again(&runner).await;
    assert_eq!(second.outcome, Outcome::Failed, "{second:?}");
    let message = second.message.unwrap();
    assert!(message.contains("hangs: a call that began "), "{message}");
    assert_eq!(threads_of_checks(), 1);

    // The server is back: from now on it is a file that answers.
    drop(
        File::options()
            .read(true)
            .write(true)
            .open(&hanging)
            .unwrap(),
    );
    fs::remove_file(&hanging).unwrap();
    fs::write(&hanging, "back").unwrap();
    let look = || again(&runner);
    let passes = |test: &TestReport| test.outcome == Outcome::Passed;
    eventually(PATIENCE, look, passes).await.unwrap();
    let look = async || threads_of_checks();
    eventually(PATIENCE, look, |count| *count == 0)
        .await
        .unwrap();
}

fn threads_of_checks() -> usize {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let names = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")));
    // One may have ended meanwhile.
    names
        .filter(|name| name.as_ref().is_ok_and(|name| name.trim() == "smoke check"))
        .count()
}
