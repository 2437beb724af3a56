//! The rules, without anybody who answers.

use std::time::{Duration, SystemTime};

use smoke_report::{Kind, Outcome as Found, Report, Scope, TestReport};
use tokio::time::Instant;

use super::machine::{Machine, Next, Terms};
use super::odd::remarks;
use super::outcome::{End, Outcome};
use super::report::render;
use super::standing::{State, What};
use crate::exit::Exit;
use crate::output::Format;
use crate::signals::Signal;
use crate::smoke::replica::Replica;
use crate::smoke::resolve::Resolved;
use crate::smoke::said::{Identity, Said, Unsaid};
use crate::smoke::target::Target;

const BUILD: &str = "new";
const TIME: Duration = Duration::from_secs(300);

/// What a replica says in a round.
#[derive(Clone, Copy)]
enum Says {
    Pass,
    Fail,
    OldBuild,
    NoBuild,
    NoAnswer,
    Busy,
    Starved,
    NoOwnTests,
    /// The same by a build that has no word for it.
    NoOwnTestsInWords,
    OnlySkipped,
    NotRun,
    Run(&'static [&'static str], Duration),
}

use Says::*;

impl Says {
    fn identity(self, instance: &str) -> Result<Identity, Unsaid> {
        let build = match self {
            NoAnswer => return Err("no answer".to_owned().into()),
            NoBuild => None,
            OldBuild => Some("old".to_owned()),
            _ => Some(BUILD.to_owned()),
        };
        let instance = Some(instance.to_owned());
        Ok(Identity { build, instance })
    }

    fn said(self, what: What, instance: &str) -> Result<Said, Unsaid> {
        let mut report = Report::new("run").with_build(BUILD).with_instance(instance);
        let disk = |outcome| test("shop::disk", outcome, Scope::Instance);
        let shared = match what {
            What::Everything => Some(test("shop::sells", Found::Passed, Scope::Shared)),
            What::Own => None,
        };
        let (mut reason, mut retry_after) = (None, None);
        report = match self {
            Pass => report.with_tests(shared.into_iter().chain([disk(Found::Passed)])),
            Fail => report.with_tests(shared.into_iter().chain([disk(Found::Failed)])),
            Starved => {
                let mut late = disk(Found::Errored);
                late.starved = true;
                report.with_tests([late])
            }
            NoOwnTests | NoOwnTestsInWords if what == What::Everything => report.with_tests(shared),
            NoOwnTests => {
                reason = Some("nothing".to_owned());
                report.with_reasons(["nothing is chosen"])
            }
            NoOwnTestsInWords => report.with_reasons(["no test is selected"]),
            OnlySkipped if what == What::Everything => {
                report.with_tests(shared.into_iter().chain([disk(Found::Skipped)]))
            }
            OnlySkipped => {
                let report = report.with_tests([disk(Found::Skipped)]);
                let reasons = report.fail_reasons();
                report.with_reasons(reasons)
            }
            NotRun => report.with_reasons(["not run: a panic hook is still at work"]),
            Busy => {
                reason = Some("busy".to_owned());
                retry_after = Some(Duration::from_secs(20));
                report.with_reasons(["busy: as many runs as the limits allow"])
            }
            Run(names, took) => {
                let own = names
                    .iter()
                    .map(|name| test(name, Found::Passed, Scope::Instance));
                report
                    .with_tests(shared.into_iter().chain(own))
                    .with_duration(took)
            }
            OldBuild | NoBuild | NoAnswer => unreachable!("it runs nothing"),
        };
        Ok(Said {
            report,
            reason,
            retry_after,
        })
    }
}

fn test(name: &str, outcome: Found, scope: Scope) -> TestReport {
    TestReport::new(name, "shop", Kind::Unit, outcome, Duration::ZERO).with_scope(scope)
}

struct Fleet {
    machine: Machine,
    now: Instant,
}

impl Fleet {
    fn new(at_least: usize) -> Self {
        Self {
            machine: Machine::new(Terms {
                build: BUILD.to_owned(),
                at_least,
                slow: false,
                everywhere: false,
            }),
            now: Instant::now(),
        }
    }

    /// A round in which these answer; each is an instance of its own. Who was asked to run what.
    fn round(&mut self, fleet: &[(&str, Says)]) -> (Vec<(String, What)>, Next) {
        let named: Vec<_> = fleet
            .iter()
            .map(|(name, says)| (*name, *name, *says))
            .collect();
        self.round_of(&named, &[])
    }

    fn round_of(
        &mut self,
        fleet: &[(&str, &str, Says)],
        problems: &[&str],
    ) -> (Vec<(String, What)>, Next) {
        let replica = |name: &str| {
            let target: Target = format!("http://{name}").parse().unwrap();
            Replica {
                name: name.to_owned(),
                ..Replica::itself(&target)
            }
        };
        let resolved = Resolved {
            replicas: fleet.iter().map(|(name, ..)| replica(name)).collect(),
            problems: problems
                .iter()
                .map(|problem| (*problem).to_owned())
                .collect(),
        };
        let moment = (self.now, 0.5);
        let says = |at: usize| (fleet[at].1, fleet[at].2);
        for at in self.machine.begin(resolved, self.now) {
            let (instance, says) = says(at);
            self.machine.identified(at, says.identity(instance), moment);
        }
        let planned = self.machine.plan();
        let mut asked = Vec::new();
        for (at, what) in planned {
            let (instance, says) = says(at);
            asked.push((fleet[at].0.to_owned(), what));
            self.machine
                .ran(at, what, says.said(what, instance), moment);
        }
        self.now += Duration::from_secs(2);
        (asked, self.machine.end())
    }

    fn outcome(&self, end: End) -> Outcome {
        Outcome::of(&self.machine, end, (SystemTime::now(), Duration::ZERO))
    }

    fn late(&self) -> (Exit, String) {
        let outcome = self.outcome(End::Late(TIME));
        (outcome.exit, outcome.reasons.join("\n"))
    }

    fn state(&self, at: usize) -> &State {
        &self.machine.standings[at].state
    }
}

fn names(asked: &[(String, What)], wanted: What) -> Vec<&str> {
    let asked = asked.iter().filter(|(_, what)| *what == wanted);
    asked.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_pass_takes_two_rounds_in_a_row() {
    let mut fleet = Fleet::new(3);
    let all = [("a", Pass), ("b", Pass), ("c", Pass)];
    assert_eq!(fleet.round(&all).1, Next::Round);
    assert_eq!(fleet.round(&all).1, Next::Pass);
    assert_eq!(fleet.outcome(End::Decided).exit, Exit::Pass);
    assert_eq!(fleet.outcome(End::Decided).reasons, [""; 0]);
}

#[test]
fn one_replica_runs_the_shared_tests_in_both_rounds_and_the_others_their_own() {
    let mut fleet = Fleet::new(3);
    let all = [("a", Pass), ("b", Pass), ("c", Pass)];
    for _ in 0..2 {
        let (asked, _) = fleet.round(&all);
        assert_eq!(names(&asked, What::Everything), ["a"]);
        assert_eq!(names(&asked, What::Own), ["b", "c"]);
    }
    // In another order it is the same one.
    let mut fleet = Fleet::new(2);
    fleet.round(&[("b", Pass), ("c", Pass)]);
    let (asked, _) = fleet.round(&[("a", Pass), ("b", Pass), ("c", Pass)]);
    assert_eq!(names(&asked, What::Everything), ["b"]);
}

#[test]
fn all_run_everything_where_that_is_wanted() {
    let mut fleet = Fleet::new(2);
    fleet.machine.terms.everywhere = true;
    let (asked, _) = fleet.round(&[("a", Pass), ("b", Pass)]);
    assert_eq!(names(&asked, What::Everything), ["a", "b"]);
}

#[test]
fn other_instances_between_two_rounds_begin_anew() {
    let mut fleet = Fleet::new(2);
    fleet.round(&[("a", Pass), ("b", Pass)]);
    assert_eq!(fleet.round(&[("a", Pass), ("c", Pass)]).1, Next::Round);
    // At the same address, and started anew under another name.
    let other = [("a", "a", Pass), ("c", "c-2", Pass)];
    assert_eq!(fleet.round_of(&other, &[]).1, Next::Round);
    assert_eq!(fleet.round_of(&other, &[]).1, Next::Pass);
}

#[test]
fn a_replica_that_joins_has_to_pass_twice_too() {
    let mut fleet = Fleet::new(1);
    fleet.round(&[("a", Pass)]);
    assert_eq!(fleet.round(&[("a", Pass), ("b", Pass)]).1, Next::Round);
    assert_eq!(fleet.round(&[("a", Pass), ("b", Pass)]).1, Next::Pass);
}

#[test]
fn too_few_are_waited_for_and_nobody_can_say() {
    let mut fleet = Fleet::new(3);
    for _ in 0..5 {
        assert_eq!(fleet.round(&[("a", Pass), ("b", Pass)]).1, Next::Round);
    }
    let (exit, why) = fleet.late();
    assert_eq!(exit, Exit::Unknown);
    assert!(why.contains("2 of 3 replicas were there"), "{why}");
}

#[test]
fn two_addresses_of_one_instance_are_one() {
    let mut fleet = Fleet::new(2);
    let both = [("v4", "web-1", Pass), ("v6", "web-1", Pass)];
    fleet.round_of(&both, &[]);
    assert_eq!(fleet.round_of(&both, &[]).1, Next::Round);
    assert!(
        fleet
            .late()
            .1
            .contains("1 of 2 replicas were there behind 2 addresses")
    );
}

#[test]
fn nobody_at_all_is_no_pass() {
    let mut fleet = Fleet::new(1);
    for _ in 0..3 {
        let next = fleet
            .round_of(&[], &["dns+http://shop: resolves to nothing"])
            .1;
        assert_eq!(next, Next::Round);
    }
    let (exit, why) = fleet.late();
    assert_eq!(exit, Exit::Unknown);
    assert!(why.contains("resolves to nothing"), "{why}");
}

#[test]
fn a_target_that_leads_to_nobody_keeps_the_gate_shut_though_others_pass() {
    let mut fleet = Fleet::new(1);
    for _ in 0..3 {
        let next = fleet
            .round_of(
                &[("a", "a", Pass)],
                &["srv+http://shop: resolves to nothing"],
            )
            .1;
        assert_eq!(next, Next::Round);
    }
    assert_eq!(fleet.late().0, Exit::Unknown);
}

#[test]
fn who_looks_for_the_word_in_a_report_finds_the_verdict_alone() {
    let mut fleet = Fleet::new(1);
    fleet.round_of(
        &[("a", "a", Pass)],
        &["srv+http://PASS: resolves to nothing"],
    );
    let outcome = fleet.outcome(End::Late(TIME));
    for format in [Format::Text, Format::Json] {
        let report = render(&fleet.machine, &outcome, format).unwrap();
        assert!(
            report.contains("FAIL") && !report.contains("PASS"),
            "{report}"
        );
    }
}

#[test]
fn another_build_is_waited_for_and_runs_nothing_and_is_a_fail_in_the_end() {
    let mut fleet = Fleet::new(2);
    for _ in 0..3 {
        let (asked, next) = fleet.round(&[("a", OldBuild), ("b", OldBuild)]);
        assert_eq!((asked.len(), next), (0, Next::Round));
    }
    let (exit, why) = fleet.late();
    assert_eq!(exit, Exit::Fail);
    assert!(why.contains("2 of 2 ran another build than new"), "{why}");
    // It is replaced in time.
    fleet.round(&[("a", Pass), ("b", OldBuild)]);
    fleet.round(&[("a", Pass), ("b", Pass)]);
    assert_eq!(fleet.round(&[("a", Pass), ("b", Pass)]).1, Next::Pass);
}

#[test]
fn as_long_as_others_are_waited_for_nobody_runs_what_has_passed() {
    let mut fleet = Fleet::new(2);
    assert_eq!(fleet.round(&[("a", OldBuild), ("b", Pass)]).0.len(), 1);
    for _ in 0..5 {
        assert_eq!(fleet.round(&[("a", OldBuild), ("b", Pass)]).0, []);
    }
    // Both of the two rounds are whole.
    assert_eq!(fleet.round(&[("a", Pass), ("b", Pass)]).0.len(), 2);
    assert_eq!(fleet.round(&[("a", Pass), ("b", Pass)]).0.len(), 2);
}

#[test]
fn a_fail_of_the_wanted_build_is_asked_once_more_and_is_final() {
    let mut fleet = Fleet::new(2);
    assert_eq!(fleet.round(&[("a", Pass), ("b", Fail)]).1, Next::Round);
    let (asked, next) = fleet.round(&[("a", Pass), ("b", Fail)]);
    assert!(names(&asked, What::Own).contains(&"b"));
    assert_eq!(next, Next::Fail);
    let outcome = fleet.outcome(End::Decided);
    assert_eq!(outcome.exit, Exit::Fail);
    assert_eq!(outcome.reasons, ["1 of 2 failed"]);
    assert_eq!(
        outcome.odd,
        [
            vec![],
            vec!["fails where 1 other pass: shop::disk".to_owned()]
        ]
    );
}

#[test]
fn a_fail_that_passes_when_it_is_asked_once_more_is_forgotten() {
    let mut fleet = Fleet::new(2);
    fleet.round(&[("a", Pass), ("b", Fail)]);
    fleet.round(&[("a", Pass), ("b", Pass)]);
    assert_eq!(fleet.round(&[("a", Pass), ("b", Pass)]).1, Next::Pass);
    // And not counted with a later one.
    let mut fleet = Fleet::new(1);
    for says in [Fail, Pass, Fail] {
        assert_eq!(fleet.round(&[("a", says)]).1, Next::Round);
    }
    assert_eq!(fleet.late().0, Exit::Fail);
}

#[test]
fn a_fail_is_not_made_up_for_by_silence() {
    let mut fleet = Fleet::new(1);
    fleet.round(&[("a", Fail)]);
    fleet.round(&[("a", NoAnswer)]);
    assert_eq!(fleet.late().0, Exit::Fail);
    fleet.now += TIME;
    assert_eq!(fleet.round(&[("a", Fail)]).1, Next::Fail);
}

#[test]
fn who_does_not_answer_is_left_alone_for_longer_and_longer() {
    let mut fleet = Fleet::new(1);
    let asked = |fleet: &mut Fleet| {
        let before = fleet
            .machine
            .standings
            .first()
            .and_then(|one| one.left_alone);
        fleet.round(&[("a", NoAnswer)]);
        fleet.machine.standings[0].left_alone != before
    };
    let rounds: Vec<_> = (0..20).map(|_| asked(&mut fleet)).collect();
    let asked = rounds.iter().filter(|asked| **asked).count();
    // Every two seconds at first, and every ten in the end.
    assert_eq!(rounds[..4], [true, true, true, false]);
    assert_eq!(asked, 7);
    assert_eq!(fleet.late().0, Exit::Unknown);
}

#[test]
fn retry_after_is_waited_for() {
    let mut fleet = Fleet::new(1);
    assert_eq!(fleet.round(&[("a", Busy)]).0.len(), 1);
    // Twenty seconds, and an eighth: rounds are two seconds apart.
    let asked = (0..10)
        .map(|_| fleet.round(&[("a", Pass)]).0.len())
        .sum::<usize>();
    assert_eq!(asked, 0);
    fleet.now += Duration::from_secs(2);
    assert_eq!(fleet.round(&[("a", Pass)]).0.len(), 1);
    assert_eq!(fleet.round(&[("a", Pass)]).1, Next::Pass);
}

#[test]
fn chance_has_not_all_asked_at_the_same_moment() {
    let mut fleet = Fleet::new(1);
    let left_alone = [0.0, 0.5, 1.0].map(|chance| {
        let resolved = Resolved {
            replicas: vec![Replica::itself(&"http://a".parse().unwrap())],
            problems: Vec::new(),
        };
        fleet.machine = Machine::new(fleet.machine.terms.clone());
        fleet.machine.begin(resolved, fleet.now);
        let unsaid = Err("no answer".to_owned().into());
        fleet.machine.identified(0, unsaid, (fleet.now, chance));
        fleet.machine.standings[0].left_alone.unwrap() - fleet.now
    });
    assert_eq!(left_alone, [500, 1000, 1500].map(Duration::from_millis));
}

#[test]
fn without_a_build_nobody_could_say() {
    let mut fleet = Fleet::new(1);
    assert_eq!(fleet.round(&[("a", NoBuild)]), (vec![], Next::Round));
    let (exit, why) = fleet.late();
    assert_eq!(exit, Exit::Unknown);
    assert!(why.contains("1 of 1 named no build"), "{why}");
}

#[test]
fn one_beats_three() {
    let mut fleet = Fleet::new(9);
    fleet.round(&[
        ("a", NoAnswer),
        ("b", OldBuild),
        ("c", NoBuild),
        ("d", Busy),
    ]);
    let (exit, why) = fleet.late();
    assert_eq!(exit, Exit::Fail);
    assert_eq!(
        why,
        "not all was well within 5m\n1 of 4 ran another build than new\n2 of 4 could not say\n\
         1 of 4 named no build: is the token right, and .build_id(..) or SMOKE_BUILD set?\n\
         4 of 9 replicas were there"
    );
}

#[test]
fn tests_that_the_runner_had_no_time_for_say_nothing_of_the_application() {
    let mut fleet = Fleet::new(1);
    assert_eq!(fleet.round(&[("a", Starved)]).1, Next::Round);
    assert!(matches!(fleet.state(0), State::Unknown(_)));
    assert_eq!(fleet.late().0, Exit::Unknown);
}

#[test]
fn replicas_without_tests_of_their_own_pass_with_the_shared_ones() {
    for says in [NoOwnTests, NoOwnTestsInWords, OnlySkipped] {
        let mut fleet = Fleet::new(2);
        fleet.round(&[("a", says), ("b", says)]);
        assert_eq!(fleet.round(&[("a", says), ("b", says)]).1, Next::Pass);
    }
}

#[test]
fn a_replica_that_runs_none_of_the_instance_tests_of_its_build_is_no_pass() {
    let mut fleet = Fleet::new(3);
    for says in [NoOwnTests, NoOwnTestsInWords, OnlySkipped] {
        let all = [("a", Pass), ("b", Pass), ("c", says)];
        fleet.round(&all);
        assert_eq!(fleet.round(&all).1, Next::Round);
        assert_eq!(fleet.late().0, Exit::Unknown);
        let odd = remarks(&fleet.machine.standings);
        assert_eq!(odd[2], ["another set of tests: without shop::disk"]);
    }
}

#[test]
fn a_run_that_did_not_begin_is_no_pass() {
    let mut fleet = Fleet::new(2);
    fleet.machine.terms.slow = true;
    let all = [("a", NoOwnTests), ("b", NotRun)];
    for _ in 0..3 {
        assert_eq!(fleet.round(&all).1, Next::Round);
    }
    assert_eq!(fleet.late().0, Exit::Unknown);
}

#[test]
fn runs_that_one_replica_has_had_for_all_are_no_pass() {
    let mut fleet = Fleet::new(2);
    let urls = ["http://a", "http://b"].map(|url| Replica::itself(&url.parse().unwrap()));
    for _ in 0..3 {
        let resolved = Resolved {
            replicas: urls.to_vec(),
            problems: Vec::new(),
        };
        let moment = (fleet.now, 0.5);
        fleet.machine.begin(resolved, fleet.now);
        for (at, instance) in ["web-1", "web-2"].into_iter().enumerate() {
            fleet
                .machine
                .identified(at, Pass.identity(instance), moment);
        }
        // A balancer gives all that is posted to one.
        for (at, what) in fleet.machine.plan() {
            fleet
                .machine
                .ran(at, what, Pass.said(what, "web-1"), moment);
        }
        assert_eq!(fleet.machine.end(), Next::Round);
    }
}

#[test]
fn the_shared_tests_move_on_where_their_replica_vanishes() {
    let mut fleet = Fleet::new(2);
    fleet.round(&[("a", Pass), ("b", Pass), ("c", OldBuild)]);
    let (asked, _) = fleet.round(&[("b", Pass), ("c", OldBuild)]);
    assert_eq!(asked, [("b".to_owned(), What::Everything)]);
    fleet.round(&[("b", Pass), ("c", Pass)]);
    assert_eq!(fleet.round(&[("b", Pass), ("c", Pass)]).1, Next::Pass);
}

#[test]
fn a_build_that_changes_between_who_and_run_is_another() {
    let mut fleet = Fleet::new(1);
    let resolved = Resolved {
        replicas: vec![Replica::itself(&"http://a".parse().unwrap())],
        problems: Vec::new(),
    };
    let moment = (fleet.now, 0.5);
    fleet.machine.begin(resolved, fleet.now);
    fleet.machine.identified(0, Pass.identity("a"), moment);
    assert_eq!(fleet.machine.plan().len(), 1);
    let mut said = Pass.said(What::Everything, "a").unwrap();
    said.report.build = Some("old".to_owned());
    fleet.machine.ran(0, What::Everything, Ok(said), moment);
    assert_eq!(
        (fleet.machine.end(), fleet.state(0)),
        (Next::Round, &State::Other)
    );
}

#[test]
fn who_is_stopped_gets_the_code_of_the_signal_whatever_was_found() {
    let mut fleet = Fleet::new(1);
    fleet.round(&[("a", Fail)]);
    let outcome = fleet.outcome(End::Stopped(Signal::Terminate));
    assert_eq!(outcome.exit, Exit::Stopped(Signal::Terminate));
    assert_eq!(outcome.reasons, ["stopped by SIGTERM", "1 of 1 failed"]);
}

#[test]
fn the_odd_one_is_named() {
    let mut fleet = Fleet::new(1);
    let (quick, slow) = (Duration::from_millis(20), Duration::from_secs(2));
    let usual = Run(&["shop::disk", "shop::heap"], quick);
    fleet.round(&[
        ("a", usual),
        ("b", usual),
        ("c", usual),
        ("d", Run(&["shop::disk", "shop::heap"], slow)),
        ("e", Run(&["shop::disk", "shop::x"], quick)),
        ("f", OldBuild),
    ]);
    let odd = remarks(&fleet.machine.standings);
    let found: Vec<_> = odd.iter().map(|odd| odd.join("; ")).collect();
    assert_eq!(
        found,
        [
            "",
            "",
            "",
            "slower by far: 100 times as long as most",
            "another set of tests: without shop::heap; shop::x besides",
            "another build than 5 others",
        ]
    );
}

#[test]
fn of_two_that_differ_neither_is_the_odd_one() {
    let mut fleet = Fleet::new(1);
    let (quick, slow) = (Duration::from_millis(20), Duration::from_secs(2));
    fleet.round(&[("a", Run(&["x"], quick)), ("b", Run(&["y"], slow))]);
    assert_eq!(remarks(&fleet.machine.standings), [vec![""; 0], vec![]]);
}
