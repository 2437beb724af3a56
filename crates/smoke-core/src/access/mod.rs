//! Who may see and do what.

mod credentials;
mod forwarded;
mod network;
mod origin;
mod token;

use std::net::SocketAddr;

use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::theirs::ask;

use credentials::Credentials;
use network::Networks;
use origin::{Site, site};
use token::Tokens;

/// The application's closure that says whether a request with this head is trusted.
type Trusts = Box<dyn Fn(&Parts) -> bool + Send + Sync>;

/// The registry's word on access. Nothing of the tokens is ever shown.
#[derive(Default)]
pub(crate) struct Access {
    pub(crate) tokens: Tokens,
    pub(crate) networks: Networks,
    pub(crate) allow_if: Vec<Trusts>,
    pub(crate) open: bool,
    pub(crate) strangers_refused: bool,
}

/// What the client may see and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// Everything.
    Trusted,
    /// The fast tests: verdict, counts, names and outcomes.
    Stranger,
    /// Nothing: a wrong token, or none where one is required.
    Refused,
}

impl Access {
    /// Judges by the head of a request, and by where it comes from as the server says it.
    pub(crate) fn viewer(&self, head: &Parts, peer: Option<SocketAddr>) -> Viewer {
        if self.open {
            return Viewer::Trusted;
        }
        match Credentials::of(&head.headers) {
            Some(Credentials::Bearer(token)) if self.tokens.has(token) => return Viewer::Trusted,
            #[cfg(feature = "page")]
            Some(Credentials::Basic(token)) if self.tokens.has(&token) => return Viewer::Trusted,
            // Also from a network that is trusted: a client with an old token is to hear of it.
            _ if self.has_token() && head.headers.contains_key(AUTHORIZATION) => {
                return Viewer::Refused;
            }
            _ => {}
        }
        if self.networks.trust(peer, &head.headers) || self.is_allowed_by_a_closure(head) {
            Viewer::Trusted
        } else if self.strangers_refused {
            Viewer::Refused
        } else {
            Viewer::Stranger
        }
    }

    /// Whether a request has the token as a program shows it: more than to be trusted.
    pub(crate) fn is_by_token(&self, head: &Parts) -> bool {
        match Credentials::of(&head.headers) {
            Some(Credentials::Bearer(token)) => self.tokens.has(token),
            _ => false,
        }
    }

    /// Whether a browser may have sent this request for another site's page. Asked of runs that
    /// strangers do not get.
    ///
    /// A program that has the token shows it itself. A browser adds its password and its network to
    /// every request: if they alone ask for a new run, the request has to say that it is our page's. One
    /// that says that it is another site's may be forged in any case.
    pub(crate) fn may_be_forged(&self, head: &Parts, (viewer, fresh): (Viewer, bool)) -> bool {
        match site(head) {
            _ if self.is_by_token(head) => false,
            Site::Own => false,
            Site::Other => true,
            // A stranger is asked for the token.
            Site::Unsaid if !fresh || viewer != Viewer::Trusted => false,
            Site::Unsaid => !self.open && !self.is_allowed_by_a_closure(head),
        }
    }

    /// One that panics trusts nobody.
    fn is_allowed_by_a_closure(&self, head: &Parts) -> bool {
        let mut closures = self.allow_if.iter();
        closures.any(|trusts| ask(|| trusts(head)).unwrap_or(false))
    }

    pub(crate) fn has_token(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// What contradicts itself, or cannot be read.
    pub(crate) fn problems(&self) -> Vec<String> {
        let allows = self.networks.allows_some() || !self.allow_if.is_empty();
        let mut problems = Vec::new();
        if self.open && self.has_token() {
            problems.push("the registry has both .token(..) and .open(): keep one of them");
        }
        if self.open && allows {
            problems.push(
                "the registry has .open(), and .allow(..) or .allow_if(..) that narrow nothing then: keep one of them",
            );
        }
        if self.strangers_refused && !self.open && !self.has_token() {
            problems.push("the registry has .require_token() and no .token(..)");
        }
        problems.extend(self.tokens.problem());
        let problems = problems.into_iter().map(str::to_owned);
        problems.chain(self.networks.problems().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with_token() -> Access {
        let mut access = Access::default();
        access.tokens.add("s3cret".to_owned());
        access
    }

    fn with_network() -> Access {
        let mut access = with_token();
        access.networks.allow("10.0.0.0/8");
        access
    }

    fn viewer(access: &Access, authorization: Option<&'static str>) -> Viewer {
        let mut head = http::Request::new(()).into_parts().0;
        if let Some(value) = authorization {
            let value = HeaderValue::from_static(value);
            head.headers.insert(AUTHORIZATION, value);
        }
        access.viewer(&head, Some(([10, 0, 0, 7], 80).into()))
    }

    #[test]
    fn strangers_get_less_or_nothing() {
        let access = Access::default();
        assert_eq!(viewer(&access, None), Viewer::Stranger);
        assert_eq!(viewer(&access, Some("Bearer x")), Viewer::Stranger);
        let access = with_token();
        assert_eq!(viewer(&access, None), Viewer::Stranger);
        assert_eq!(viewer(&access, Some("Bearer s3cret")), Viewer::Trusted);
        assert_eq!(viewer(&access, Some("Bearer x")), Viewer::Refused);
        let access = Access {
            strangers_refused: true,
            ..with_token()
        };
        assert_eq!(viewer(&access, None), Viewer::Refused);
        let access = Access {
            open: true,
            ..Access::default()
        };
        assert_eq!(viewer(&access, None), Viewer::Trusted);
    }

    #[test]
    fn a_network_does_without_a_token_and_does_not_make_up_for_a_wrong_one() {
        let access = Access {
            strangers_refused: true,
            ..with_network()
        };
        assert_eq!(viewer(&access, None), Viewer::Trusted);
        assert_eq!(viewer(&access, Some("Bearer x")), Viewer::Refused);
        let head = http::Request::new(()).into_parts().0;
        assert_eq!(access.viewer(&head, None), Viewer::Refused);
    }

    #[test]
    fn a_closure_that_panics_trusts_nobody() {
        let panics = Access {
            allow_if: vec![Box::new(|_| panic!("no such header"))],
            ..Access::default()
        };
        assert_eq!(viewer(&panics, None), Viewer::Stranger);
        let one_of_two = Access {
            allow_if: vec![
                Box::new(|_| false),
                Box::new(|head| head.headers.is_empty()),
            ],
            ..Access::default()
        };
        assert_eq!(viewer(&one_of_two, None), Viewer::Trusted);
        assert_eq!(viewer(&one_of_two, Some("x")), Viewer::Stranger);
    }

    #[test]
    fn whoever_is_trusted_for_where_they_are_has_to_say_that_the_page_is_ours() {
        let closure = Access {
            allow_if: vec![Box::new(|_| true)],
            ..Access::default()
        };
        let open = Access {
            open: true,
            ..Access::default()
        };
        let forged = |access: &Access, site: Option<&'static str>| {
            let mut head = http::Request::new(()).into_parts().0;
            if let Some(site) = site {
                let site = HeaderValue::from_static(site);
                head.headers.insert("sec-fetch-site", site);
            }
            let viewer = access.viewer(&head, Some(([10, 0, 0, 7], 80).into()));
            access.may_be_forged(&head, (viewer, true))
        };
        for (access, unsaid) in [(&with_network(), true), (&closure, false), (&open, false)] {
            assert_eq!(forged(access, None), unsaid);
            assert_eq!(forged(access, Some("none")), unsaid);
            assert!(!forged(access, Some("same-origin")));
            assert!(forged(access, Some("cross-site")));
        }
        // A stranger is asked for the token.
        assert!(!forged(&with_token(), None));
    }

    #[test]
    fn contradictions_are_named() {
        assert!(with_network().problems().is_empty());
        for open in [with_token(), with_network()] {
            let open = Access { open: true, ..open };
            assert!(!open.problems().is_empty());
        }
        let required = Access {
            strangers_refused: true,
            ..Access::default()
        };
        assert_eq!(required.problems().len(), 1);
    }
}
