use super::*;

fn tests() -> Vec<Test> {
    let quiet = async || {};
    vec![
        Test::new("shop::users::create", quiet).tags(["users"]),
        Test::new("shop::users::delete", quiet).tags(["users", "danger"]),
        Test::new("shop::users2::create", quiet),
        Test::new("shop::till::counts", quiet).slow(),
    ]
}

fn names(selection: &Selection) -> Result<Vec<String>, String> {
    let tests = tests();
    Ok(selection
        .of(tests.iter())?
        .into_iter()
        .map(|at| tests[at].name().replace("shop::", ""))
        .collect())
}

#[test]
fn slow_tests_run_where_they_are_asked_for() {
    assert_eq!(names(&Selection::fast()).unwrap().len(), 3);
    assert_eq!(names(&Selection::slow()).unwrap().len(), 4);
}

#[test]
fn prefixes_are_of_whole_segments() {
    for pattern in [
        "shop::users",
        "shop.users",
        "tag:users",
        "shop::users::*",
        "*::users::*",
    ] {
        assert_eq!(
            names(&Selection::fast().select(pattern)).unwrap(),
            ["users::create", "users::delete"],
            "{pattern}"
        );
    }
    assert_eq!(
        names(&Selection::fast().select("shop.users.create")).unwrap(),
        ["users::create"]
    );
    assert_eq!(
        names(&Selection::fast().select("*cr?ate").skip("shop::users")).unwrap(),
        ["users2::create"]
    );
    assert_eq!(
        names(&Selection::fast().select("shop::{users2,till}*")).unwrap(),
        ["users2::create"]
    );
}

#[test]
fn tests_of_one_scope_can_be_selected() {
    let tests = [
        Test::new("shop::disk", async || {}).instance(),
        Test::new("shop::database", async || {}),
    ];
    for (scope, position) in [(Scope::Instance, 0), (Scope::Shared, 1)] {
        let selection = Selection::fast().of_scope(scope);
        assert_eq!(selection.of(tests.iter()), Ok(vec![position]));
    }
    let none = Selection::fast().of_scope(Scope::Instance);
    assert!(none.of(tests[1..].iter()).is_err());
}

#[test]
fn a_schedule_leaves_out_what_runs_on_request() {
    let tests = [
        Test::new("shop::opens", async || {}),
        Test::new("shop::reports", async || {}).slow().on_request(),
    ];
    let slow = Selection::slow();
    assert_eq!(slow.of(tests.iter()), Ok(vec![0, 1]));
    let scheduled = slow.clone().of_schedule(tests.iter());
    assert_eq!(scheduled.of(tests.iter()), Ok(vec![0]));
    assert_ne!(scheduled, slow);
    // It is the same selection where nothing is left out.
    let fast = Selection::fast();
    assert_eq!(fast.clone().of_schedule(tests.iter()), fast);
    assert_eq!(slow.clone().of_schedule(tests[..1].iter()), slow);
}

#[test]
fn exact_names_are_no_patterns() {
    let only = |names: &[&str]| Selection::only(names.iter().copied());
    assert_eq!(
        names(&only(&["shop::users::delete", "shop::till::counts"])).unwrap(),
        ["users::delete", "till::counts"]
    );
    assert_eq!(
        names(&only(&["shop::users"])).unwrap_err(),
        "no test is called \"shop::users\""
    );
    assert_eq!(names(&only(&[])).unwrap_err(), "no test is selected");
    let narrowed = only(&["shop::users::delete", "shop::till::counts"]).skip("shop::till");
    assert_eq!(names(&narrowed).unwrap(), ["users::delete"]);
}

#[test]
fn what_matches_nothing_is_named() {
    for (selection, reason) in [
        (
            Selection::fast().select("shop::user"),
            "no test matches \"shop::user\"",
        ),
        (
            Selection::fast().select("shop").skip("shop::usres"),
            "no test matches \"shop::usres\"",
        ),
        (
            Selection::fast().select("tag:nobody"),
            "no test matches \"tag:nobody\"",
        ),
        (Selection::fast().skip("shop"), "no test is selected"),
        (
            Selection::fast().select("shop::till"),
            "\"shop::till\": every selected test is slow: ask for the slow tests",
        ),
        (
            Selection::fast().select("shop::users").select("shop::till"),
            "\"shop::till\": every selected test is slow: ask for the slow tests",
        ),
        (Selection::fast().select(""), "a pattern is empty"),
    ] {
        assert_eq!(names(&selection).unwrap_err(), reason);
    }
    assert!(
        names(&Selection::fast().select("shop::["))
            .unwrap_err()
            .contains("is not a valid glob pattern")
    );
    assert!(
        names(&Selection::fast().select("x".repeat(300)))
            .unwrap_err()
            .contains("longer")
    );
    let many = (0..40).fold(Selection::fast(), |selection, at| {
        selection.select(format!("x{at}"))
    });
    assert!(names(&many).unwrap_err().contains("more than 32"));
}

proptest::proptest! {
    #[test]
    fn any_pattern_is_answered(pattern in ".{0,80}") {
        let _ = names(&Selection::fast().select(pattern));
    }
}
