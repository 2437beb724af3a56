//! A fixture: what the application mails in a test.

use smoke_actix::{Context, Fixture, Kind, Result};

use crate::mail::MailBox;

/// The test and the application under test have the same one.
#[derive(Clone, Debug)]
pub(super) struct Mails(pub(super) MailBox);

impl Fixture for Mails {
    const KIND: Kind = Kind::Unit;

    async fn acquire(_: &Context) -> Result<Self> {
        Ok(Self(MailBox::default()))
    }
}
