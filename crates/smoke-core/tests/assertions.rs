//! What each assertion accepts, and what it says when it does not hold.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::error::Error as StdError;
use std::fmt::{self, Debug};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use smoke_core::{
    Error, ErrorKind, Failure, Result, ensure, ensure_almost_eq, ensure_almost_ne, ensure_contains,
    ensure_eq, ensure_err, ensure_ge, ensure_gt, ensure_is, ensure_is_not, ensure_le, ensure_lt,
    ensure_matches, ensure_ne, ensure_none, ensure_not, ensure_not_contains, ensure_not_same,
    ensure_ok, ensure_same, ensure_some, fail, skip,
};

/// The message of the assertion in a closure that does not hold.
fn message(test: impl FnOnce() -> Result) -> String {
    let error = test().expect_err("the assertion holds");
    assert_eq!(error.kind(), ErrorKind::Failed, "{error:?}");
    assert_eq!(
        error.place().map(|place| place.file.as_str()),
        Some(file!())
    );
    error.message().to_owned()
}

/// Asserts what an assertion says.
macro_rules! says {
    ($assertion:expr, $message:literal) => {
        assert_eq!(
            message(|| {
                let _ = $assertion;
                Ok(())
            }),
            $message
        );
    };
}

#[derive(Clone, Debug, PartialEq)]
struct Account {
    name: String,
    balance: i32,
    state: State,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Open,
    Closed { reason: String },
}

fn account() -> Account {
    Account {
        name: "alice".to_owned(),
        balance: 3,
        state: State::Closed {
            reason: "fraud".to_owned(),
        },
    }
}

#[test]
fn a_condition_holds() -> Result {
    let account = account();
    ensure!(account.balance == 3);
    ensure!(account.balance > 0 && !account.name.is_empty(), "message",);
    ensure_not!(account.balance == 4,);
    ensure_not!(account.name.is_empty(), "message of {}", account.name);

    says!(
        ensure!(account.balance > 3),
        "account.balance > 3 does not hold"
    );
    says!(
        ensure!(
            account.balance > 3 || account.name == "bob",
            "no {}",
            account.name
        ),
        "no alice: account.balance > 3 || account.name == \"bob\" does not hold"
    );
    says!(
        ensure_not!(account.balance > 0),
        "account.balance > 0 must not hold"
    );
    says!(
        ensure_not!(account.balance > 0, "empty {name}", name = account.name),
        "empty alice: account.balance > 0 must not hold"
    );
    Ok(())
}

#[test]
fn two_values_compare() -> Result {
    let account = account();
    let (three, four) = (3, 4);
    ensure_eq!(account.balance, 3);
    ensure_eq!(account.name, "alice",);
    ensure_ne!(account.balance, four);
    ensure_lt!(account.balance, four);
    ensure_le!(account.balance, three);
    ensure_gt!(four, account.balance);
    ensure_ge!(three, account.balance, "message",);

    says!(
        ensure_eq!(account.balance, 14),
        "account.balance == 14 does not hold: left is 3, right is 14"
    );
    says!(
        ensure_eq!(account.balance, 14, "balance must be {}", 14),
        "balance must be 14: left is 3, right is 14"
    );
    says!(
        ensure_eq!(account.name, "bob"),
        r#"account.name == "bob" does not hold: left is "alice", right is "bob""#
    );
    says!(
        ensure_ne!(account.balance, three),
        "account.balance != three does not hold: left is 3, right is 3"
    );
    says!(
        ensure_lt!(account.balance, three),
        "account.balance < three does not hold: left is 3, right is 3"
    );
    says!(
        ensure_le!(four, three, "too much"),
        "too much: left is 4, right is 3"
    );
    says!(
        ensure_gt!(three, four),
        "three > four does not hold: left is 3, right is 4"
    );
    says!(
        ensure_ge!(three, four),
        "three >= four does not hold: left is 3, right is 4"
    );
    says!(
        ensure_lt!(f64::NAN, 1.0),
        "f64::NAN < 1.0 does not hold: left is NaN, right is 1.0"
    );
    Ok(())
}

#[test]
fn an_option_holds_a_value_or_none() -> Result {
    let names = ["alice".to_owned()];
    let nobody: Option<String> = None;
    ensure_eq!(ensure_some!(names.first()), "alice");
    ensure_eq!(ensure_some!(names.first().cloned(), "message",), "alice");
    ensure_none!(nobody);
    ensure_none!(&nobody, "message");

    says!(ensure_some!(names.get(1)), "names.get(1) is None");
    says!(
        ensure_some!(nobody.as_ref(), "no {}", "bob"),
        "no bob: nobody.as_ref() is None"
    );
    says!(
        ensure_none!(names.first()),
        r#"names.first() is Some("alice")"#
    );
    says!(
        ensure_none!(names.first(), "too many"),
        r#"too many: names.first() is Some("alice")"#
    );
    Ok(())
}

#[test]
fn a_result_is_a_value_or_an_error() -> Result {
    fn pay(balance: i32) -> Result<i32, State> {
        match balance {
            ..0 => Err(State::Open),
            0 => Err(account().state),
            _ => Ok(balance - 1),
        }
    }

    ensure_eq!(ensure_ok!(pay(14)), 13);
    ensure_eq!(ensure_ok!(pay(14), "message",), 13);
    ensure_eq!(ensure_err!(pay(-1)), State::Open);
    ensure_eq!(ensure_err!(pay(-1), "message {}", 1,), State::Open);
    ensure_err!(pay(-1), State::Open);
    ensure_err!(pay(-1), State::Open, "message");
    ensure_err!(pay(0), State::Closed { reason } if reason == "fraud");
    ensure_err!(pay(0), State::Open | State::Closed { .. },);
    ensure_matches!("x".parse::<i32>().map_err(|_| "digits"), Err("digits"));

    says!(
        ensure_ok!(pay(0)),
        r#"pay(0) is Err(Closed { reason: "fraud" })"#
    );
    says!(
        ensure_ok!(pay(-1), "{} must pay", "alice"),
        "alice must pay: pay(-1) is Err(Open)"
    );
    says!(ensure_err!(pay(14)), "pay(14) is Ok(13)");
    says!(
        ensure_err!(pay(14), "{} must not pay", "alice"),
        "alice must not pay: pay(14) is Ok(13)"
    );
    says!(
        ensure_err!(pay(14), State::Open),
        "pay(14) does not match Err(State::Open): it is Ok(13)"
    );
    says!(
        ensure_err!(pay(0), State::Closed { reason } if reason == "age"),
        r#"pay(0) does not match Err(State::Closed { reason }) if reason == "age": it is Err(Closed { reason: "fraud" })"#
    );
    says!(
        ensure_err!(pay(0), State::Open, "open {}", "accounts"),
        r#"open accounts: it is Err(Closed { reason: "fraud" })"#
    );
    Ok(())
}

#[test]
fn an_error_of_many_lines_is_shown_on_one() {
    struct Report;

    // As `anyhow` and `eyre` show theirs.
    impl Debug for Report {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot pay\n\nCaused by:\n    no money\n")
        }
    }

    let paid: Result<(), _> = Err(Report);
    says!(
        ensure_ok!(paid),
        "paid is Err(cannot pay Caused by: no money)"
    );
}

#[test]
fn a_value_matches_a_pattern() -> Result {
    let account = account();
    ensure_matches!(account.state, State::Closed { .. });
    ensure_matches!(account.state, State::Closed { ref reason } if reason == "fraud");
    ensure_matches!(
        &account.state,
        State::Open | State::Closed { .. },
        "message",
    );
    ensure_matches!(account.name.as_str(), "alice" | "bob",);

    says!(
        ensure_matches!(account.state, State::Open),
        r#"account.state does not match State::Open: it is Closed { reason: "fraud" }"#
    );
    says!(
        ensure_matches!(account.balance, 14.. | ..3),
        "account.balance does not match 14.. | ..3: it is 3"
    );
    says!(
        ensure_matches!(account.balance, n if n > 3),
        "account.balance does not match n if n > 3: it is 3"
    );
    says!(
        ensure_matches!(account.balance, 14, "balance must be {}", 14),
        "balance must be 14: it is 3"
    );
    // It is still there.
    ensure_eq!(account.state, account.state.clone());
    Ok(())
}

#[test]
fn something_is_in_something_else() -> Result {
    let page = "hello, world".to_owned();
    let word = "hello".to_owned();
    ensure_contains!(page, "hello");
    ensure_contains!(&page, word);
    ensure_contains!(page.as_str(), &word);
    ensure_contains!(page, 'w', "message",);
    ensure_contains!(page[..5], word[1..]);
    ensure_contains!(Cow::from(&page), Cow::from(&word));
    ensure_contains!([1, 2], 2);
    ensure_contains!(vec![1, 2][1..], 2);
    ensure_contains!(vec![page.clone()], page);
    ensure_contains!(vec![page.clone()], "hello, world");
    ensure_contains!(Arc::new(VecDeque::from([1, 2])), 2);
    ensure_contains!(HashSet::from([word.clone()]), "hello");
    ensure_contains!(BTreeSet::from(["hello"]), word);
    ensure_contains!(HashMap::from([("hello", 1)]), "hello");
    ensure_contains!(&BTreeMap::from([(word.clone(), 1)]), word);
    ensure_contains!(200..300, 204);
    ensure_contains!(0.0..=1.0, 1.0);
    ensure_not_contains!(page, "bye");
    ensure_not_contains!([1, 2], 3, "message",);
    ensure_not_contains!(200..300, 300);

    says!(
        ensure_contains!(page, "bye"),
        r#"page does not contain "bye": needle is "bye", haystack is "hello, world""#
    );
    says!(
        ensure_contains!([1, 2], 3, "no {}", "three"),
        "no three: needle is 3, haystack is [1, 2]"
    );
    says!(
        ensure_not_contains!(page, word),
        r#"page contains word: needle is "hello", haystack is "hello, world""#
    );
    says!(
        ensure_not_contains!(200..300, 204, "no {}", "success"),
        "no success: needle is 204, haystack is 200..300"
    );
    Ok(())
}

#[test]
fn two_numbers_are_almost_equal() -> Result {
    let (sum, rate) = (0.1 + 0.2, 0.5_f32);
    ensure_almost_eq!(sum, 0.3);
    ensure_almost_eq!(sum, 0.3, "message",);
    ensure_almost_eq!(1.000_000_04, 1.0);
    ensure_almost_eq!(sum, 0.34, places = 1);
    ensure_almost_eq!(140.0, 100.0, places = -2, "message");
    ensure_almost_eq!(&rate, &0.6, tolerance = 0.2,);
    ensure_almost_eq!(f64::INFINITY, f64::INFINITY);
    ensure_almost_eq!(i32::MIN, i32::MIN + 2, tolerance = 2);
    ensure_almost_eq!(3_u8, 5, tolerance = 2, "message");
    ensure_almost_ne!(sum, 0.31);
    ensure_almost_ne!(1.000_000_06, 1.0);
    ensure_almost_ne!(sum, 0.36, places = 1);
    ensure_almost_ne!(rate, 0.75, tolerance = 0.2);
    ensure_almost_ne!(f64::NAN, f64::NAN);
    ensure_almost_ne!(f64::INFINITY, 1.0);

    let (now, second) = (Instant::now(), Duration::from_secs(1));
    ensure_almost_eq!(now, now + second, tolerance = second);
    ensure_almost_eq!(now + second, now, tolerance = second);
    ensure_almost_eq!(
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH + second,
        tolerance = second
    );
    ensure_almost_ne!(second, second * 3, tolerance = second);

    says!(
        ensure_almost_eq!(rate, 0.25),
        "rate is not almost 0.25: left is 0.5, right is 0.25, compared to 7 places"
    );
    says!(
        ensure_almost_eq!(rate, 0.25, places = 2),
        "rate is not almost 0.25: left is 0.5, right is 0.25, compared to 2 places"
    );
    says!(
        ensure_almost_eq!(rate, 0.25, tolerance = 0.125, "rate of {}", "today"),
        "rate of today: left is 0.5, right is 0.25, tolerance is 0.125"
    );
    says!(
        ensure_almost_eq!(f64::NAN, f64::NAN),
        "f64::NAN is not almost f64::NAN: left is NaN, right is NaN, compared to 7 places"
    );
    says!(
        ensure_almost_ne!(rate, 0.5),
        "rate is almost 0.5: left is 0.5, right is 0.5, compared to 7 places"
    );
    says!(
        ensure_almost_ne!(second, second * 2, tolerance = second),
        "second is almost second * 2: left is 1s, right is 2s, tolerance is 1s"
    );
    says!(
        ensure_almost_ne!(rate, 0.5, "rate must move"),
        "rate must move: left is 0.5, right is 0.5, compared to 7 places"
    );
    Ok(())
}

#[test]
fn two_pointers_are_the_same() -> Result {
    trait Named {}
    impl Named for Account {}

    let cache = Arc::new(account());
    let (shared, other) = (cache.clone(), Arc::new(account()));
    ensure_same!(cache, shared);
    ensure_same!(&cache, &shared);
    ensure_same!(cache, &shared, "message",);
    ensure_not_same!(cache, other);
    ensure_not_same!(&cache, &other);

    let named: Arc<dyn Named> = cache.clone();
    ensure_same!(named, named.clone());
    let (local, far) = (Rc::new(1), Rc::new(1));
    ensure_same!(local, local.clone());
    ensure_not_same!(local, far, "message");
    ensure_same!(&cache.name, &shared.name);
    ensure_not_same!(&cache.name, &other.name);
    ensure_same!(cache.name.as_str(), &*shared.name);
    ensure_not_same!(&cache.name[..1], &cache.name[..2]);

    says!(
        ensure_same!(cache, other),
        "cache and other are not the same"
    );
    says!(
        ensure_same!(cache, other, "one {}", "cache"),
        "one cache: cache and other are not the same"
    );
    says!(
        ensure_not_same!(cache, &shared),
        "cache and &shared are the same"
    );
    says!(
        ensure_not_same!(&cache.name, &cache.name, "two names"),
        "two names: &cache.name and &cache.name are the same"
    );
    Ok(())
}

#[test]
fn a_value_is_of_a_type() -> Result {
    fn borrowed(value: &dyn Any) -> Result {
        ensure_is!(value, u8);
        ensure_is_not!(value, i8);
        Ok(())
    }

    borrowed(&3_u8)?;
    let boxed: Box<dyn Any + Send> = Box::new("panicked");
    ensure_is!(boxed, &str);
    ensure_is!(&boxed, &'static str, "message",);
    ensure_is!(*boxed, &str);
    ensure_is_not!(boxed, String);
    let shared: Arc<dyn Any + Send + Sync> = Arc::new(account());
    ensure_is!(shared, Account);
    ensure_is_not!(shared, Arc<Account>);
    let error: Box<dyn StdError + Send + Sync> = fmt::Error.into();
    ensure_is!(error, fmt::Error);
    ensure_is_not!(error, Failure, "message");
    ensure_is!(std::io::Error::other(error).get_ref().unwrap(), fmt::Error);
    let numbers = vec![1_u8];
    ensure_is!(numbers, Vec<u8>);
    ensure_is_not!(numbers, Vec<i8>);

    says!(ensure_is!(boxed, String), "boxed is not of type String");
    says!(
        ensure_is!(numbers, Vec<i8>),
        "numbers is not of type Vec<i8>: it is of type alloc::vec::Vec<u8>"
    );
    says!(
        ensure_is!(numbers, Vec<i8>, "{} must be signed", "numbers"),
        "numbers must be signed: it is of type alloc::vec::Vec<u8>"
    );
    says!(ensure_is_not!(boxed, &str), "boxed is of type &str");
    says!(
        ensure_is_not!(numbers, Vec<u8>, "signed"),
        "signed: numbers is of type Vec<u8>"
    );
    Ok(())
}

#[test]
fn a_test_fails_or_is_skipped_where_it_says_so() {
    let status = 404;
    let failed = || -> Result { fail!("the printer answered {status}") };
    assert_eq!(message(failed), "the printer answered 404");

    let skipped = || -> Result { skip!("no {}", "printer") };
    let error = skipped().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Skipped);
    assert_eq!(error.message(), "no printer");
    assert_eq!(error.place().unwrap().file, file!());

    let through_anyhow = || -> anyhow::Result<()> { skip!("no printer") };
    let error = Error::from(through_anyhow().unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Skipped);
}

#[test]
fn the_place_is_that_of_the_assertion() {
    const BEFORE: u32 = line!() + 2;
    fn test(number: u32) -> Result {
        match number {
            0 => ensure!(number == 1),
            1 => ensure_eq!(number, 2),
            2 => _ = ensure_err!(Ok::<_, Error>(number)),
            3 => ensure_almost_eq!(number, 2, places = 0),
            4 => ensure_not_same!(&number, &number),
            _ => fail!("no"),
        }
        Ok(())
    }

    for number in 0..6 {
        let place = test(number).unwrap_err().place().cloned().unwrap();
        let line = BEFORE + 1 + number;
        assert_eq!((place.file.as_str(), place.line), (file!(), line));
    }
}

#[test]
fn a_failure_leaves_functions_of_any_error_type() {
    fn smoke(balance: i32) -> Result {
        ensure_eq!(balance, 14);
        Ok(())
    }
    fn with_anyhow(balance: i32) -> anyhow::Result<()> {
        ensure_eq!(balance, 14);
        Ok(())
    }
    fn with_eyre(balance: i32) -> eyre::Result<()> {
        ensure_eq!(balance, 14);
        Ok(())
    }
    fn boxed(balance: i32) -> Result<(), Box<dyn StdError + Send + Sync>> {
        ensure_eq!(balance, 14);
        Ok(())
    }
    fn plain(balance: i32) -> Result<(), Failure> {
        ensure_eq!(balance, 14);
        Ok(())
    }

    let errors: [Error; 5] = [
        smoke(3).unwrap_err(),
        with_anyhow(3).unwrap_err().into(),
        with_eyre(3).unwrap_err().into(),
        boxed(3).unwrap_err().into(),
        plain(3).unwrap_err().into(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Failed);
        assert_eq!(
            error.message(),
            "balance == 14 does not hold: left is 3, right is 14"
        );
        assert_eq!(error.place().unwrap().file, file!());
    }
    smoke(14).unwrap();
}

#[tokio::test]
async fn assertions_work_in_async_functions_and_blocks() {
    async fn balance() -> i32 {
        tokio::task::yield_now().await;
        3
    }
    async fn test() -> Result {
        ensure_eq!(balance().await, 3);
        let found = ensure_some!(Some(balance().await));
        ensure_eq!(found, 14, "of {}", balance().await);
        Ok(())
    }

    // On a runtime's thread, to see that the futures are `Send`.
    let error = tokio::spawn(test()).await.unwrap().unwrap_err();
    assert_eq!(error.message(), "of 3: left is 3, right is 14");

    let block = async {
        ensure_contains!([balance().await], 14);
        Ok::<_, Error>(())
    };
    let error = tokio::spawn(block).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
}

#[test]
fn operands_are_evaluated_once_and_messages_only_when_needed() -> Result {
    let count = Cell::new(0_i32);
    let next = || {
        count.set(count.get() + 1);
        count.get()
    };
    let never = || -> String { unreachable!() };

    ensure!(next() == 1, "{}", never());
    ensure_not!(next() == 1);
    ensure_eq!(next(), 3, "{}", never());
    ensure_lt!(next(), next());
    ensure_some!(Some(next()));
    ensure_none!(Some(next()).filter(|_| false));
    ensure_ok!(Ok::<_, Error>(next()));
    ensure_err!(Err::<(), _>(next()));
    ensure_err!(Err::<(), _>(next()), 10 | 11);
    ensure_matches!(next(), 11);
    ensure_contains!([next()], next() - 1);
    ensure_almost_eq!(next(), next(), tolerance = next().unsigned_abs());
    ensure_is!(next(), i32);
    ensure_eq!(count.get(), 17);

    let failing = message(|| {
        ensure_eq!(next(), next());
        Ok(())
    });
    assert!(failing.ends_with("left is 18, right is 19"), "{failing}");
    Ok(())
}

#[test]
fn operands_are_borrowed_and_may_be_unsized() -> Result {
    let account = account();
    ensure_eq!(account.name, account.name);
    ensure_eq!(*account.name, "alice"[..]);
    ensure_lt!([1, 2][..], [1, 3][..]);
    ensure_contains!(account.name, account.name);
    let nobody: Option<Account> = None;
    ensure_none!(nobody);
    ensure_none!(nobody);
    ensure_eq!(*Mutex::new(3).lock().unwrap(), 3);
    drop(account);
    Ok(())
}

#[test]
fn values_are_cut_at_200_characters() {
    fn ends(error: &Error) -> (&str, usize) {
        let (_, value) = error.message().split_once(" is ").unwrap();
        (value, value.chars().count())
    }
    fn test(value: impl Debug) -> Result {
        ensure_err!(Ok::<_, Error>(value), "so");
        Ok(())
    }

    let error = test("é".repeat(300)).unwrap_err();
    let (value, length) = ends(&error);
    assert_eq!(length, "Ok(".len() + 200 + "…)".chars().count());
    assert!(value.ends_with("é…)"), "{value}");

    let long = "x".repeat(300);
    let text = message(|| {
        ensure_eq!(long, "");
        Ok(())
    });
    let shown = "x".repeat(199);
    assert_eq!(
        text,
        format!(r#"long == "" does not hold: left is "{shown}…, right is """#)
    );
}
