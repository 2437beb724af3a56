//! What the errors of PostgreSQL mean.

use super::statements::MARK_IS_GONE;
use crate::Fault;

/// What an SQLSTATE means.
#[must_use]
pub fn read(state: &str) -> Fault {
    match state {
        // "no active SQL transaction" and "invalid savepoint specification".
        "25P01" | "3B001" => Fault::Ended,
        "55P03" | "40P01" | "40001" => Fault::Busy,
        "53300" => Fault::Full,
        "28000" | "28P01" | "3D000" => Fault::Denied,
        "25006" => Fault::ReadOnly,
        "25P02" => Fault::Aborted,
        // The last two are the server's limits.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => Fault::Lost,
        // "connection exception".
        _ if state.starts_with("08") => Fault::Lost,
        _ => Fault::Other,
    }
}

/// The same, with the message for what the SQLSTATE does not tell.
#[must_use]
pub fn read_error(state: &str, said: &str) -> Fault {
    match (read(state), read_message(said)) {
        // 0A000 means much else besides.
        (Fault::Other, found @ (Fault::SchemaChanged | Fault::Reset)) => found,
        (fault, _) => fault,
    }
}

/// The same, where the message has to do because a driver keeps the SQLSTATE to itself: on servers
/// that speak English.
#[must_use]
pub fn read_message(said: &str) -> Fault {
    /// What PostgreSQL says of a prepared statement, as 0A000, which means much else besides.
    const PLAN: &str = "cached plan must not change result type";
    const FAULTS: &[(Fault, &[&str])] = &[
        (Fault::Reset, &[MARK_IS_GONE]),
        (Fault::SchemaChanged, &[PLAN]),
        (
            Fault::Busy,
            &[
                "due to lock timeout",
                "deadlock detected",
                "could not serialize access",
            ],
        ),
        (
            Fault::Full,
            &[
                "too many clients already",
                "too many connections for",
                "remaining connection slots are reserved",
            ],
        ),
        (
            Fault::Denied,
            &[
                "password authentication failed",
                "no pg_hba.conf entry",
                "is not permitted to log in",
                "authentication failed for",
                "role \"",
                "database \"",
            ],
        ),
        (Fault::ReadOnly, &["in a read-only transaction"]),
        (Fault::Aborted, &["current transaction is aborted"]),
    ];
    let found = FAULTS
        .iter()
        .find(|(_, texts)| texts.iter().any(|text| said.contains(text)));
    found.map_or(Fault::Other, |(fault, _)| *fault)
}
