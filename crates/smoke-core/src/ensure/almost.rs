//! Two numbers or times are almost equal.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use super::compare::sides;
use super::explanation::Explanation;
use super::text;

/// A value that [`ensure_almost_eq!`](crate::ensure_almost_eq) can compare: two of them have a distance.
///
/// Implemented for the primitive numbers, durations and points in time. Implement it for your own
/// numbers, such as decimals.
#[diagnostic::on_unimplemented(message = "there is no distance between two `{Self}`")]
pub trait Almost: PartialEq + fmt::Debug {
    /// The type of a distance and of a tolerance.
    type Distance: PartialOrd + fmt::Debug;

    /// The distance of the two. Never negative.
    fn distance(&self, other: &Self) -> Self::Distance;
}

macro_rules! floats {
    ($($float:ty)*) => {$(
        impl Almost for $float {
            type Distance = Self;

            fn distance(&self, other: &Self) -> Self {
                (self - other).abs()
            }
        }
    )*};
}

floats!(f32 f64);

macro_rules! by_abs_diff {
    ($($type:ty => $distance:ty,)*) => {$(
        impl Almost for $type {
            type Distance = $distance;

            fn distance(&self, other: &Self) -> $distance {
                self.abs_diff(*other)
            }
        }
    )*};
}

by_abs_diff! {
    u8 => u8, u16 => u16, u32 => u32, u64 => u64, u128 => u128, usize => usize,
    i8 => u8, i16 => u16, i32 => u32, i64 => u64, i128 => u128, isize => usize,
    Duration => Duration,
}

impl Almost for Instant {
    type Distance = Duration;

    fn distance(&self, other: &Self) -> Duration {
        (*self).max(*other).duration_since((*self).min(*other))
    }
}

impl Almost for SystemTime {
    type Distance = Duration;

    fn distance(&self, other: &Self) -> Duration {
        self.duration_since(*other)
            .unwrap_or_else(|error| error.duration())
    }
}

impl<T: Almost + ?Sized> Almost for &T {
    type Distance = T::Distance;

    fn distance(&self, other: &Self) -> T::Distance {
        (**self).distance(*other)
    }
}

/// How near is near enough.
pub trait Precision<T: Almost>: fmt::Display {
    /// Whether two values that far apart are near enough.
    fn reaches(&self, distance: T::Distance) -> bool;
}

/// The distance, rounded to this many decimal places, is zero.
#[derive(Clone, Copy, Debug)]
pub struct Places(pub i32);

/// The distance is at most this.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance<D>(pub D);

impl<T: Almost<Distance: Into<f64>>> Precision<T> for Places {
    /// Whether two values that far apart are near enough.
    fn reaches(&self, distance: T::Distance) -> bool {
        (distance.into() * 10_f64.powi(self.0)).round_ties_even() == 0.0
    }
}

impl<T: Almost> Precision<T> for Tolerance<T::Distance> {
    /// Whether two values that far apart are near enough.
    fn reaches(&self, distance: T::Distance) -> bool {
        distance <= self.0
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "compared to {} places", self.0)
    }
}

impl<D: fmt::Debug> fmt::Display for Tolerance<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tolerance is {}", text::value(&self.0))
    }
}

/// What to say where two values are not almost equal as `wanted`, if so.
pub fn almost<T: Almost>(
    wanted: bool,
    (left, right): (&str, &str),
    values: (&T, &T),
    precision: &impl Precision<T>,
) -> Option<Explanation> {
    // Equal values have no distance that can be relied on: that of two infinities is not a number.
    let near = values.0 == values.1 || precision.reaches(values.0.distance(values.1));
    if near == wanted {
        return None;
    }
    let verb = if near { "is almost" } else { "is not almost" };
    let claim = format!("{} {verb} {}", text::source(left), text::source(right));
    let sides = sides(values.0, values.1);
    Some(Explanation::claim(claim).detail(format!("{sides}, {precision}")))
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ensure_almost {
    ($wanted:literal, $left:expr, $right:expr, $precision:expr $(, $($message:tt)*)?) => {
        if let ::std::option::Option::Some(explanation) = $crate::__private::ensure::almost(
            $wanted,
            (::std::stringify!($left), ::std::stringify!($right)),
            (&$left, &$right),
            &$precision,
        ) {
            $crate::__ensure_return!(explanation $(, $($message)*)?)
        }
    };
}

/// Fails the test unless two values are almost equal.
///
/// Two values are almost equal if their difference is zero when rounded to 7 decimal places, or to
/// `places = n`, or if it is at most `tolerance = t`. Durations and points in time take only a
/// tolerance. Equal values are always almost equal, and NaN never is. See [`Almost`] for the types
/// that can be compared.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use smoke_core::{Result, ensure_almost_eq};
///
/// fn test(sum: f64, took: Duration) -> Result {
///     ensure_almost_eq!(0.1 + 0.2, 0.3);
///     ensure_almost_eq!(sum, 14.0, places = 2);
///     ensure_almost_eq!(took, Duration::from_secs(1), tolerance = Duration::from_millis(50));
///     Ok(())
/// }
///
/// assert!(test(14.004, Duration::from_millis(1040)).is_ok());
/// assert_eq!(
///     test(14.5, Duration::ZERO).unwrap_err().message(),
///     "sum is not almost 14.0: left is 14.5, right is 14.0, compared to 2 places"
/// );
/// assert_eq!(
///     test(14.0, Duration::ZERO).unwrap_err().message(),
///     "took is not almost Duration::from_secs(1): left is 0ns, right is 1s, tolerance is 50ms"
/// );
/// ```
#[macro_export]
macro_rules! ensure_almost_eq {
    ($($arguments:tt)*) => {
        $crate::__ensure_almost_with!(true, $($arguments)*)
    };
}

/// Fails the test if two values are almost equal.
///
/// Takes the same arguments as [`ensure_almost_eq!`](crate::ensure_almost_eq).
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_almost_ne};
///
/// fn test(rate: f64) -> Result {
///     ensure_almost_ne!(rate, 0.0, tolerance = 0.01, "money must cost something");
///     Ok(())
/// }
///
/// assert!(test(0.5).is_ok());
/// assert_eq!(
///     test(0.001).unwrap_err().message(),
///     "money must cost something: left is 0.001, right is 0.0, tolerance is 0.01"
/// );
/// ```
#[macro_export]
macro_rules! ensure_almost_ne {
    ($($arguments:tt)*) => {
        $crate::__ensure_almost_with!(false, $($arguments)*)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ensure_almost_with {
    ($wanted:literal, $left:expr, $right:expr, places = $places:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_almost!(
            $wanted, $left, $right, $crate::__private::ensure::Places($places) $(, $($message)*)?
        )
    };
    ($wanted:literal, $left:expr, $right:expr, tolerance = $most:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_almost!(
            $wanted, $left, $right, $crate::__private::ensure::Tolerance($most) $(, $($message)*)?
        )
    };
    ($wanted:literal, $left:expr, $right:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_almost!(
            $wanted, $left, $right, $crate::__private::ensure::Places(7) $(, $($message)*)?
        )
    };
}
