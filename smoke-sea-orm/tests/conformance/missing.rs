//! A database whose file is not there.

use sea_orm::{ConnectOptions, Database};
use smoke_core::{Backend, OpenRequest, RollbackVerdict};
use smoke_sea_orm::Rollback;

/// While the service runs: its own connection knows nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_moved_away_is_named_and_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let production = Database::connect(ConnectOptions::new(&url)).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    for backend in [Rollback::new(&url), Rollback::like(&production)] {
        let limit = Backend::limit(&backend);
        let opened = backend.open(OpenRequest::new("shop::a_test", limit)).await;
        let error = opened.map(drop).unwrap_err();
        let verdict = error.downcast_ref::<RollbackVerdict>();
        let said = format!("the database file is not there: {} (", file.display());
        assert!(
            matches!(verdict, Some(RollbackVerdict::Unreachable { cause }) if cause.contains(&said)),
            "{error:?}"
        );
        assert!(!file.exists());
    }
}
