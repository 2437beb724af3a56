//! The tests of a report as one object keyed by name, in the report's order.

use std::{fmt, time::Duration};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use crate::{Kind, Outcome, Place, RequestMade, Scope, TestReport, Times, millis};

/// The fields of [`TestReport`] in the order in which they are written. The name is the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "TestReport")]
struct Entry {
    #[serde(skip)]
    name: String,
    outcome: Outcome,
    class: String,
    kind: Kind,
    #[serde(default)]
    scope: Scope,
    #[serde(default, skip_serializing_if = "is_false")]
    starved: bool,
    #[serde(with = "millis")]
    duration: Duration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<Times>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    requests: Vec<RequestMade>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    log: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

struct Written<'a>(&'a TestReport);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Entry::serialize(self.0, serializer)
    }
}

struct Read(TestReport);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Entry::deserialize(deserializer).map(Read)
    }
}

pub(super) fn serialize<S: Serializer>(
    tests: &[TestReport],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(tests.iter().map(|test| (&test.name, Written(test))))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<TestReport>, D::Error> {
    deserializer.deserialize_map(Entries)
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<TestReport>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with an entry for each test")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tests = Vec::new();
        while let Some((name, Read(test))) = map.next_entry()? {
            tests.push(TestReport { name, ..test });
        }
        Ok(tests)
    }
}
