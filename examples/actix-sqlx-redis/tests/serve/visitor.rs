//! A user of the shop with a browser that keeps the session's cookie.

use examples_support::{Answer, Service};

pub(crate) const USER: &str = r#"{"email":"someone@example.com","password":"a long word"}"#;
pub(crate) const APPLES: &str = r#"{"item":"apple","quantity":2}"#;

pub(crate) struct Visitor<'s> {
    service: &'s Service,
    cookie: String,
}

impl<'s> Visitor<'s> {
    /// Signs up and in.
    pub(crate) fn new(service: &'s Service) -> Self {
        let signed_up = service.post_json("/users", USER);
        assert_eq!(signed_up.status, 201, "{signed_up:#?}");
        Self::known(service)
    }

    /// Signs in.
    pub(crate) fn known(service: &'s Service) -> Self {
        let signed_in = service.post_json("/session", USER);
        assert_eq!(signed_in.status, 204, "{signed_in:#?}");
        let cookie = signed_in.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { service, cookie }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let headers = format!("Cookie: {}\r\n", self.cookie);
        self.service.ask("GET", path, &headers)
    }

    pub(crate) fn order(&self, key: &str, order: &str) -> Answer {
        let cookie = &self.cookie;
        let headers = format!("Cookie: {cookie}\r\nIdempotency-Key: {key}\r\n");
        self.service.post_json_with("/orders", &headers, order)
    }

    pub(crate) fn sign_out(&self) -> Answer {
        let headers = format!("Cookie: {}\r\n", self.cookie);
        self.service.ask("DELETE", "/session", &headers)
    }
}
