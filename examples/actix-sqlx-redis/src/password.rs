//! Passwords, of which only hashes are kept.

use actix_web::web;
use anyhow::anyhow;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};

use crate::error::AppError;

/// Takes the time that a hash is meant to take, on a thread that may block.
pub(crate) async fn hash(password: String) -> Result<String, AppError> {
    let hashed = web::block(move || {
        let hashed = Argon2::default().hash_password(password.as_bytes());
        hashed.map(|hash| hash.to_string())
    });
    let hash = hashed.await?;
    Ok(hash.map_err(|error| anyhow!("failed to hash a password: {error}"))?)
}

/// Whether the password is the hash's.
pub(crate) async fn is_of(password: String, hash: String) -> Result<bool, AppError> {
    let verified = web::block(move || {
        let hash = PasswordHash::new(&hash)?;
        let verified = Argon2::default().verify_password(password.as_bytes(), &hash);
        Ok::<_, argon2::password_hash::Error>(verified.is_ok())
    });
    let verified = verified.await?;
    Ok(verified.map_err(|error| anyhow!("failed to read the hash of a password: {error}"))?)
}
