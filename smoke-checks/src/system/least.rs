//! How much of something has to be free.

/// The least that has to be free of something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Least {
    Number(u64),
    Percent(u8),
}

/// What is free of something that ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Free {
    pub(crate) free: u64,
    pub(crate) of: u64,
}

impl Least {
    /// Whether so much is free. Of nothing at all nothing is.
    pub(crate) fn is_met(self, Free { free, of }: Free) -> bool {
        match self {
            Self::Number(least) => free >= least,
            // In more bits: bytes a hundred times may be too many.
            Self::Percent(least) => {
                of > 0 && u128::from(free) * 100 >= u128::from(of) * u128::from(least)
            }
        }
    }

    /// The least as text, with a number as `unit` shows it.
    pub(crate) fn shown(self, unit: fn(u64) -> String) -> String {
        match self {
            Self::Number(least) => unit(least),
            Self::Percent(least) => format!("{least} %"),
        }
    }
}

impl Free {
    /// What is left of a limit.
    pub(crate) fn left(of: u64, used: u64) -> Self {
        Self {
            free: of.saturating_sub(used),
            of,
        }
    }

    /// `3.0 GiB of 60.0 GiB (5 %)`.
    pub(crate) fn shown(self, unit: fn(u64) -> String) -> String {
        let Self { free, of } = self;
        let percent = u128::from(free) * 100 / u128::from(of.max(1));
        format!("{} of {} ({percent} %)", unit(free), unit(of))
    }
}

/// A number of bytes as a person reads it.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut shown = (number as f64, "bytes");
    for unit in UNITS {
        if shown.0 < 1024.0 {
            break;
        }
        shown = (shown.0 / 1024.0, unit);
    }
    match shown {
        (_, "bytes") => format!("{number} bytes"),
        (number, unit) => format!("{number:.1} {unit}"),
    }
}

/// A number of pieces.
pub(crate) fn pieces(number: u64) -> String {
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_least_is_met_by_so_much_and_more() {
        let free = |free, of| Free { free, of };
        assert!(Least::Number(5).is_met(free(5, 10)));
        assert!(!Least::Number(6).is_met(free(5, 10)));
        assert!(Least::Percent(50).is_met(free(5, 10)));
        assert!(!Least::Percent(51).is_met(free(5, 10)));
        assert!(Least::Percent(100).is_met(free(u64::MAX, u64::MAX)));
        assert!(!Least::Percent(0).is_met(free(0, 0)));
    }

    #[test]
    fn numbers_are_shown_as_people_read_them() {
        assert_eq!(bytes(1023), "1023 bytes");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
        let free = Free {
            free: 3 << 30,
            of: 60 << 30,
        };
        assert_eq!(free.shown(bytes), "3.0 GiB of 60.0 GiB (5 %)");
        assert_eq!(Least::Number(7).shown(pieces), "7");
    }
}
