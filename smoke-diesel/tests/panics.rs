//! A set-up that panics does not reach the application's panic hook: the one of this file ends the
//! process.

use diesel::SqliteConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use smoke_core::{Outcome, Registry, Runner, Sandbox, Selection, Test};
use smoke_diesel::r2d2::Rollback;

#[tokio::test]
async fn a_set_up_that_panics_is_an_error_of_the_test() {
    std::panic::set_hook(Box::new(|info| {
        println!("{info}");
        std::process::exit(42);
    }));
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("shop.db");
    // The sandbox opens what is there.
    std::fs::write(&url, "").unwrap();
    let rollback = Rollback::<ConnectionManager<SqliteConnection>>::new(url.to_str().unwrap())
        .setup(|_| panic!("the set-up is on fire"));
    let body = async |_: Sandbox<Pool<ConnectionManager<SqliteConnection>>>| {};
    let registry = Registry::new()
        .rollback(rollback)
        .test(Test::new("a", body));
    let report = Runner::new(registry).run(Selection::fast()).await;
    let test = &report.tests[0];
    assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
    let said = format!("{:?} {:?}", test.message, test.causes);
    assert!(
        said.contains("the set-up of the connection panicked"),
        "{said}"
    );
    let _ = std::panic::take_hook();
}
