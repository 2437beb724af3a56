//! How times, names and verdicts are said to people.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use smoke_report::Verdict;

/// `1.2 ms`, `340 ms`, `2.1 s`, `3 min`.
pub(super) fn time(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    match time.as_secs() {
        0 if millis < 0.1 => format!("{} µs", time.as_micros()),
        0 if millis < 10.0 => format!("{millis:.1} ms"),
        0 => format!("{millis:.0} ms"),
        1..10 => format!("{:.1} s", time.as_secs_f64()),
        seconds => whole(seconds),
    }
}

/// `30 s`, `5 min`, `3 h`, `2 d`: no more than a person wants to know.
pub(super) fn whole(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How long ago a moment was, and the moment itself.
pub(super) fn ago(then: SystemTime, now: SystemTime) -> Markup {
    let ago = now.duration_since(then).unwrap_or_default().as_secs();
    let stamp = humantime::format_rfc3339_seconds(then).to_string();
    html! {
        time datetime=(stamp) title=(stamp) { (whole(ago)) " ago" }
    }
}

/// The class of what has that verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
    }
}

/// The verdict within a list. The one at the top alone is written in capitals.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
    }
}

/// The name of a test, which may be broken after each `::`.
pub(super) fn path(name: &str) -> Markup {
    let parts: Vec<_> = name.split("::").collect();
    html! {
        bdi {
            @for (at, part) in parts.iter().enumerate() {
                @if at > 0 { "::" wbr; }
                (part)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_as_many_digits_as_one_reads() {
        for (micros, said) in [
            (0, "0 µs"),
            (7, "7 µs"),
            (1_230, "1.2 ms"),
            (34_567, "35 ms"),
            (999_400, "999 ms"),
            (2_140_000, "2.1 s"),
            (31_000_000, "31 s"),
            (185_000_000, "3 min"),
        ] {
            assert_eq!(time(Duration::from_micros(micros)), said);
        }
        assert_eq!(whole(7_300), "2 h");
        assert_eq!(whole(200_000), "2 d");
    }

    #[test]
    fn a_moment_is_told_with_its_date() {
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let said = ago(then, then + Duration::from_secs(150)).into_string();
        assert!(said.contains(">2 min ago<"), "{said}");
        assert!(said.contains("datetime=\"1970-01-01T00:16:40Z\""), "{said}");
        // A clock that was set back.
        assert!(
            ago(then, SystemTime::UNIX_EPOCH)
                .into_string()
                .contains(">0 s ago<")
        );
    }
}
