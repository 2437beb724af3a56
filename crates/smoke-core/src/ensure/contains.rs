//! Something is in something else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::fmt;
use std::ops::{Range, RangeBounds, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};
use std::rc::Rc;
use std::sync::Arc;

use super::explanation::Explanation;
use super::text;

/// What [`ensure_contains!`](crate::ensure_contains) looks into.
///
/// A text contains texts and characters, a collection its elements, a map its keys, a range what is
/// between its ends. Elements are found with `==`, so that a `Vec<String>` may be asked for a
/// `&str`. Implement it for collections of your own.
///
/// # Examples
///
/// ```
/// use smoke_core::{Contains, Result, ensure_contains};
///
/// #[derive(Debug)]
/// struct Till(Vec<u32>);
///
/// impl Contains<u32> for Till {
///     fn contains(&self, coin: &u32) -> bool {
///         self.0.contains(coin)
///     }
/// }
///
/// fn test() -> Result {
///     ensure_contains!(Till(vec![1, 2, 5]), 2);
///     Ok(())
/// }
/// # assert!(test().is_ok());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be asked whether it contains a `{N}`",
    note = "the elements are compared with `==`, and the macro borrows what it is given: pass `user`, not `&user`"
)]
pub trait Contains<N: ?Sized> {
    /// Whether `needle` is in this.
    fn contains(&self, needle: &N) -> bool;
}

macro_rules! texts {
    ($($needle:ty),*) => {$(
        impl Contains<$needle> for str {
            fn contains(&self, needle: &$needle) -> bool {
                let needle: &str = needle;
                self.contains(needle)
            }
        }
    )*};
}

texts!(
    str,
    &str,
    &&str,
    String,
    &String,
    Cow<'_, str>,
    Box<str>,
    Arc<str>
);

impl Contains<char> for str {
    fn contains(&self, needle: &char) -> bool {
        self.contains(*needle)
    }
}

impl<N: ?Sized> Contains<N> for String
where
    str: Contains<N>,
{
    fn contains(&self, needle: &N) -> bool {
        Contains::contains(self.as_str(), needle)
    }
}

impl<T: PartialEq<N>, N> Contains<N> for [T] {
    fn contains(&self, needle: &N) -> bool {
        self.iter().any(|element| element == needle)
    }
}

impl<T: PartialEq<N>, N, const LENGTH: usize> Contains<N> for [T; LENGTH] {
    fn contains(&self, needle: &N) -> bool {
        Contains::contains(self.as_slice(), needle)
    }
}

// By `==` and not by look-up: `Borrow` would not find a `&str` among `String`s as it is written.
macro_rules! collections {
    ($($collection:ident<$first:ident $(, $other:ident)*> by $elements:ident;)*) => {$(
        impl<$first: PartialEq<N>, $($other,)* N> Contains<N> for $collection<$first $(, $other)*> {
            fn contains(&self, needle: &N) -> bool {
                self.$elements().any(|element| element == needle)
            }
        }
    )*};
}

collections! {
    Vec<T> by iter;
    VecDeque<T> by iter;
    LinkedList<T> by iter;
    BinaryHeap<T> by iter;
    BTreeSet<T> by iter;
    BTreeMap<K, V> by keys;
    HashSet<T, S> by iter;
    HashMap<K, V, S> by keys;
}

macro_rules! ranges {
    ($($range:ident)*) => {$(
        impl<T: PartialOrd<N>, N: PartialOrd<T>> Contains<N> for $range<T> {
            fn contains(&self, needle: &N) -> bool {
                RangeBounds::contains(self, needle)
            }
        }
    )*};
}

ranges!(Range RangeFrom RangeInclusive RangeTo RangeToInclusive);

macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<H: Contains<N> + ?Sized, N: ?Sized> Contains<N> for $pointer {
            fn contains(&self, needle: &N) -> bool {
                Contains::contains(&**self, needle)
            }
        }
    )*};
}

pointers!(&H, &mut H, Box<H>, Rc<H>, Arc<H>);

impl<N: ?Sized, H: Contains<N> + ToOwned + ?Sized> Contains<N> for Cow<'_, H> {
    fn contains(&self, needle: &N) -> bool {
        Contains::contains(&**self, needle)
    }
}

/// Asks the haystack, whatever other methods it has of that name.
#[must_use]
pub fn holds<H: Contains<N> + ?Sized, N: ?Sized>(haystack: &H, needle: &N) -> bool {
    haystack.contains(needle)
}

/// What to say where the haystack contains the needle, or does not.
#[must_use]
pub fn contains(
    found: bool,
    (haystack, needle): (&str, &str),
    values: (&dyn fmt::Debug, &dyn fmt::Debug),
) -> Explanation {
    let verb = if found {
        "contains"
    } else {
        "does not contain"
    };
    Explanation::claim(format!(
        "{} {verb} {}",
        text::source(haystack),
        text::source(needle)
    ))
    .detail(format!(
        "needle is {}, haystack is {}",
        text::value(values.1),
        text::value(values.0)
    ))
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ensure_contains {
    ($found:literal, $haystack:expr, $needle:expr $(, $($message:tt)*)?) => {
        match (&$haystack, &$needle) {
            (haystack, needle) => {
                if $crate::__private::ensure::holds(haystack, needle) == $found {
                    $crate::__ensure_return!(
                        $crate::__private::ensure::contains(
                            $found,
                            (::std::stringify!($haystack), ::std::stringify!($needle)),
                            (&haystack, &needle),
                        )
                        $(, $($message)*)?
                    )
                }
            }
        }
    };
}

/// Fails the test unless a value contains another one. See [`Contains`] for the types that can be asked.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_contains};
///
/// fn test(page: &str) -> Result {
///     ensure_contains!(page, "hello");
///     ensure_contains!([1, 2, 3], 2);
///     Ok(())
/// }
///
/// assert!(test("hello, world").is_ok());
/// assert_eq!(
///     test("goodbye").unwrap_err().message(),
///     r#"page does not contain "hello": needle is "hello", haystack is "goodbye""#
/// );
/// ```
#[macro_export]
macro_rules! ensure_contains {
    ($haystack:expr, $needle:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_contains!(false, $haystack, $needle $(, $($message)*)?)
    };
}

/// Fails the test if a value contains another one. See [`Contains`] for the types that can be asked.
///
/// # Examples
///
/// ```
/// use smoke_core::{Result, ensure_not_contains};
///
/// fn test(page: &str) -> Result {
///     ensure_not_contains!(page, "error", "the page must be whole");
///     Ok(())
/// }
///
/// assert!(test("hello, world").is_ok());
/// assert_eq!(
///     test("an error").unwrap_err().message(),
///     r#"the page must be whole: needle is "error", haystack is "an error""#
/// );
/// ```
#[macro_export]
macro_rules! ensure_not_contains {
    ($haystack:expr, $needle:expr $(, $($message:tt)*)?) => {
        $crate::__ensure_contains!(true, $haystack, $needle $(, $($message)*)?)
    };
}
