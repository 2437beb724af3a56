//! The verdict's opposite occurs nowhere in an answer, and a text answer keeps its shape whatever it says.

mod any_report;

use any_report::any_report;
use proptest::prelude::*;
use smoke_report::Format;

proptest! {
    #[test]
    fn no_answer_holds_the_opposite_of_its_verdict(report in any_report()) {
        let opposite = report.verdict().opposite().to_string();
        for format in [Format::Text, Format::Json] {
            let body = report.render(format);
            prop_assert!(!body.contains(&opposite), "{body}");
        }
    }

    #[test]
    fn text_begins_with_the_verdict_and_stays_under_4096_bytes(report in any_report()) {
        let body = report.render(Format::Text);
        let first_line = format!("{}\n", report.verdict());
        prop_assert!(body.starts_with(&first_line));
        prop_assert!(body.ends_with('\n'));
        prop_assert!(body.len() < 4096, "{} bytes", body.len());
        prop_assert!(body.chars().all(|char| char == '\n' || !char.is_control()));
    }

    #[test]
    fn text_has_or_counts_every_line(mut report in any_report()) {
        report.tests.iter_mut().for_each(|test| test.log.clear());
        let body = report.render(Format::Text);
        let counts = report.counts();
        let expected = report.fail_reasons().len() + counts.failed
            + counts.errored + counts.warned + counts.skipped;
        let lines: Vec<&str> = body.split_once("\n\n").map_or("", |(_, lines)| lines).lines().collect();
        let left_out = lines.last().and_then(|last| last.strip_prefix("... and ")?.split_once(" more line"));
        let found = match left_out {
            Some((count, _)) => lines.len() - 1 + count.parse::<usize>().unwrap(),
            None => lines.len(),
        };
        prop_assert_eq!(found, expected, "{}", body);
    }
}
