//! The application, for either database.

use actix_web::error::ErrorInternalServerError;
use actix_web::web::{self, Data, Json, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::Message;
use diesel::r2d2::R2D2Connection;
use diesel::{PgConnection, QueryResult, SqliteConnection, prelude::*};
use smoke_actix::Registry;
use smoke_diesel::r2d2::Rollback;

use crate::database::Pool;

diesel::table! {
    users { id -> Integer, name -> Text, }
}

/// What the application asks of its database.
pub(crate) trait Shop: R2D2Connection + Send + 'static {
    fn sandboxes(registry: Registry, url: &str) -> Registry;
    fn insert(&mut self, name: &str) -> QueryResult<usize>;
    fn count(&mut self) -> QueryResult<i64>;
    fn names(&mut self) -> QueryResult<Vec<String>>;
}

macro_rules! shop {
    ($connection:ty, $rollback:path) => {
        impl Shop for $connection {
            fn sandboxes(registry: Registry, url: &str) -> Registry {
                registry.rollback($rollback(url))
            }

            fn insert(&mut self, name: &str) -> QueryResult<usize> {
                let row = users::name.eq(name);
                diesel::insert_into(users::table).values(row).execute(self)
            }

            fn count(&mut self) -> QueryResult<i64> {
                users::table.count().get_result(self)
            }

            fn names(&mut self) -> QueryResult<Vec<String>> {
                let names = users::table.select(users::name);
                names.order(users::id).load(self)
            }
        }
    };
}

shop!(SqliteConnection, Rollback::new);
shop!(PgConnection, Rollback::postgres);

/// What a handler writes, on actix-web's threads for that.
async fn create<C: Shop>(
    pool: Data<Pool<C>>,
    name: Json<String>,
) -> actix_web::Result<HttpResponse> {
    let written = web::block(move || {
        let mut connection = pool.get().map_err(|error| error.to_string())?;
        connection.insert(&name).map_err(|error| error.to_string())
    });
    written.await?.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Created().finish())
}

async fn count<C: Shop>(pool: Data<Pool<C>>) -> actix_web::Result<String> {
    let mut connection = pool.get().map_err(ErrorInternalServerError)?;
    let count = connection.count().map_err(ErrorInternalServerError)?;
    Ok(count.to_string())
}

/// Writes each text that comes, and says so.
async fn talk<C: Shop>(
    pool: Data<Pool<C>>,
    request: HttpRequest,
    body: Payload,
) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(Message::Text(name))) = messages.recv().await {
            let pool = pool.clone();
            let written = web::block(move || pool.get().unwrap().insert(&name).unwrap());
            written.await.unwrap();
            session.text("written").await.unwrap();
        }
        let _ = session.close(None).await;
    });
    Ok(response)
}

pub(crate) fn routes<C: Shop>(config: &mut ServiceConfig) {
    config
        .route("/users", web::post().to(create::<C>))
        .route("/users", web::get().to(count::<C>))
        .route("/talk", web::get().to(talk::<C>));
}
