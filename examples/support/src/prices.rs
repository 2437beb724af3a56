//! What the examples know.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What things cost in the examples' shop, in cents.
#[derive(Clone, Debug)]
pub struct Prices(Arc<BTreeMap<&'static str, u32>>);

impl Prices {
    /// The prices of today.
    #[must_use]
    pub fn of_today() -> Self {
        Self(Arc::new(BTreeMap::from([("apple", 120), ("pear", 140)])))
    }

    /// What one thing costs, if it is sold.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<u32> {
        self.0.get(name).copied()
    }

    /// What is sold, and what it costs.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.0.iter().map(|(name, price)| (*name, *price))
    }
}
