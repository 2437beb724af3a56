//! Mails that are sent if, and only if, a transaction commits.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};

use crate::mail::{Mail, Mailer};

/// How often the table is looked at, and how long a mail service that is down is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// Leaves a mail to the worker, in the caller's transaction.
pub(crate) async fn leave(connection: &mut PgConnection, mail: &Mail) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO mails (recipient, subject, body) VALUES ($1, $2, $3)")
        .bind(&mail.recipient)
        .bind(&mail.subject)
        .bind(&mail.body)
        .execute(connection)
        .await?;
    Ok(())
}

/// Sends mails for as long as the process lasts. What a smoke test leaves is never committed, so
/// this never sees it.
pub(crate) async fn deliver(pool: PgPool, mailer: Mailer) {
    loop {
        match deliver_next(&pool, &mailer).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!("failed to deliver a mail: {error:#}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Sends the oldest mail, and says whether there was one. A process that dies between the two may
/// send it twice.
async fn deliver_next(pool: &PgPool, mailer: &Mailer) -> anyhow::Result<bool> {
    let mut transaction = pool.begin().await?;
    let next =
        sqlx::query_scalar("SELECT id FROM mails ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
            .fetch_optional(&mut *transaction);
    let Some(id): Option<i64> = next.await? else {
        return Ok(false);
    };
    let mail: Mail =
        sqlx::query_as("DELETE FROM mails WHERE id = $1 RETURNING recipient, subject, body")
            .bind(id)
            .fetch_one(&mut *transaction)
            .await?;
    mailer.send(&mail).await?;
    transaction.commit().await?;
    Ok(true)
}
