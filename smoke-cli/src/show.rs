//! What is shown of one test, in whatever report.

use std::time::Duration;

use smoke_report::TestReport;

use crate::plain::{lines, one_line};

/// Seconds, as every time is shown.
pub(crate) fn seconds(time: Duration) -> String {
    // A report may say anything.
    let rounded = time.saturating_add(Duration::from_micros(500));
    format!("{}.{:03}s", rounded.as_secs(), rounded.subsec_millis())
}

/// Why a test did not pass, what it asked the application for before, and what was logged: a line each.
pub(crate) fn details(test: &TestReport) -> Vec<String> {
    let mut shown = why(test);
    if !test.log.is_empty() {
        shown.push("log:".to_owned());
        shown.extend(logged(test).map(|line| format!("  {line}")));
    }
    shown
}

/// The same without what was logged, which may be a hundred lines.
pub(crate) fn why(test: &TestReport) -> Vec<String> {
    let mut shown: Vec<_> = lines(test.message.as_deref().unwrap_or_default()).collect();
    for cause in &test.causes {
        shown.push(format!("caused by: {}", one_line(cause)));
    }
    if let Some(place) = &test.place {
        shown.push(format!("at {}", one_line(&place.to_string())));
    }
    if !test.requests.is_empty() {
        shown.push("requests:".to_owned());
        shown.extend(requests(test).map(|request| format!("  {request}")));
    }
    shown
}

/// The requests that a test made to the application.
pub(crate) fn requests(test: &TestReport) -> impl Iterator<Item = String> {
    test.requests.iter().map(|request| {
        let status = request.status.map(|status| status.to_string());
        let status = status.as_deref().unwrap_or("no answer");
        let path = one_line(&request.path);
        let time = seconds(request.duration);
        format!("{} {path}: {status} [{time}]", one_line(&request.method))
    })
}

/// What was logged while a test ran.
pub(crate) fn logged(test: &TestReport) -> impl Iterator<Item = String> {
    test.log.iter().flat_map(|said| lines(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_however_many_they_are() {
        for (time, shown) in [
            (Duration::ZERO, "0.000s"),
            (Duration::from_micros(1_499), "0.001s"),
            (Duration::from_micros(59_999_500), "60.000s"),
            (Duration::MAX, "18446744073709551615.999s"),
        ] {
            assert_eq!(seconds(time), shown);
        }
    }
}
