//! Whole answers, as they go over the wire.

use std::time::Duration;

use insta::assert_snapshot;
use smoke_report::{Format, Kind, Outcome, Place, Report, RequestMade, TestReport, Times};

fn test(name: &str, kind: Kind, outcome: Outcome) -> TestReport {
    let class = name.rsplit_once("::").expect("a name is a path").0;
    TestReport::new(name, class, kind, outcome, Duration::from_micros(1500))
}

fn report(tests: impl IntoIterator<Item = TestReport>) -> Report {
    let mut report = Report::new("0f9c");
    report.build = Some("4f2a91c".to_owned());
    report.instance = Some("web-1".to_owned());
    report.duration = Duration::from_nanos(1_200_307_861);
    report.tests = tests.into_iter().collect();
    report
}

fn times() -> Times {
    let mut times = Times::default();
    times.waiting = Duration::from_millis(20);
    times.sandbox = Duration::from_micros(300);
    times.app_build = Duration::from_micros(200);
    times.body = Duration::from_micros(1000);
    times
}

fn passing() -> Report {
    report([
        test(
            "shop::users::a_user_can_be_created",
            Kind::Http,
            Outcome::Passed,
        )
        .with_description("A user can be created through the real handler.")
        .with_tags(["users"])
        .with_times(times())
        .with_requests([RequestMade::new("POST", "/users")
            .with_status(201)
            .with_duration(Duration::from_micros(900))]),
        test(
            "shop::users::emails_are_unique",
            Kind::Database,
            Outcome::Passed,
        ),
        test(
            "shop::users::names_are_trimmed",
            Kind::Unit,
            Outcome::Passed,
        ),
    ])
}

fn failing() -> Report {
    let mut report = report([
        test(
            "shop::jobs::queue_is_short",
            Kind::Database,
            Outcome::Errored,
        )
        .with_message("cannot connect")
        .with_causes(["connection refused", "os error 111"]),
        test("shop::mail::FAILs_over", Kind::Unit, Outcome::Skipped).with_message("no mail here"),
        test("billing::Accounts::can_login", Kind::Http, Outcome::Failed)
            .with_times(times())
            .with_message("balance must be 14\nleft: \"PASS\"\nright: 'C:\\new'")
            .with_place(Place::new("src/accounts.rs", 3, 5)),
        test("billing::Accounts::opens", Kind::Http, Outcome::Passed),
        test("billing::Accounts::PASSES", Kind::Unit, Outcome::Failed),
        test("shop::mail::is_sent", Kind::Unit, Outcome::Skipped),
    ]);
    report
        .reasons
        .push("4 tests ran, at least 5 are expected".to_owned());
    report
}

fn long() -> Report {
    report((0..40).map(|n| {
        let message = "日本PASS\n".repeat(if n == 0 { 1000 } else { 20 });
        test(&format!("shop::t{n}"), Kind::Unit, Outcome::Failed).with_message(message)
    }))
}

#[test]
fn a_pass() {
    assert_snapshot!("pass_text", passing().render(Format::Text));
    assert_snapshot!("pass_json", passing().render(Format::Json));
}

#[test]
fn a_pass_with_a_skipped_test() {
    let mut report = passing();
    report.tests.push(
        test("shop::mail::FAILs_over", Kind::Unit, Outcome::Skipped).with_message("no mail here"),
    );
    assert_snapshot!("skipped_text", report.render(Format::Text));
    assert_snapshot!("skipped_json", report.render(Format::Json));
}

#[test]
fn a_fail() {
    assert_snapshot!("fail_text", failing().render(Format::Text));
    assert_snapshot!("fail_json", failing().render(Format::Json));
}

#[test]
fn a_fail_as_a_stranger_sees_it() {
    assert_snapshot!(
        "stranger_text",
        failing().without_details().render(Format::Text)
    );
    assert_snapshot!(
        "stranger_json",
        failing().without_details().render(Format::Json)
    );
}

#[test]
fn a_refusal() {
    let report = Report::refused("0f9c", "busy: 2 runs at once and 8 waiting");
    assert_snapshot!("refused_text", report.render(Format::Text));
    assert_snapshot!("refused_json", report.render(Format::Json));
}

#[test]
fn an_answer_that_is_cut() {
    let text = long().render(Format::Text);
    assert!(text.len() < 4096);
    assert_snapshot!("cut_text", text);
}

/// Snapshots disregard the end of a text; probers and shells do not.
#[test]
fn answers_end_in_one_newline() {
    for report in [passing(), failing(), long(), Report::new("0f9c")] {
        for format in [Format::Text, Format::Json] {
            let body = report.render(format);
            assert!(body.ends_with('\n') && !body.ends_with("\n\n"), "{body}");
        }
    }
}

#[test]
fn an_answer_is_as_long_as_it_may_be_before_it_is_cut() {
    let of = |n: usize| {
        let mut report = Report::new("0f9c");
        report.reasons = vec!["x".repeat(1000); 3];
        report.reasons.push("x".repeat(n));
        report.render(Format::Text)
    };
    let longest = (0..1000)
        .map(of)
        .take_while(|body| !body.contains("... and"))
        .last()
        .unwrap();
    assert_eq!(longest.len(), 4095);
    let cut = (0..1000)
        .map(of)
        .find(|body| body.contains("... and"))
        .unwrap();
    assert!(cut.ends_with("\n... and 1 more line\n"));
}

/// The failing report, with what its tests have logged.
fn failing_with_logs() -> Report {
    let mut report = failing();
    report.tests[0].log = vec!["WARN shop::db: no connection for 2 s".to_owned()];
    report.tests[2].log = vec![
        "INFO shop::billing: charged amount=14".to_owned(),
        "ERROR shop::billing: the ledger says:\n13, and it is no PASS".to_owned(),
    ];
    report
}

#[test]
fn what_a_test_logged_stands_after_its_line() {
    let report = failing_with_logs();
    assert_snapshot!("log_text", report.render(Format::Text));
    assert_snapshot!("log_json", report.render(Format::Json));
    let stranger = report.without_details();
    for format in [Format::Text, Format::Json] {
        let shown = stranger.render(format);
        assert_eq!(shown, failing().without_details().render(format));
    }
}

#[test]
fn what_was_logged_has_the_room_that_the_tests_leave() {
    let logged = |lines: usize, mut report: Report| {
        let first = report.tests.first_mut().unwrap();
        first.log = (0..lines).map(|n| format!("INFO shop: step {n}")).collect();
        report.render(Format::Text)
    };
    assert_eq!(logged(100, long()), long().render(Format::Text));

    let few = || report(failing().tests);
    let text = logged(500, few());
    assert!(text.len() < 4096, "{}", text.len());
    let (tests, log): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| !line.starts_with("    "));
    assert_eq!(tests.join("\n") + "\n", few().render(Format::Text));
    let (cut, whole) = log.split_last().unwrap();
    assert_eq!(
        whole.last(),
        Some(&&*format!("    INFO shop: step {}", whole.len() - 1))
    );
    assert_eq!(
        *cut,
        format!("    ... and {} more lines were logged", 500 - whole.len())
    );
}
