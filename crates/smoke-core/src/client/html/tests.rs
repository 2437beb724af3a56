use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;

use crate::app::fake::{self, answer};
use crate::{AppBody, Client, Context, Failure, Form, Page, RequestBuilder, Result};
use crate::{ensure_not_selects, ensure_selects};

/// Answers each GET with one page, and any other request with the request as it came.
async fn page(html: &'static str) -> (Page, Context) {
    let cx = fake::context(&[], move |request: Request<AppBody>| async move {
        if request.uri().path() == "/till/page" {
            return html_answer(html);
        }
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let host = head.headers["host"].to_str()?;
        let text = format!(
            "{} {host} {} {}",
            head.method,
            head.uri,
            std::str::from_utf8(&body)?
        );
        Ok(http::Response::new(fake::body(text)))
    })
    .await;
    let client: Client = cx.get().await.unwrap();
    let answer = client.get("/till/page?token=secret").send().await.unwrap();
    (answer.html().unwrap(), cx)
}

type Answered = Result<http::Response<AppBody>, Box<dyn std::error::Error + Send + Sync>>;

fn html_answer(html: impl Into<String>) -> Answered {
    let mut answer = http::Response::new(fake::body(html.into()));
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, html);
    Ok(answer)
}

/// The request as the application got it.
async fn seen(request: RequestBuilder) -> String {
    let answer = request.without_database().send().await.unwrap();
    answer.text().unwrap()
}

async fn refused(request: RequestBuilder) -> String {
    let error = request.send().await.unwrap_err();
    format!("{:#}", crate::Error::from(error))
}

fn message<T: std::fmt::Debug>(found: Result<T, Failure>) -> String {
    found.unwrap_err().to_string()
}

#[tokio::test]
async fn a_form_is_sent_as_a_browser_sends_it() {
    let (page, _cx) = page(
        r#"<form id=f action="../order?old" method=POST>
            <input type=hidden name=csrf value="a&amp;b">
            <input name=email><input name=tag value=1><input name=tag value=2>
            <input name=off value=x disabled>
            <fieldset disabled><legend><input name=legend value=y></legend><input name=set value=z></fieldset>
            <input type=checkbox name=news><input type=checkbox name=terms value=yes checked>
            <input type=radio name=pay value=card checked><input type=radio name=pay value=cash>
            <select name=land><option disabled>-<option>AT<option value=de>Germany</select>
            <select name=many multiple><option selected>1<option>2<option selected>3</select>
            <textarea name=text>
one
two</textarea>
            <template><input name=template value=t></template>
            <input value=unnamed><input type=reset name=reset value=r>
            <button type=button name=script>Script</button>
            <button name=do value=save>Save</button>
            <input type=submit name=do value=Delete formaction=/delete formmethod=get>
        </form>
        <input form=f name=outside value=o><input name=elsewhere value=e>"#,
    )
    .await;
    let form = page.form("#f").unwrap();
    assert_eq!(form.value("csrf").as_deref(), Some("a&b"));
    assert_eq!(form.value("news"), None);
    let form = form.set("email", "a\n@b").unwrap();
    assert_eq!(
        seen(form.clone().submit()).await,
        "POST localhost /order?old csrf=a%26b&email=a%40b&tag=1&tag=2&legend=y&terms=yes&pay=card\
         &land=AT&many=1&many=3&text=one%0D%0Atwo&do=save&outside=o"
    );
    let form = form.check("news").unwrap().uncheck("terms").unwrap();
    let form = form.set("pay", "cash").unwrap().set("land", "de").unwrap();
    let form = form.set("many", "2").unwrap().set("text", "").unwrap();
    let form = form.set("csrf", "forged").unwrap();
    assert_eq!(
        seen(form.press("Delete").unwrap()).await,
        "GET localhost /delete?csrf=forged&email=a%40b&tag=1&tag=2&legend=y&news=on&pay=cash\
         &land=de&many=1&many=2&many=3&text=&do=Delete&outside=o "
    );
}

#[tokio::test]
async fn a_form_without_action_goes_to_the_page_and_a_get_replaces_the_query() {
    let (page, _cx) = page(
        "<base href=/elsewhere/><form class=get><input name=q value='a b'></form>
         <form class=post method=post action=' '></form><form class=based action=x></form>
         <form class=image><input type=image name=map></form>",
    )
    .await;
    for (form, expected) in [
        (".get", "GET localhost /till/page?q=a+b "),
        (".based", "GET localhost /elsewhere/x? "),
        (".image", "GET localhost /till/page?map.x=0&map.y=0 "),
    ] {
        let request = page.form(form).unwrap().submit();
        if expected.contains("/till/page") {
            assert!(request.send().await.unwrap().html().is_ok(), "{form}");
        } else {
            assert_eq!(seen(request).await, expected, "{form}");
        }
    }
    let answer = page.form(".post").unwrap().submit().without_database();
    assert_eq!(answer.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn of_two_options_that_are_the_same_one_is_sent() {
    let (page, _cx) = page(
        "<form action=/order method=post><select name=land><option value=''>Choose<option value=''>---<option>AT</select>
         <input type=radio name=way value=post><input type=radio name=way value=post></form>",
    )
    .await;
    let form = page.form("form").unwrap();
    let form = form.set("land", "AT").unwrap().set("land", "").unwrap();
    let form = form.set("way", "post").unwrap();
    assert_eq!(
        seen(form.submit()).await,
        "POST localhost /order land=&way=post"
    );
}

#[tokio::test]
async fn what_cannot_be_filled_in_is_named_with_what_can() {
    let (page, _cx) = page(
        "<form><input name=email><input name=name><input name=off disabled><input type=file name=photo>
         <select name=land><option>AT<option disabled>DE</select><input type=checkbox name=b value=1>
         <input type=checkbox name=b value=2><button>Save</button><button disabled>Pay</button></form>",
    )
    .await;
    let form = || page.form("form").unwrap();
    for (found, said) in [
        (
            form().set("emial", "x"),
            r#"no field "emial"; its fields are "email", "name", "off", "photo", "land", "b""#,
        ),
        (form().set("off", "x"), r#"the field "off" is disabled"#),
        (
            form().set("photo", "x"),
            r#"the field "photo" is a file: `attach` one"#,
        ),
        (
            form().set("land", "DE"),
            r#"does not offer "DE"; it offers "AT""#,
        ),
        (
            form().check("email"),
            r#"the field "email" is not a checkbox"#,
        ),
        (form().check("b"), "several checkboxes have the name"),
        (
            form().attach("email", "a.png", "image/png", "x"),
            r#"the field "email" is not a file field"#,
        ),
        (
            form().attach("photo", "a.png", "image/png\r\nx: y", "x"),
            "of a file cannot be read",
        ),
        (
            form().attach("photo", "a.png", "text/plain; a=\"\\\r\\\nx: y\"", "x"),
            "of a file cannot be read",
        ),
    ] {
        let message = message(found);
        assert!(message.contains(said), "{message}");
        assert!(
            message.starts_with("GET /till/page answered 200 OK: "),
            "{message}"
        );
    }
    let form = form().set("b", "2").unwrap();
    assert_eq!(form.value("b").as_deref(), Some("2"));
    let nothing = message(form.clone().press("Delete"));
    assert!(
        nothing.ends_with(r#"no button "Delete"; its buttons are "Save", "Pay""#),
        "{nothing}"
    );
    let disabled = message(form.press("Pay"));
    assert!(
        disabled.ends_with(r#"the button "Pay" is disabled"#),
        "{disabled}"
    );
}

/// The form as it is sent, with `*` for the boundary.
async fn parts(form: Form) -> String {
    let sent = seen(form.submit()).await;
    let (line, _) = sent.split_once("\r\n").unwrap();
    let boundary = line.rsplit_once(' ').unwrap().1;
    sent.replace(boundary.strip_prefix("--").unwrap(), "*")
}

#[tokio::test]
async fn a_form_of_several_parts_is_sent_with_its_files() {
    let (page, _cx) = page(
        r#"<form method=post action=/parts enctype=Multipart/Form-Data><input type=hidden name=csrf value=t7>
         <textarea name='say "hi"'></textarea><input type=file name=avatar><input type=file name=more multiple></form>"#,
    )
    .await;
    let form = page.form("form").unwrap();
    assert_eq!(form.value("avatar").as_deref(), Some(""));
    let form = form.set("say \"hi\"", "one\ntwo").unwrap();
    let form = form.attach("more", "a\"b\n.txt", "text/plain; charset=utf-8", "a\nb");
    let form = form
        .unwrap()
        .attach("more", "c.bin", "application/x-c", vec![0]);
    let form = form.unwrap();
    assert_eq!(
        parts(form.clone()).await,
        "POST localhost /parts --*\r\n\
         Content-Disposition: form-data; name=\"csrf\"\r\n\r\nt7\r\n--*\r\n\
         Content-Disposition: form-data; name=\"say %22hi%22\"\r\n\r\none\r\ntwo\r\n--*\r\n\
         Content-Disposition: form-data; name=\"avatar\"; filename=\"\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n\r\n--*\r\n\
         Content-Disposition: form-data; name=\"more\"; filename=\"a%22b%0A.txt\"\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\na\nb\r\n--*\r\n\
         Content-Disposition: form-data; name=\"more\"; filename=\"c.bin\"\r\n\
         Content-Type: application/x-c\r\n\r\n\0\r\n--*--\r\n"
    );
    let form = form
        .attach("avatar", "old.png", "image/png", "old")
        .unwrap();
    let form = form
        .attach("avatar", "new.png", "image/png", "new")
        .unwrap();
    assert_eq!(form.value("avatar").as_deref(), Some("new.png"));
    assert!(!parts(form).await.contains("old"));
}

#[tokio::test]
async fn a_form_of_texts_sends_the_names_of_its_files() {
    let (page, _cx) = page(
        "<form method=post action=/order><input type=file name=a><input type=file name=b></form>",
    )
    .await;
    let form = page.form("form").unwrap();
    let form = form.attach("b", "b.png", "image/png", "x").unwrap();
    assert_eq!(
        seen(form.submit()).await,
        "POST localhost /order a=&b=b.png"
    );
}

#[tokio::test]
async fn the_fields_of_a_form_in_a_table_are_its_own() {
    let (page, _cx) = page(
        "<table><form action=/a method=post><tr><td><input name=a value=1></td></tr></form>
         <form action=/b method=post><tr><td><input name=b value=2><button>Go</button></td></tr></form></table>
         <input name=after value=3>",
    )
    .await;
    let form = |css| page.form(css).unwrap().submit();
    assert_eq!(seen(form("[action='/a']")).await, "POST localhost /a a=1");
    assert_eq!(seen(form("[action='/b']")).await, "POST localhost /b b=2");
}

#[tokio::test]
async fn what_stands_in_noscript_is_part_of_the_page() {
    let (page, _cx) = page(
        "<head><noscript><meta name=plain></noscript></head>
         <noscript><form action=/plain method=post><input name=a value=1></form></noscript>",
    )
    .await;
    assert_eq!(page.select("head noscript > meta").unwrap().len(), 1);
    let form = page.form("noscript form").unwrap();
    assert_eq!(seen(form.submit()).await, "POST localhost /plain a=1");
}

#[tokio::test]
async fn fields_begin_with_the_values_that_a_browser_gives_them() {
    let (page, _cx) = page(
        "<form action=/order method=post><input type=range name=r max=10><input type=color name=c>
         <select name=o><option> a&nbsp;b\n c </select><button>Save\n it</button></form>",
    )
    .await;
    let form = page.form("form").unwrap();
    assert_eq!(
        seen(form.press(" Save  it").unwrap()).await,
        "POST localhost /order r=5&c=%23000000&o=a%C2%A0b+c"
    );
}

#[tokio::test]
async fn a_form_that_cannot_be_sent_says_why() {
    let (page, _cx) = page(
        "<form id=far method=post action=https://user:secret@pay.example/secret></form>
         <form id=plain method=post enctype=text/plain></form>
         <form id=dialog method=dialog></form><form id=shut><button disabled>x</button></form>",
    )
    .await;
    for (form, said) in [
        (
            "#far",
            "it leads to pay.example, and a test stays in the application",
        ),
        ("#plain", "it is of text/plain"),
        ("#dialog", "it closes a dialog"),
        ("#shut", "its button is disabled"),
    ] {
        let message = refused(page.form(form).unwrap().submit()).await;
        assert!(message.contains(said), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}

#[tokio::test]
async fn links_are_followed_by_selector_and_by_text() {
    let (page, _cx) = page(
        "<a class=next>no link</a><a class=next href=?page=2>Next\n page</a> <a href=../home>Home</a>
         <a class=far href=//shop.example/secret>Far</a>",
    )
    .await;
    assert!(
        page.follow("a.next")
            .unwrap()
            .send()
            .await
            .unwrap()
            .html()
            .is_ok()
    );
    let home = page.follow_text("Home").unwrap();
    assert_eq!(seen(home).await, "GET localhost /home ");
    assert!(page.follow_text("Next page").is_ok());
    let missing = message(page.follow_text("Prev"));
    assert_eq!(
        missing,
        "no link has the text \"Prev\": GET /till/page answered 200 OK with the links \
         \"Next page\", \"Home\", \"Far\""
    );
    let missing = message(page.follow("a.prev"));
    assert!(
        missing.starts_with("no link matches \"a.prev\": GET /till/page"),
        "{missing}"
    );
    let far = message(page.follow("a.far"));
    assert!(
        far.contains("it leads to shop.example,") && !far.contains("secret"),
        "{far}"
    );
}

#[tokio::test]
async fn the_host_of_the_page_is_that_of_what_it_leads_to() {
    let cx = fake::context(&[], |request: Request<AppBody>| async move {
        let host = request.headers()["host"].to_str()?.to_owned();
        html_answer(format!("<p>{host}</p><a href=http://SHOP.example/x>x</a>"))
    })
    .await;
    let client: Client = cx.get().await.unwrap();
    let request = client.get("/").header("host", "shop.example");
    let page = request.send().await.unwrap().html().unwrap();
    let page = page.follow_text("x").unwrap().send().await.unwrap();
    assert_eq!(
        page.html().unwrap().select("p").unwrap()[0].text(),
        "shop.example"
    );
    let unreadable = client.get("/").header("host", "a b").send().await.unwrap();
    let message = message(unreadable.html().unwrap().follow("a"));
    assert!(
        message.contains("the Host of its request cannot be read"),
        "{message}"
    );
}

#[tokio::test]
async fn what_is_no_page_is_named_with_its_status_and_its_beginning() {
    for (kind, said) in [
        (None, "with no Content-Type,"),
        (Some("application/json"), "with \"application/json\","),
        (
            Some("text/html; charset=iso-8859-1"),
            "charset=iso-8859-1\",",
        ),
        (Some("text/plain"), "with \"text/plain\","),
    ] {
        let cx = fake::context(&[], move |_| async move {
            let mut answer = answer(404, "no such page")?;
            answer.headers_mut().remove(CONTENT_TYPE);
            if let Some(kind) = kind {
                let kind = HeaderValue::from_static(kind);
                answer.headers_mut().insert(CONTENT_TYPE, kind);
            }
            Ok(answer)
        })
        .await;
        let client: Client = cx.get().await.unwrap();
        let message = message(client.get("/a?secret").send().await.unwrap().html());
        assert!(
            message.starts_with("GET /a answered 404 Not Found with "),
            "{message}"
        );
        assert!(message.contains(said), "{message}");
        assert!(
            message.ends_with("in UTF-8; body: no such page"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn an_assertion_says_what_was_found_instead() {
    let (page, _cx) = page(
        "<title>Shop</title><script>let secret</script><h1>Sorry,\n Ada</h1><h1>Log in</h1>
         <li>1<li>2<li>3<li>4<li>5<li>6<li>7",
    )
    .await;
    let holds = || -> Result<(), Failure> {
        ensure_selects!(page, "h1");
        ensure_selects!(&page, "h1", "Sorry, Ada");
        ensure_selects!(
            page,
            String::from("h1"),
            String::from("Log in"),
            "with {}",
            1
        );
        ensure_not_selects!(page, ".error");
        ensure_not_selects!(page, "h1", "Welcome");
        Ok(())
    };
    holds().unwrap();
    let no_text = || -> Result<(), Failure> {
        ensure_selects!(page, "h1", "Welcome");
        Ok(())
    };
    assert_eq!(
        message(no_text()),
        "page has no \"h1\" with the text \"Welcome\": GET /till/page answered 200 OK; \
         \"h1\" is \"Sorry, Ada\", \"Log in\""
    );
    let nothing = || -> Result<(), Failure> {
        ensure_selects!(page, "h2", "x", "it must greet");
        Ok(())
    };
    assert_eq!(
        message(nothing()),
        "it must greet: GET /till/page answered 200 OK with the text \
         \"Shop Sorry, Ada Log in 1 2 3 4 5 6 7\""
    );
    let found = || -> Result<(), Failure> {
        ensure_not_selects!(page, "li");
        Ok(())
    };
    let found = message(found());
    assert!(
        found.ends_with(r#""li" is "1", "2", "3", "4", "5", 2 more"#),
        "{found}"
    );
    for unreadable in ["h1[", "", "a:visible", "::-x"] {
        let wrong = || -> Result<(), Failure> {
            ensure_not_selects!(page, unreadable);
            Ok(())
        };
        let said = format!("the selector {unreadable:?} cannot be read as CSS");
        assert_eq!(message(wrong()), said);
        assert_eq!(message(page.select(unreadable)), said);
        assert_eq!(message(page.form(unreadable)), said);
    }
}

#[tokio::test]
async fn nothing_of_a_page_is_shown_by_debug() {
    let (page, _cx) =
        page("<form><input name=csrf value=hidden7><p title=hidden7>x</p></form>").await;
    let form = page.form("form").unwrap();
    let shown = format!("{page:?} {form:?} {:?}", page.select("p").unwrap());
    assert!(
        !shown.contains("hidden7") && !shown.contains("secret"),
        "{shown}"
    );
}

/// A shop whose form needs its token, and whose visitors are known by a cookie.
async fn shop() -> Context {
    fake::context(&[], |request: Request<AppBody>| async move {
        let cookie = request.headers().get(COOKIE).cloned();
        let known = cookie.is_some_and(|cookie| cookie == "session=7");
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/sign-up") => {
                let mut answer = html_answer(
                    "<form method=post><input type=hidden name=csrf value=t7><input name=email></form>",
                )?;
                let cookie = HeaderValue::from_static("session=7; HttpOnly");
                answer.headers_mut().insert(SET_COOKIE, cookie);
                Ok(answer)
            }
            (&Method::POST, "/sign-up") => {
                let body = request.into_body().collect().await?.to_bytes();
                if !known || body != "csrf=t7&email=ada%40example.com" {
                    return answer(403, "forged");
                }
                let mut answer = answer(303, "")?;
                let location = HeaderValue::from_static("/welcome");
                answer.headers_mut().insert(LOCATION, location);
                Ok(answer)
            }
            (_, "/welcome") if known => html_answer("<h1>Welcome</h1>"),
            _ => answer(404, "no such page"),
        }
    })
    .await
}

/// The future of a test goes from thread to thread.
async fn signs_up(client: Client) -> Result {
    let page = client.get("/sign-up").send().await?.html()?;
    let form = page.form("form")?.set("email", "ada@example.com")?;
    let sent = form.submit().without_database().send().await?;
    sent.ensure_redirect_to("/welcome")?;
    let page = client.get("/welcome").send().await?.html()?;
    ensure_selects!(page, "h1", "Welcome");
    Ok(())
}

#[cfg(feature = "cookies")]
#[tokio::test]
async fn a_form_with_a_token_is_sent_with_the_cookies_of_its_page() {
    let client: Client = shop().await.get().await.unwrap();
    let signed_up = tokio::spawn(signs_up(client.keep_cookies())).await;
    signed_up.unwrap().unwrap();
}

#[tokio::test]
async fn a_client_without_cookies_is_refused_by_such_a_form() {
    let cx = shop().await;
    let client: Client = cx.get().await.unwrap();
    let error = tokio::spawn(signs_up(client)).await.unwrap().unwrap_err();
    let forbidden = StatusCode::FORBIDDEN.to_string();
    assert!(error.message().contains(&forbidden), "{}", error.message());
}
