//! What the header says, and whether it may be believed.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::SigningKey;

/// How old a signature may be, and how far ahead of this clock: clocks of hosts differ.
const VALID: Duration = Duration::from_secs(60);
/// Upper bound of the header, in bytes: some servers refuse longer ones.
const LONGEST: usize = 4096;
/// What a name is written with as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b':');
/// Keeps a signature for this from being one for anything else under the same key.
const PURPOSE: &str = "x-smoke-request ";

/// Which test of which run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) test: Arc<str>,
    pub(crate) run: Arc<str>,
}

/// Why a header is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    NoKey,
    Several,
    Unreadable,
    Signature,
    Expired,
    Ahead,
}

/// The header's value, valid for 60 seconds: `v1;time=1767225600;run=..;test=..;hmac=..`.
pub(crate) fn sign(key: &SigningKey, test: &str, run: &str, now: SystemTime) -> HeaderValue {
    let time = seconds(now);
    let (run, test) = (encode(run), encode(test));
    let claim = format!("v1;time={time};run={run};test={test}");
    let signature = key.sign(&format!("{PURPOSE}{claim}"));
    let value = HeaderValue::try_from(format!("{claim};hmac={signature}"));
    // Everything in it is written in plain characters.
    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// What a header says, where one of the keys has signed it and its time has not passed.
pub(crate) fn verify(
    keys: &[SigningKey],
    value: &[u8],
    now: SystemTime,
) -> Result<Origin, Unproven> {
    if keys.is_empty() {
        return Err(Unproven::NoKey);
    }
    let text = std::str::from_utf8(value).map_err(|_| Unproven::Unreadable)?;
    let split = text.rsplit_once(";hmac=").filter(|_| text.len() <= LONGEST);
    let (claim, signature) = split.ok_or(Unproven::Unreadable)?;
    let signed = format!("{PURPOSE}{claim}");
    // Nothing of it is read before it is known who wrote it.
    if !keys.iter().any(|key| key.has_signed(&signed, signature)) {
        return Err(Unproven::Signature);
    }
    let (time, origin) = read(claim).ok_or(Unproven::Unreadable)?;
    let (now, valid) = (seconds(now), VALID.as_secs());
    if now.saturating_sub(time) > valid {
        return Err(Unproven::Expired);
    }
    if time.saturating_sub(now) > valid {
        return Err(Unproven::Ahead);
    }
    Ok(origin)
}

fn read(claim: &str) -> Option<(u64, Origin)> {
    let rest = claim.strip_prefix("v1;time=")?;
    let (time, rest) = rest.split_once(";run=")?;
    let (run, test) = rest.split_once(";test=")?;
    let origin = Origin {
        test: decode(test)?,
        run: decode(run)?,
    };
    Some((time.parse().ok()?, origin))
}

fn encode(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, PLAIN)
}

fn decode(text: &str) -> Option<Arc<str>> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into())
}

fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "this service has no signing key",
            Self::Several => "there is more than one",
            Self::Unreadable => "it cannot be read",
            Self::Signature => "it is not signed with a key of this service",
            Self::Expired => "it is older than 60 seconds",
            Self::Ahead => "its time is more than 60 seconds ahead",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::new([byte; 32]).unwrap()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn signed(test: &str) -> String {
        let value = sign(&key(1), test, "run-1", at(1_000));
        assert!(value.is_sensitive());
        value.to_str().unwrap().to_owned()
    }

    fn verified(value: &str, now: u64) -> Result<Origin, Unproven> {
        verify(&[key(1)], value.as_bytes(), at(now))
    }

    #[test]
    fn a_name_goes_there_and_back() {
        for test in [
            "shop::orders::pays",
            "a;test=b;hmac=c",
            "prüft\r\n: %41 ",
            "",
        ] {
            let origin = verified(&signed(test), 1_000).unwrap();
            assert_eq!((&*origin.test, &*origin.run), (test, "run-1"));
        }
    }

    #[test]
    fn it_is_valid_for_a_minute_either_way() {
        let value = signed("shop::pays");
        for now in [940, 1_000, 1_060] {
            assert!(verified(&value, now).is_ok(), "{now}");
        }
        assert_eq!(verified(&value, 1_061), Err(Unproven::Expired));
        assert_eq!(verified(&value, 1_000_000), Err(Unproven::Expired));
        assert_eq!(verified(&value, 939), Err(Unproven::Ahead));
    }

    #[test]
    fn every_change_of_a_byte_is_seen() {
        let value = signed("shop::pays").into_bytes();
        for position in 0..value.len() {
            for change in [1, 0x20, 0x80] {
                let mut changed = value.clone();
                changed[position] ^= change;
                let found = verify(&[key(1)], &changed, at(1_000));
                assert!(found.is_err(), "{}", String::from_utf8_lossy(&changed));
            }
            assert!(verify(&[key(1)], &value[..position], at(1_000)).is_err());
        }
    }

    #[test]
    fn only_keys_of_this_service_count_and_every_one_of_them() {
        let value = signed("shop::pays");
        let verified = |keys: &[SigningKey]| verify(keys, value.as_bytes(), at(1_000));
        assert_eq!(verified(&[]), Err(Unproven::NoKey));
        assert_eq!(verified(&[key(2)]), Err(Unproven::Signature));
        assert!(verified(&[key(2), key(1)]).is_ok());
    }

    #[test]
    fn a_signature_of_something_else_under_the_key_is_none() {
        let claim = "v1;time=1000;run=r;test=t";
        let value = format!("{claim};hmac={}", key(1).sign(claim));
        assert_eq!(verified(&value, 1_000), Err(Unproven::Signature));
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(value: Vec<u8>) {
            proptest::prop_assert!(verify(&[key(1)], &value, at(1_000)).is_err());
        }

        #[test]
        fn every_name_can_be_signed(test: String, run: String) {
            let value = sign(&key(1), &test, &run, at(1_000));
            if value.len() <= LONGEST {
                let origin = verify(&[key(1)], value.as_bytes(), at(1_000)).unwrap();
                proptest::prop_assert_eq!((&*origin.test, &*origin.run), (&*test, &*run));
            }
        }
    }
}
