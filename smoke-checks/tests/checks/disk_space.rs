//! `DiskSpace` on disks that are full, and on one that is not.

use std::fs::{self, File};

use smoke_checks::DiskSpace;
use smoke_core::{Outcome, Scope, Test};

use crate::namespace;
use crate::support::{blocking, run};

#[test]
fn a_disk_with_room_passes() {
    namespace::inside("disk_space::a_disk_with_room_passes", || {
        let folder = tempfile::tempdir().unwrap();
        namespace::mount(folder.path(), "size=1m");
        let enough = DiskSpace::at(folder.path()).free_at_least(1 << 20);
        let test = blocking(run(enough.clone()));
        assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
        assert_eq!(test.scope, Scope::Instance);
        fs::write(folder.path().join("file"), [1]).unwrap();
        let test = blocking(run(enough));
        assert_eq!(test.outcome, Outcome::Warned, "{test:?}");
        let all = DiskSpace::at(folder.path()).free_percent_at_least(100);
        let test = blocking(run(Test::from(all).decisive()));
        assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    });
}

#[test]
fn a_full_disk_is_warned_of() {
    namespace::inside("disk_space::a_full_disk_is_warned_of", || {
        let folder = tempfile::tempdir().unwrap();
        namespace::mount(folder.path(), "size=64k");
        namespace::fill(&folder.path().join("full"));
        let test = blocking(run(DiskSpace::at(folder.path())));
        assert_eq!(test.outcome, Outcome::Warned, "{test:?}");
        let message = test.message.unwrap();
        assert!(
            message.contains("has 0 bytes of 64.0 KiB (0 %) free, and should have 5 %: delete"),
            "{message}"
        );
    });
}

#[test]
fn a_disk_without_inodes_is_warned_of() {
    namespace::inside("disk_space::a_disk_without_inodes_is_warned_of", || {
        let folder = tempfile::tempdir().unwrap();
        namespace::mount(folder.path(), "size=1m,nr_inodes=8");
        let mut files = (0..).map(|number| folder.path().join(format!("file {number}")));
        while File::create(files.next().unwrap()).is_ok() {}
        let test = blocking(run(DiskSpace::at(folder.path())));
        assert_eq!(test.outcome, Outcome::Warned, "{test:?}");
        let message = test.message.unwrap();
        assert!(
            message.contains("has 0 of 8 (0 %) inodes free, and should have 5 %"),
            "{message}"
        );
    });
}

#[tokio::test]
async fn a_path_that_is_not_there_is_warned_of() {
    let test = run(DiskSpace::at("/not/there")).await;
    assert_eq!(test.outcome, Outcome::Warned, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.starts_with("the disk of /not/there cannot be asked: "),
        "{message}"
    );
}
