//! Durations are written in milliseconds: as a number in JSON, with six decimals in text.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de};

const NANOS: f64 = 1_000_000.0;

/// `1200.307861ms`, exact to the nanosecond.
pub(crate) fn text(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    format!("{}.{:06}ms", nanos / 1_000_000, nanos % 1_000_000)
}

pub(crate) fn serialize<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_nanos() as f64 / NANOS)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    let millis = f64::deserialize(deserializer)?;
    if !millis.is_finite() || millis < 0.0 {
        return Err(de::Error::custom(format_args!(
            "not a duration in milliseconds: {millis}"
        )));
    }
    // Rounded, so that what was written in whole nanoseconds is read back as it was; `as` saturates (at 584 years).
    Ok(Duration::from_nanos((millis * NANOS).round() as u64))
}

/// The same where there may be none.
pub(crate) mod option {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    struct Millis(#[serde(deserialize_with = "super::deserialize")] Duration);

    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let millis = Option::<Millis>::deserialize(deserializer)?;
        Ok(millis.map(|Millis(duration)| duration))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{deserialize, text};

    #[test]
    fn text_has_six_decimals() {
        assert_eq!(text(Duration::ZERO), "0.000000ms");
        assert_eq!(text(Duration::from_nanos(7)), "0.000007ms");
        assert_eq!(text(Duration::from_nanos(1_200_307_861)), "1200.307861ms");
        assert_eq!(text(Duration::MAX), "18446744073709551615999.999999ms");
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        let read = |json| deserialize(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(read("12").unwrap(), Duration::from_millis(12));
        assert_eq!(read("0.000007").unwrap(), Duration::from_nanos(7));
        assert_eq!(read("1e300").unwrap(), Duration::from_nanos(u64::MAX));
        for json in ["-1", "-0.5", "null", "\"1\"", "1e999"] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
