//! Moments are written as RFC 3339 has them, in UTC and to the millisecond.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::{format_rfc3339_millis, parse_rfc3339};
use serde::{Deserialize, Deserializer, Serializer, de};

pub(crate) fn serialize<S: Serializer>(
    moment: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => serializer.collect_str(&format_rfc3339_millis(*moment)),
        None => serializer.serialize_none(),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SystemTime>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let read = |text: String| {
        parse_rfc3339(&text)
            .map_err(|error| de::Error::custom(format_args!("not a moment in time: {error}")))
    };
    text.map(read).transpose()
}

/// Whether a calendar of four digits has it.
pub(crate) fn is_written(moment: SystemTime) -> bool {
    const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);
    let since = moment.duration_since(UNIX_EPOCH);
    since.is_ok_and(|since| since < YEAR_10000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_calendar_has_is_written() {
        let seconds = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(is_written(UNIX_EPOCH) && is_written(seconds(253_402_300_799)));
        assert!(!is_written(seconds(253_402_300_800)));
        assert!(!is_written(UNIX_EPOCH - Duration::from_secs(1)));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let read = |json| deserialize(&mut serde_json::Deserializer::from_str(json));
        let noon = read("\"1970-01-01T12:00:00.250Z\"").unwrap();
        assert_eq!(noon, Some(UNIX_EPOCH + Duration::from_millis(43_200_250)));
        assert_eq!(read("null").unwrap(), None);
        for json in ["1", "\"noon\"", "\"1970-13-01T12:00:00Z\""] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
