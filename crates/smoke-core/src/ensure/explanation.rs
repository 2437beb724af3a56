//! What a failed assertion says, with and without a message of the user's.

/// What did not hold, and the values that show it.
#[derive(Debug)]
pub struct Explanation {
    claim: String,
    detail: Option<String>,
}

impl Explanation {
    /// An explanation that is complete without any values.
    pub(super) fn claim(claim: String) -> Self {
        Self {
            claim,
            detail: None,
        }
    }

    /// Adds the values.
    pub(super) fn detail(self, detail: String) -> Self {
        Self {
            detail: Some(detail),
            ..self
        }
    }

    /// The text where the user gave no message: the claim, then the values.
    #[must_use]
    pub fn alone(self) -> String {
        match self.detail {
            Some(detail) => format!("{}: {detail}", self.claim),
            None => self.claim,
        }
    }

    /// The text where the user gave a message: it says better than the claim what was wrong, and
    /// takes its place where there are values to show.
    #[must_use]
    pub fn after(self, message: String) -> String {
        format!("{message}: {}", self.detail.unwrap_or(self.claim))
    }
}

/// Returns an explanation from the function around the call, after the message if there is one.
#[doc(hidden)]
#[macro_export]
macro_rules! __ensure_return {
    ($explanation:expr $(,)?) => {
        return ::std::result::Result::Err(::std::convert::From::from($crate::Failure::new(
            $explanation.alone(),
        )))
    };
    ($explanation:expr, $($message:tt)+) => {
        return ::std::result::Result::Err(::std::convert::From::from($crate::Failure::new(
            $explanation.after(::std::format!($($message)+)),
        )))
    };
}
