//! The checks, each with its name as a sentence.

mod access;
mod advisory;
mod called;
mod changes;
mod choices;
mod connections;
mod events;
mod formats;
mod in_process;
mod metrics;
mod page;
mod passing;
mod probes;
mod refusals;
mod routing;
mod runs;
mod trust;

use futures_util::future::BoxFuture;

use super::bench::Bench;
use super::stack::Stack;

type Check<'b> = (&'static str, BoxFuture<'b, Result<(), String>>);

macro_rules! checks {
    ($($list:ident { $($name:literal => $check:path,)* })*) => {
        $(
            fn $list<S: Stack>(bench: &Bench<S>) -> Vec<Check<'_>> {
                vec![$(($name, Box::pin($check(bench)) as BoxFuture<'_, _>),)*]
            }
        )*

        /// What is checked.
        pub(super) const NAMES: &[&str] = &[$($($name,)*)*];
    };
}

checks! {
    over_connections {
        "the endpoint answers at its prefix, with and without the trailing slash" => routing::at_the_prefix,
        "what only looks like the prefix is the application's" => routing::beside_the_prefix,
        "an unknown path under the prefix is a 404 that says FAIL" => routing::unknown_under_the_prefix,
        "another prefix replaces the first" => routing::another_prefix,
        "another method is refused with those that are allowed" => routing::other_methods,
        "HEAD has the headers of GET and no body" => routing::head,
        "POST starts a run of its own, whatever its body" => routing::post,
        "the format is negotiated, and the URL beats Accept" => formats::negotiated,
        "a query that cannot be read is a FAIL that names it" => formats::unknown,
        "parameters of the prober's own are ignored" => formats::foreign_parameters,
        "every answer has its length and headers, and may not be stored" => formats::headers,
        "a conditional request gets the whole answer" => formats::conditional,
        "the opposite of the verdict is nowhere in the body" => formats::the_opposite,
        "HTTP/1.0 without Host and closed connections are answered" => connections::without_host,
        "a connection is kept over answers of both sides" => connections::kept,
        "a body that nobody reads is not taken for a request" => connections::unread,
        "a connection that breaks off changes nothing" => connections::broken_off,
        "strangers see names and outcomes and nothing else" => access::strangers_see,
        "strangers may ask for the fast tests alone" => access::strangers_ask,
        "the token gives everything" => access::the_token,
        "a wrong token is refused whatever is asked for" => access::a_wrong_token,
        "where a token is required strangers see nothing" => access::a_required_token,
        "an open endpoint gives everything to everybody" => access::open,
        "each of several tokens gives everything" => trust::several_tokens,
        "a network is trusted where the server tells the peer, and nowhere else" => trust::networks,
        "what was passed on by somebody who is not listed is no network's" => trust::passed_on,
        "behind a listed proxy the client whom it names counts" => trust::proxies,
        "a closure over the head trusts" => trust::closures,
        "where nothing can be run it is a FAIL with the reason" => refusals::nothing_to_run,
        "tests that fail and err are a FAIL that names them" => refusals::outcomes,
        "a busy runner says when to ask again" => refusals::busy,
        "a runner that is switched off says so" => refusals::switched_off,
        "tests past their limit are a FAIL within the run's limit" => refusals::late,
        "the application's pages pass" => passing::pages,
        "bodies pass both ways byte for byte" => passing::bodies,
        "a stream passes chunk by chunk, its trailers too" => passing::streams,
        "an upgrade passes" => passing::upgrades,
        "a forged header reaches no handler" => called::forged,
        "a signed header says who calls until its time has passed" => called::signed,
        "the probe paths answer every prober's question in a word, and run nothing" => probes::every_prober,
        "OPTIONS on the endpoint answers as its status, and starts nothing" => probes::options,
        "scheduled runs move what the probe paths say, and no others do" => probes::scheduled,
        "an instance that is held gets no traffic before its first PASS" => probes::held,
        "the probe paths answer whatever hangs" => probes::whatever_hangs,
        "everybody gets a word of the probe paths, and the trusted get the details" => probes::who_sees_what,
        "a drain fails what is asked for traffic, and nothing else" => probes::drained,
        "what is switched off takes no traffic away" => probes::switched_off,
        "FAIL has another status where the application sets one" => probes::another_status,
        "an advisory test that fails is warned of, and blocks neither a verdict nor traffic" => advisory::warned,
        "warnings alone are no PASS" => advisory::alone,
        "listeners hear what scheduled runs decide, and one that hangs holds up nothing" => changes::heard,
        "the trusted are told in metrics what scheduled runs found" => metrics::told,
        "what was refused is counted by its reason" => metrics::refused,
        "strangers get no metrics, and no message is in one" => metrics::strangers,
        "the trusted are told what happens in a run, as it happens" => events::told,
        "the events are not for strangers" => events::strangers,
        "the events end when a drain begins" => events::ends,
        "as many follow as there are places, and who goes makes room" => events::places,
        "the page shows everything to the trusted" => page::shown,
        "Accept alone gets no page" => page::accept_alone,
        "the page shows a stranger what strangers may see" => page::strangers,
        "a browser logs in on the page with the token as its password" => page::logs_in,
        "a run that another page may have asked for does not begin" => page::forged,
        "kinds are chosen, and a pipeline stops at the first that breaks" => choices::kinds,
        "a destructive test runs by POST with the token alone" => choices::destructive,
        "two hundred requests make one run" => runs::shared,
        "a crowd that comes in slowly is answered by the last report" => runs::a_crowd,
        "no test is in the application's way" => runs::in_nobodys_way,
    }
    in_process {
        "the application under test has its state, middleware and error handler" => in_process::pages,
        "bodies go to the application under test and back" => in_process::bodies,
        "a blocking test has the application too" => in_process::blocking,
        "the application can tell a smoke test's request" => in_process::smoke_request,
        "a test that asks for the smoke tests is refused" => in_process::recursion,
        "a panic in a handler is an error of the request" => in_process::a_panic,
        "the application is built once a test" => in_process::built_once,
        "each request is in a savepoint of the test's sandbox" => in_process::sandboxes,
        "a success that takes no connection is bypassed" => in_process::bypassed,
        "a pool that the application keeps is a straggler" => in_process::straggler,
    }
}

/// The checks that a stack has to pass.
pub(super) fn all<S: Stack>(bench: &Bench<S>) -> Vec<Check<'_>> {
    let mut all = over_connections(bench);
    if bench.app().is_some() {
        all.extend(in_process(bench));
    }
    all
}
