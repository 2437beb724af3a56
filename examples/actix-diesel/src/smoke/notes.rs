//! A suite: its tests share a set-up and a tear-down.

use serde_json::json;
use smoke_actix::{Client, Result, Unique, ensure, ensure_eq, smoke_suite};

use crate::notes::Note;
use crate::users::User;

/// A user who takes notes, signed up anew for each test.
struct Notes {
    user: User,
}

#[smoke_suite(tags("notes"))]
impl Notes {
    #[set_up]
    async fn sign_up(client: Client, unique: Unique) -> Result<Self> {
        let new = json!({ "email": unique.email(), "name": "Smoke" });
        let answer = client.post("/users").json(&new).send().await?;
        let user = answer.ensure_status(201)?.json()?;
        Ok(Self { user })
    }

    #[smoke_test]
    async fn can_be_written_and_read(&self, client: Client) -> Result {
        self.write(&client, "Milk").await?;
        let notes = self.read(&client).await?;
        ensure_eq!(notes.len(), 1);
        ensure_eq!(notes[0].text, "Milk");
        Ok(())
    }

    #[smoke_test]
    async fn need_a_user(&self, client: Client) -> Result {
        let answer = client
            .post("/users/-1/notes")
            .json(&json!({ "text": "Milk" }));
        answer.send().await?.ensure_status(404)?;
        Ok(())
    }

    #[smoke_test(slow)]
    async fn can_be_many(&self, client: Client) -> Result {
        tracing::info!("writing many notes");
        for number in 1..=20 {
            self.write(&client, &format!("Note {number}")).await?;
        }
        ensure_eq!(self.read(&client).await?.len(), 20);
        Ok(())
    }

    /// Who leaves takes the notes along: the foreign key is at work in the sandbox too.
    #[tear_down]
    async fn leave(&self, client: Client) -> Result {
        let path = format!("/users/{}", self.user.id);
        client.delete(&path).send().await?.ensure_status(204)?;
        let left = self.read(&client).await?;
        ensure!(left.is_empty(), "{} notes are left", left.len());
        Ok(())
    }

    async fn write(&self, client: &Client, text: &str) -> Result {
        let path = format!("/users/{}/notes", self.user.id);
        let answer = client
            .post(&path)
            .json(&json!({ "text": text }))
            .send()
            .await?;
        answer.ensure_status(201)?;
        Ok(())
    }

    async fn read(&self, client: &Client) -> Result<Vec<Note>> {
        let path = format!("/users/{}/notes", self.user.id);
        Ok(client.get(&path).send().await?.ensure_status(200)?.json()?)
    }
}
