use proptest::prelude::*;

use super::*;

/// Asserts what becomes of texts that hold a secret.
#[track_caller]
fn hides(texts: &[(&str, &str)]) {
    for (text, expected) in texts {
        assert_eq!(redact(text), *expected, "{text}");
    }
}

#[test]
fn passwords_in_urls_are_hidden() {
    hides(&[
        (
            "postgres://user:secret@host/db",
            "postgres://user:***@host/db",
        ),
        (
            "cannot reach \"redis://:secret@host:6379/0\"",
            "cannot reach \"redis://:***@host:6379/0\"",
        ),
        ("a+b.c://u:p%40ss@host", "a+b.c://u:***@host"),
        ("mysql://u:p@s@s@host/db", "mysql://u:***@host/db"),
        ("mysql://u:a/b?c#d:e@host/db", "mysql://u:***@host/db"),
        ("mysql://u:1234@[::1]:80/db", "mysql://u:***@[::1]:80/db"),
        ("amqp://u:it's\"@host", "amqp://u:***@host"),
        (
            "mongodb://u:p@a:1,b:2/db?w=1",
            "mongodb://u:***@a:1,b:2/db?w=1",
        ),
        (
            "https://u:p@host/?mail=a@b&token=x",
            "https://u:***@host/?mail=a@b&token=***",
        ),
        (
            "tried a://u:p@h/d,b://v:q@i/e; then (c://w:r@j)",
            "tried a://u:***@h/d,b://v:***@i/e; then (c://w:***@j)",
        ),
        (
            "cannot reach postgres://app:se/cr@et@db:5432/shop, is it up?",
            "cannot reach postgres://app:***@db:5432/shop, is it up?",
        ),
        ("<a://u:p@h>,x@y", "<a://u:***@h>,x@y"),
        (
            r#"{"a":"b://u:p@h","m":"x@y"}"#,
            r#"{"a":"b://u:***@h","m":"x@y"}"#,
        ),
    ]);
}

#[test]
fn passwords_in_urls_that_json_has_escaped_are_hidden() {
    hides(&[
        (
            r"postgres:\/\/u:pw@host\/db",
            r"postgres:\/\/u:***@host\/db",
        ),
        (
            r#"{"url":"postgres:\/\/u:p\/w@host\/db","a":1}"#,
            r#"{"url":"postgres:\/\/u:***@host\/db","a":1}"#,
        ),
        (
            r#""{\"url\":\"redis:\\\/\\\/:pw@host\"}""#,
            r#""{\"url\":\"redis:\\\/\\\/:***@host\"}""#,
        ),
        (r"a:\/\/u:p@h,b:\/\/v:q@i", r"a:\/\/u:***@h,b:\/\/v:***@i"),
    ]);
}

#[test]
fn passwords_with_blanks_are_hidden() {
    hides(&[
        (
            "cannot reach postgres://app:my old secret@db:5432/shop",
            "cannot reach postgres://app:***@db:5432/shop",
        ),
        ("redis://:my secret@[::1]", "redis://:***@[::1]"),
        (
            "Server=h;Pwd=my old secret;Port=1",
            "Server=h;Pwd=***;Port=1",
        ),
        ("Password=my old secret;Server=h", "Password=***"),
        ("Server=h;Pwd=my secret", "Server=h;Pwd=***"),
        (
            "Server=h;Pwd=my secret\nis no good",
            "Server=h;Pwd=***\nis no good",
        ),
        ("password='my secret' user=u", "password='***' user=u"),
    ]);
}

#[test]
fn tokens_in_urls_are_hidden() {
    hides(&[
        ("https://TOKEN@host/a/b.git", "https://***@host/a/b.git"),
        ("git+https://abc@host", "git+https://***@host"),
        (r"https:\/\/abc@host", r"https:\/\/***@host"),
        ("https://sk_live_1:@api.example", "https://***@api.example"),
        ("https://ghp_1:x-oauth-basic@host", "https://***@host"),
        (
            "https://github_pat_0123456789abc:x@host",
            "https://***@host",
        ),
        ("nats://0123456789abcdef0123@host", "nats://***@host"),
    ]);
}

#[test]
fn values_after_a_colon_are_hidden() {
    hides(&[
        ("x-api-key: v", "x-api-key: ***"),
        ("x-api-key: v\r\nhost: h", "x-api-key: ***\r\nhost: h"),
        ("X-Auth-Token:abc", "X-Auth-Token:***"),
        ("password: v", "password: ***"),
        ("password: hunter2 user: u", "password: *** user: u"),
        ("db.password: hunter2", "db.password: ***"),
        ("the token: abc", "the token: ***"),
        ("token: abc1 and more", "token: *** and more"),
        (r#"{"password":123,"a":1}"#, r#"{"password":***,"a":1}"#),
        (r#"{"pwd": -1.5e3}"#, r#"{"pwd": ***}"#),
        (r#"{\"password\":123}"#, r#"{\"password\":***}"#),
        ("{'token': 7}", "{'token': ***}"),
        ("authorization: abc", "authorization: ***"),
        ("Authorization: AWS4 x", "Authorization: *** x"),
    ]);
}

#[test]
fn the_beginnings_of_passwords_are_hidden() {
    hides(&[
        (
            r#"left is Config { url: "postgres://app:hunt…, right is 3"#,
            r#"left is Config { url: "postgres://app:***…, right is 3"#,
        ),
        ("redis://:hunt…", "redis://:***…"),
        ("a://u:12ab…", "a://u:***…"),
        ("redis://:1234…", "redis://:***…"),
        ("redis://:1234/5…", "redis://:***…"),
        ("redis://:1234/56@host", "redis://:***@host"),
        ("postgres://app:1234567890…", "postgres://app:***…"),
    ]);
}

#[test]
fn values_of_secret_keys_are_hidden() {
    hides(&[
        (
            "host=db password=secret user=u",
            "host=db password=*** user=u",
        ),
        ("password = secret", "password = ***"),
        (r"password='it\'s a secret' user=u", "password='***' user=u"),
        ("password='it''s' user=u", "password='***' user=u"),
        ("password='cut in the mid", "password='***"),
        ("Pwd=secret;Server=host", "Pwd=***"),
        (
            "Server=host;Pwd=secret;Port=1",
            "Server=host;Pwd=***;Port=1",
        ),
        ("DATABASE_PASSWORD=a&b#c", "DATABASE_PASSWORD=***"),
        ("/?a=b&api_key=secret&c=d#e", "/?a=b&api_key=***&c=d#e"),
        ("?access_token=secret#top", "?access_token=***#top"),
        (
            "passwd=x secret=x token=x",
            "passwd=*** secret=*** token=***",
        ),
        ("aws_secret_access_key=x", "aws_secret_access_key=***"),
        (
            r#"left is "password=secret", right"#,
            r#"left is "password=***", right"#,
        ),
        (
            r#"{"password":"secret","a":1}"#,
            r#"{"password":"***","a":1}"#,
        ),
        (
            r#""{\"token\": \"a\\\"b\", \"a\": 1}""#,
            r#""{\"token\": \"***\", \"a\": 1}""#,
        ),
        (
            r#"Config { password: Some("secret"), url: "a://h" }"#,
            r#"Config { password: Some("***"), url: "a://h" }"#,
        ),
        (r#"{"password" => "secret"}"#, r#"{"password" => "***"}"#),
    ]);
}

#[test]
fn credentials_are_hidden() {
    hides(&[
        ("Authorization: Bearer a.b-c", "Authorization: Bearer ***"),
        (
            "authorization: Basic dTpw\r\nHost: h",
            "authorization: Basic ***\r\nHost: h",
        ),
        (
            r#"{"authorization": "Basic dTpw", "a": "b"}"#,
            r#"{"authorization": "Basic ***", "a": "b"}"#,
        ),
        ("sent Bearer secret to it", "sent Bearer *** to it"),
        (r#"sent "bearer secret""#, r#"sent "bearer ***""#),
    ]);
}

#[test]
fn texts_without_secrets_are_left_alone() {
    for text in [
        "",
        "left is 3, right is 14",
        "http://host:8080/users/a@b.example?c=d:e@f",
        "http://[::1]:8080/a@b",
        "ssh://git@host/path:x@y",
        "postgres://host/db",
        "postgres://user@host/db",
        "postgres://user:@host/db",
        "http://a:1,http://b:2, c@d",
        "\"http://host:port\", \"a@b\"",
        "the password is wrong: try again",
        "password authentication failed for user \"alice\"",
        "unexpected token: expected one of",
        "password == other does not hold: left is 3, right is 4",
        "token != other does not hold",
        "password=",
        "password='' user=u",
        "passwords=3 tokens=4 token_type=x",
        "missing Bearer token",
        "no bearer authentication, basic training",
        "www-authenticate: Bearer realm=\"x\"",
        "the bearer of bad news",
        "éß://é:é@é",
        "http://localhost:3000/users:a…",
        "http://localhost:30…",
        "http://[::1]:30…",
        "http://host/a:b…",
        "postgres://ap…",
        "password: must be at least 8 characters",
        "password: Validation error",
        "access_token: expired",
        "unexpected token: identifier after the comma",
        "token: }",
        "Token::Comma",
        r#"{"password":null,"token":true,"secret":{}}"#,
        "authorization: required",
        "see http://host:8080, or ask ops@example.com",
        "amqp://guest@host",
        "https://social.example/@user",
        r"http:\/\/host\/users\/a@b.example",
    ] {
        assert!(
            matches!(redact(text), Cow::Borrowed(same) if same == text),
            "{text}"
        );
    }
}

#[test]
fn long_texts_take_linear_time() {
    for part in [
        "a",
        "a:\\/\\/",
        "a://u:p ",
        "password: ",
        "password=a ",
        "https://t@",
        "\"token\":1",
        "a://",
        "a://u:",
        "a://u:p@",
        "a.b",
        "password",
        "password=",
        "password='",
        "'",
        "bearer ",
        "bearer",
        "\\",
        "\"",
        "token ",
        "token: ",
        "token:\"",
        "authorization: ",
    ] {
        let text = part.repeat(200_000 / part.len());
        let start = std::time::Instant::now();
        let _ = redact_to(&text, &mut 0);
        assert!(start.elapsed().as_secs() < 20, "{part}");
    }
}

/// Texts that are full of what the pattern looks for.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z:/?#@=&;'\"\\\\ ,.(){}<>é*-]{0,6}",
        "(postgres|a|https)(://|:\\\\/\\\\/)",
        "(u|user)?:[a-z0-9@/?#]{0,4}@h",
        "(db_)?(password|Pwd|token|api-key|secret)(\"|'|\\\\\")?( )?(=|:|=>|==)( )?(\"|'|Some\\(\")?",
        "([Aa]uthorization: )?(Bearer|Basic) ",
        "(x-api-key|token|\"password\"): ?(-?[0-9]{1,3}|[a-z]{1,3}|null|is)[ ,;}]?",
        "(;|)(Pwd|password)=[a-z]{1,3} [a-z ]{0,9}[;=]?",
        "(https?|a):(//|\\\\/\\\\/)[a-z0-9]{0,24}(:| |)@h",
        ".{0,3}",
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// Secrets that can be told from what is around them.
const SECRET: &str = "[A-Za-z0-9][!$%*+,.:;@^_~A-Za-z0-9-]{7,30}";

/// The same, where there are several.
const WORD: &str = "[A-Za-z0-9][!$%*+,.;^_~A-Za-z0-9-]{7,30}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_text_is_redacted_once(text in texts()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(&redact(&once), &once);
        prop_assert!(matches!(redact(&once), Cow::Borrowed(_)));
    }

    #[test]
    fn a_secret_never_survives(secret in SECRET, before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
        for (introduction, end) in [
            ("postgres://user:", "@host/db"),
            ("redis://:", "@host"),
            ("host=h password=", " user=u"),
            ("?api_key=", "&a=b"),
            ("token=\"", "\""),
            ("secret='", "' a=b"),
            ("\"passwd\":\"", "\"}"),
            ("Authorization: Basic ", "\r\n"),
            ("Authorization: Bearer ", "\r\n"),
            ("x Bearer ", " "),
            ("x-api-key: ", "\r\n"),
            ("password: ", "\n"),
            (r"mysql:\/\/u:", r"@host\/db"),
        ] {
            let text = format!("{before} {introduction}{secret}{end}{after}");
            let expected = format!("{before} {introduction}***{end}{after}");
            prop_assert_eq!(redact(&text), expected);
        }
    }

    #[test]
    fn a_password_with_blanks_never_survives(words in proptest::collection::vec(WORD, 2..4)) {
        let text = format!("postgres://user:{}@host/db", words.join(" "));
        let redacted = redact(&text).into_owned();
        for word in words {
            prop_assert!(!redacted.contains(&word), "{redacted}");
        }
    }
}

/// A text in which a secret begins at any place around where it is cut.
fn cut_at(secret: &str, before: usize) -> String {
    format!("{} {secret} {}", "x".repeat(before), "y ".repeat(READ))
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    let text = "x".repeat(READ);
    assert_eq!(redact(&text), text);
    let cut = shown(&text, REPORTED);
    assert_eq!(cut.len(), REPORTED);
    assert!(
        cut.ends_with("x… (32768 bytes in all)"),
        "{}",
        &cut[REPORTED - 40..]
    );
    let cut = shown(&"é".repeat(READ), REPORTED);
    assert!(cut.len() <= REPORTED && cut.ends_with("é… (more than 32768 bytes in all)"));
}

#[test]
fn no_part_of_a_secret_shows_where_a_text_is_cut() {
    let forms: [(&str, &str); 7] = [
        ("postgres://user:", "@host/db"),
        ("https://", "@host"),
        ("password=", ""),
        ("x-api-key: ", ""),
        ("\"token\":\"", "\""),
        ("Authorization: Bearer ", ""),
        ("postgres://user:", " hunter2@host/db"),
    ];
    for (introduction, end) in forms {
        let secret = format!("{introduction}{}{end}", "hunter2".repeat(6));
        // Around the end of what is reported, of what is shown at all, and of what is read.
        for place in [REPORTED, READ - 8 * 1024, READ] {
            for before in (place - 2 * secret.len()..place + 20).step_by(3) {
                for longest in [REPORTED, READ] {
                    let shown = shown(&cut_at(&secret, before), longest);
                    assert!(shown.len() <= longest);
                    for leak in ["hunter2", "nter2hu"] {
                        assert!(!shown.contains(leak), "{introduction} at {before}: {leak}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_secret_that_is_hidden_brings_nothing_to_light_that_was_cut() {
    // What is hidden makes room for what comes after it.
    let text = format!("password={} ", "x".repeat(20 * 1024));
    for before in (0..200).step_by(3) {
        let text = format!(
            "{text}{}postgres://u:{}@host",
            "y ".repeat(6000 - before),
            "hunter2".repeat(20)
        );
        assert!(!shown(&text, READ).contains("hunter2"), "{before}");
    }
}
