//! `WritableFolder` on folders of several kinds.

use std::fs::{self, File};

use smoke_checks::WritableFolder;
use smoke_core::{Outcome, Scope, Test};

use crate::namespace;
use crate::support::{blocking, run};

#[tokio::test]
async fn a_folder_that_can_be_written_in_passes_and_is_left_empty() {
    let folder = tempfile::tempdir().unwrap();
    let test = run(WritableFolder::at(folder.path())).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(test.name, "checks::writable_folder");
    assert_eq!(test.scope, Scope::Instance);
    let shared = Test::from(WritableFolder::at(folder.path())).shared();
    assert_eq!(run(shared).await.scope, Scope::Shared);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_folder_that_is_not_there_or_is_a_file_fails() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    File::create(&file).unwrap();
    for (at, said) in [
        (folder.path().join("missing"), "it is not there: create it"),
        (file, "it is no folder"),
    ] {
        let test = run(WritableFolder::at(&at)).await;
        assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
        let message = test.message.unwrap();
        assert!(message.contains(said), "{message}");
        assert!(message.contains(at.to_str().unwrap()), "{message}");
    }
}

#[test]
fn a_folder_on_a_full_disk_fails_and_is_left_as_it_was() {
    namespace::inside(
        "writable_folder::a_folder_on_a_full_disk_fails_and_is_left_as_it_was",
        || {
            let folder = tempfile::tempdir().unwrap();
            namespace::mount(folder.path(), "size=64k");
            namespace::fill(&folder.path().join("full"));
            let test = blocking(run(WritableFolder::at(folder.path())));
            assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
            let message = test.message.unwrap();
            assert!(message.contains("is full: delete"), "{message}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        },
    );
}

#[test]
fn a_folder_that_is_mounted_read_only_fails() {
    namespace::inside(
        "writable_folder::a_folder_that_is_mounted_read_only_fails",
        || {
            let folder = tempfile::tempdir().unwrap();
            namespace::mount(folder.path(), "ro,size=64k");
            let test = blocking(run(WritableFolder::at(folder.path())));
            assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
            let message = test.message.unwrap();
            assert!(message.contains("is read-only"), "{message}");
        },
    );
}
