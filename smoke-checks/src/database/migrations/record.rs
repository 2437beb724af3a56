//! What a build knows of migrations, and what a database does.

/// A migration of this build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub(super) version: String,
    pub(super) name: String,
    pub(super) checksum: Option<Vec<u8>>,
}

impl Known {
    /// A migration by what the database knows it by, and by what people call it.
    #[must_use]
    pub fn new(version: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            version: version.into(),
            name: name.into(),
            checksum: None,
        }
    }

    /// Its content, where the database notes that.
    #[must_use]
    pub fn checksum(mut self, checksum: impl Into<Vec<u8>>) -> Self {
        self.checksum = Some(checksum.into());
        self
    }
}

/// A migration of which the database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub(super) version: String,
    pub(super) checksum: Option<Vec<u8>>,
    pub(super) is_partial: bool,
}

impl Applied {
    /// A migration that was applied.
    #[must_use]
    pub fn new(version: impl Into<String>) -> Self {
        Self {
            version: version.into(),
            checksum: None,
            is_partial: false,
        }
    }

    /// Its content, where the database notes that.
    #[must_use]
    pub fn checksum(mut self, checksum: impl Into<Vec<u8>>) -> Self {
        self.checksum = Some(checksum.into());
        self
    }

    /// Says that it failed half-way.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.is_partial = true;
        self
    }
}
