//! What is shown while tests run.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use crate::process::run;
use crate::programs::{LET_GO, MANY};
use crate::redact::redacted;
use crate::terminal::{Options, Terminal};
use crate::tests;

tests![
    a_pipe_has_a_line_a_test_and_no_bar,
    each_of_very_many_tests_has_one_line,
    a_run_beside_it_is_not_shown,
    quiet_has_the_report_alone,
    verbose_says_where_the_time_went_and_twice_what_was_asked_for,
    a_terminal_has_a_bar_that_names_what_runs_and_for_how_long,
    a_narrow_terminal_has_its_bar_on_one_line,
    a_terminal_has_colours_unless_it_wants_none,
    the_report_in_a_pipe_has_neither_progress_nor_colours,
    a_terminal_that_cannot_go_back_has_no_bar,
];

fn a_pipe_has_a_line_a_test_and_no_bar() {
    // Without the suite, which says something itself, whenever it is set up.
    let ended = run("shop", &["--format", "json", "--skip", "shop::notes"]);
    redacted(|| assert_snapshot!("progress", ended.err));
    assert!(
        ended.out.starts_with("{\"status\":\"FAIL\""),
        "{}",
        ended.out
    );
}

fn each_of_very_many_tests_has_one_line() {
    let ended = run("many", &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    let lines = ended
        .err
        .lines()
        .filter(|line| line.starts_with("  passed"));
    let names: BTreeSet<_> = lines
        .clone()
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    assert_eq!((lines.count(), names.len()), (MANY, MANY));
}

fn a_run_beside_it_is_not_shown() {
    let ended = run("beside", &["shop::own", "-vv"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("shop::own"), "{}", ended.err);
    assert!(!ended.err.contains("shop::other"), "{}", ended.err);
}

fn quiet_has_the_report_alone() {
    let ended = run("shop", &["-q", "tag:money"]);
    assert_eq!(ended.err, "");
    assert!(
        ended.out.contains("FAIL 1 passed, 1 failed in "),
        "{}",
        ended.out
    );
}

fn verbose_says_where_the_time_went_and_twice_what_was_asked_for() {
    let once = run("shop", &["-v", "shop::page::sells"]);
    redacted(|| assert_snapshot!("verbose", once.err));
    let twice = run("shop", &["-vv", "shop::page::sells"]);
    redacted(|| assert_snapshot!("very_verbose", twice.err));
}

/// A program whose test holds until it is let go.
struct Held {
    terminal: Terminal,
    folder: tempfile::TempDir,
}

impl Held {
    fn start(columns: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("let-go");
        let environment = [(LET_GO, file.to_str().unwrap())];
        let options = Options {
            columns,
            environment: &environment,
            ..Options::default()
        };
        let terminal = Terminal::start("held", &[], &options);
        Self { terminal, folder }
    }

    fn let_go(&self) {
        std::fs::write(self.folder.path().join("let-go"), "").unwrap();
    }
}

/// For how long the bar says that the test has been running.
fn running_for(screen: &str) -> Option<f64> {
    let (time, _) = screen.split_once("s shop::a_holds")?;
    let (_, time) = time.rsplit_once(" 0/2 ")?;
    time.parse().ok()
}

fn a_terminal_has_a_bar_that_names_what_runs_and_for_how_long() {
    let held = Held::start(80);
    let screen = held.terminal.until(|screen| running_for(screen).is_some());
    let first = running_for(&screen);
    held.terminal.until(|screen| running_for(screen) > first);
    held.let_go();
    let left = held.terminal.end();
    assert_eq!(left.code, Some(0));
    // The bar is gone, and a line for each test is there.
    assert!(!left.screen.contains("0/2"), "{}", left.screen);
    assert!(!left.screen.contains("2/2"), "{}", left.screen);
    assert_eq!(
        left.screen.matches("  passed  [").count(),
        2,
        "{}",
        left.screen
    );
    assert!(left.screen.contains("PASS 2 passed in "), "{}", left.screen);
}

fn a_narrow_terminal_has_its_bar_on_one_line() {
    for (columns, shown) in [
        (24, "running 9 tests\n9/9 9.9s shop::a_holds"),
        (12, "running 9 te\nsts\n9/9 9.9s sho"),
    ] {
        let held = Held::start(columns);
        let digits = |screen: &str| screen.replace(|char: char| char.is_ascii_digit(), "9");
        held.terminal.until(|screen| digits(screen) == shown);
        held.let_go();
        let left = held.terminal.end();
        assert_eq!(left.code, Some(0));
        // What it was redrawn over is whole.
        let whole = left.screen.replace('\n', "");
        assert!(
            whole.contains("running 2 tests"),
            "{columns}: {}",
            left.screen
        );
        assert!(
            whole.contains("shop::b_follows"),
            "{columns}: {}",
            left.screen
        );
    }
}

fn a_terminal_has_colours_unless_it_wants_none() {
    let green = "\u{1b}[1m\u{1b}[32m";
    let colored = Terminal::start("shop", &["tag:money"], &Options::default()).end();
    assert!(
        colored.raw.contains(&format!("{green}  passed")),
        "{}",
        colored.raw
    );
    assert!(
        colored.raw.contains("\u{1b}[31mFAIL\u{1b}[0m 1 passed"),
        "{}",
        colored.raw
    );
    let options = Options {
        environment: &[("NO_COLOR", "1")],
        ..Options::default()
    };
    let plain = Terminal::start("shop", &["tag:money"], &options).end();
    assert!(plain.raw.contains("FAIL 1 passed"), "{}", plain.raw);
    for color in 30..38 {
        assert!(!plain.raw.contains(&format!("[{color}m")), "{}", plain.raw);
    }
}

fn the_report_in_a_pipe_has_neither_progress_nor_colours() {
    let options = Options {
        piped: true,
        ..Options::default()
    };
    let left = Terminal::start("shop", &["shop::cart::adds_up"], &options).end();
    assert!(left.screen.contains("  passed  ["), "{}", left.screen);
    assert!(left.piped.contains("PASS 1 passed in "), "{}", left.piped);
    assert!(!left.piped.contains('\u{1b}'), "{}", left.piped);
    assert!(!left.piped.contains("adds_up"), "{}", left.piped);
}

fn a_terminal_that_cannot_go_back_has_no_bar() {
    let options = Options {
        environment: &[("TERM", "dumb")],
        ..Options::default()
    };
    let left = Terminal::start("shop", &["tag:money"], &options).end();
    assert!(!left.raw.contains('\u{1b}'), "{}", left.raw);
    assert!(left.screen.contains("  passed  ["), "{}", left.screen);
}
