//! The key that services share.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The least length of a key: that of the digest, as [RFC 2104] recommends.
///
/// [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104#section-3
const LEAST: usize = 32;

/// A key that services share. With it, a service proves to another that it calls for a smoke test.
///
/// It has at least 32 random bytes: `openssl rand -hex 32` makes one. Its `Debug` hides them.
///
/// # Examples
///
/// ```
/// use smoke_core::{Registry, SigningKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # fn from_the_environment() -> Result<String, std::env::VarError> { Ok("0123456789abcdef".repeat(4)) }
/// let key = SigningKey::new(from_the_environment()?)?;
/// let registry = Registry::new().signing_key(key);
///
/// assert!(SigningKey::new("").is_err());
/// assert!(SigningKey::new("secret").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

/// The error for bytes that cannot be a key. Its message hides them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyError {
    length: usize,
}

impl SigningKey {
    /// A key of these bytes.
    ///
    /// # Errors
    ///
    /// When there are fewer than 32.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let bytes = bytes.as_ref();
        let error = KeyError {
            length: bytes.trim_ascii().len(),
        };
        if error.length < LEAST {
            return Err(error);
        }
        // HMAC takes keys of every length.
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| error)
    }

    /// The signature of a text: 64 hexadecimal digits.
    pub(super) fn sign(&self, text: &str) -> String {
        let mac = self.0.clone().chain_update(text).finalize().into_bytes();
        mac.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a signature is that of the text. Takes the same time wherever it is wrong.
    pub(super) fn has_signed(&self, text: &str, signature: &str) -> bool {
        self.sign(text)
            .as_bytes()
            .ct_eq(signature.as_bytes())
            .into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            0 => f.write_str("the signing key is empty: is its environment variable set?"),
            length => write!(
                f,
                "the signing key has {length} bytes: it needs at least {LEAST}, at random"
            ),
        }
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_hmac_sha256() {
        // What Python's hmac says.
        let key = SigningKey::new([0x0b; 32]).unwrap();
        let signature = "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7";
        assert_eq!(key.sign("Hi There"), signature);
        assert!(key.has_signed("Hi There", &key.sign("Hi There")));
        assert!(!key.has_signed("Hi There", &key.sign("Hi There")[..63]));
        assert!(!key.has_signed("Hi There.", &key.sign("Hi There")));
    }

    #[test]
    fn a_key_that_is_short_is_refused_and_not_shown() {
        for (bytes, message) in [
            ("", "is empty"),
            ("   \n", "is empty"),
            ("hunter2", "has 7 bytes"),
            (" 0123456789abcdef0123456789abcde ", "has 31 bytes"),
        ] {
            let error = SigningKey::new(bytes).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let key = SigningKey::new("0123456789abcdef".repeat(2)).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
    }
}
