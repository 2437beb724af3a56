//! The guides of `docs/adopting`, whose code is compiled as tests of this crate.
//!
//! The guides for loco and rocket are not here: these frameworks are too heavy to be built for them.

#[cfg(doctest)]
#[doc = include_str!("../../../docs/adopting/axum-sqlx.md")]
mod axum_sqlx {}

#[cfg(doctest)]
#[doc = include_str!("../../../docs/adopting/axum-diesel-async.md")]
mod axum_diesel_async {}

#[cfg(doctest)]
#[doc = include_str!("../../../docs/adopting/actix-sqlx-redis.md")]
mod actix_sqlx_redis {}

#[cfg(doctest)]
#[doc = include_str!("../../../docs/adopting/sea-orm.md")]
mod sea_orm {}

#[cfg(doctest)]
#[doc = include_str!("../../../docs/adopting/pitfalls.md")]
mod pitfalls {}
