//! What is done once, however often it is asked for.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;

use crate::error::AppError;

/// A key that a client chose for a request of a user.
pub(crate) struct Key<'a> {
    pub(crate) user: i64,
    pub(crate) key: &'a str,
}

impl Key<'_> {
    /// Claims the key within the caller's transaction, or gives the answer that a request with
    /// that key had. Of two requests at once, the second one waits here for the first one's end.
    pub(crate) async fn claim<T: DeserializeOwned>(
        &self,
        connection: &mut PgConnection,
        request: &impl Serialize,
    ) -> Result<Option<T>, AppError> {
        let request = serde_json::to_string(request)?;
        let claimed = sqlx::query(
            "INSERT INTO idempotency (user_id, key, request) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(self.user)
        .bind(self.key)
        .bind(&request)
        .execute(&mut *connection)
        .await?;
        if claimed.rows_affected() == 1 {
            return Ok(None);
        }
        let (before, answer): (String, String) = sqlx::query_as(
            "SELECT request, answer FROM idempotency WHERE user_id = $1 AND key = $2",
        )
        .bind(self.user)
        .bind(self.key)
        .fetch_one(connection)
        .await?;
        if before != request {
            return Err(AppError::Conflict("the key was used for another request"));
        }
        Ok(Some(serde_json::from_str(&answer)?))
    }

    /// Keeps the answer, in the transaction of the claim.
    pub(crate) async fn answered(
        &self,
        connection: &mut PgConnection,
        answer: &impl Serialize,
    ) -> Result<(), AppError> {
        sqlx::query("UPDATE idempotency SET answer = $3 WHERE user_id = $1 AND key = $2")
            .bind(self.user)
            .bind(self.key)
            .bind(serde_json::to_string(answer)?)
            .execute(connection)
            .await?;
        Ok(())
    }
}
