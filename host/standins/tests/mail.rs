//! The mail doubles: what they take, what they refuse, what they hold against a client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic"
)]

#[path = "recordings/client.rs"]
mod client;

use client::{Reply, ask};
use standins::mailgun::{self, Mailgun, Region};
use standins::smtp::{At, Fault, Options, Smtp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Says lines one by one, each after the answer to the one before; the answers' codes, `cut` where the
/// connection ended.
async fn says(smtp: &Smtp, lines: &[&str]) -> Vec<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", smtp.port())).await.unwrap();
    let mut codes = vec![answer(&mut stream).await];
    for line in lines {
        if stream.write_all(line.as_bytes()).await.is_err() {
            codes.push("cut".to_owned());
            break;
        }
        codes.push(answer(&mut stream).await);
    }
    codes
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut whole = Vec::new();
    loop {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap_or(0);
        if count == 0 {
            return "cut".to_owned();
        }
        whole.extend(&bytes[..count]);
        let text = String::from_utf8_lossy(&whole);
        let last = text.strip_suffix("\r\n").and_then(|text| text.rsplit("\r\n").next());
        if let Some(last) = last.filter(|line| line.as_bytes().get(3) == Some(&b' ')) {
            return last.chars().take(3).collect();
        }
    }
}

const MAIL: &[&str] = &[
    "EHLO home.example\r\n",
    "MAIL FROM:<a@home.example> SIZE=20\r\n",
    "RCPT TO:<b@c.example>\r\n",
    "DATA\r\n",
    "Subject: hi\r\n\r\n..dot\r\nhttps://home.example/x.\r\n.\r\n",
];

#[tokio::test]
async fn a_mail_is_taken_with_its_dots_undone() {
    let smtp = Smtp::start(Options::strict()).await.unwrap();
    assert_eq!(says(&smtp, MAIL).await, ["220", "250", "250", "250", "354", "250"]);
    let mails = smtp.wait_for(1).await;
    assert_eq!((mails[0].sender.as_str(), mails[0].subject().as_str()), ("a@home.example", "hi"));
    assert_eq!(mails[0].recipients, ["b@c.example"]);
    assert_eq!(mails[0].text().as_deref(), Some(".dot\r\nhttps://home.example/x.\r\n"));
    assert!(smtp.transcript().contains(&"C: DATA".to_owned()));
}

#[tokio::test]
async fn who_must_sign_in_is_held_to_it() {
    let mut options = Options::strict();
    options.accounts = vec![("u".to_owned(), "p".to_owned())];
    let smtp = Smtp::start(options).await.unwrap();
    let hello = "EHLO home.example\r\n";
    let from = "MAIL FROM:<a@home.example>\r\n";
    assert_eq!(says(&smtp, &[hello, from]).await, ["220", "250", "530"]);
    // `\0u\0p`, `\0u\0x`, and u and p one by one.
    assert_eq!(says(&smtp, &[hello, "AUTH PLAIN AHUAcA==\r\n", from]).await[2..], ["235", "250"]);
    assert_eq!(says(&smtp, &[hello, "AUTH PLAIN AHUAeA==\r\n"]).await[2], "535");
    let login = [hello, "AUTH LOGIN\r\n", "dQ==\r\n", "cA==\r\n", from];
    assert_eq!(says(&smtp, &login).await[2..], ["334", "334", "235", "250"]);
    let said = smtp.transcript().join("\n");
    assert!(!said.contains("AHUAcA") && !said.contains("cA=="), "{said}");
}

#[tokio::test]
async fn what_breaks_the_rules_is_answered_and_written_down() {
    let smtp = Smtp::start(Options::strict()).await.unwrap();
    let lines = [
        "MAIL FROM:<a@b.example>\r\n",
        "EHLO x\r\n",
        "RCPT TO:<a@b.example>\r\n",
        "TURN\r\n",
        "EHLO y\n",
    ];
    assert_eq!(says(&smtp, &lines).await, ["220", "503", "250", "503", "500", "250"]);
    assert_eq!(smtp.take_violations().len(), 4);
    let wide = [
        "EHLO x\r\n",
        "MAIL FROM:<a@b.example>\r\n",
        "RCPT TO:<a@b.example>\r\n",
        "DATA\r\n",
        "\u{fc}\r\n.\r\n",
    ];
    assert_eq!(says(&smtp, &wide).await[5], "250");
    assert_eq!(smtp.take_violations(), ["bytes beyond ASCII that were not announced"]);
    let hasty = "RSET\r\nNOOP\r\n";
    says(&smtp, &["EHLO x\r\n", hasty]).await;
    assert_eq!(smtp.take_violations(), ["more was sent before the answer to RSET"]);
}

#[tokio::test]
async fn faults_strike_once_where_they_were_put() {
    let smtp = Smtp::start(Options::strict()).await.unwrap();
    smtp.inject(At::Recipient, Fault::Answer("451 4.7.1 greylisted".to_owned()));
    assert_eq!(says(&smtp, &MAIL[..3]).await[3], "451");
    assert_eq!(says(&smtp, &MAIL[..3]).await[3], "250");
    smtp.inject(At::Dot, Fault::CutBefore);
    assert_eq!(says(&smtp, MAIL).await[5], "cut");
    assert_eq!(smtp.mails().len(), 0);
    smtp.inject(At::Dot, Fault::CutAfter);
    assert_eq!(says(&smtp, MAIL).await[5], "cut");
    assert_eq!(smtp.mails().len(), 1);
    smtp.inject(At::Banner, Fault::Answer("421 full".to_owned()));
    assert_eq!(says(&smtp, &MAIL[..1]).await, ["421", "cut"]);
}

#[tokio::test]
async fn the_page_shows_mails_without_running_them() {
    let smtp = Smtp::start(Options::demo()).await.unwrap();
    let url = smtp.page_url().unwrap();
    let get = async |path: &str| ask(&url, "GET", path, &[], b"").await.unwrap();
    assert!(get("/").await.text().contains("No mail has come yet"));
    let html =
        "Subject: <b>x</b>\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n.\r\n";
    let mut lines = MAIL[..4].to_vec();
    lines.push(html);
    says(&smtp, MAIL).await;
    says(&smtp, &lines).await;
    let list = get("/").await.text();
    assert!(list.contains("&lt;b&gt;x&lt;/b&gt;") && !list.contains("<b>x"), "{list}");
    let text = get("/mail/1").await.text();
    assert!(text.contains("<a href=\"https://home.example/x\" target=\"_blank\""), "{text}");
    let page = get("/mail/2").await;
    assert!(!page.text().contains("alert(1)") && page.text().contains("sandbox=\"allow-popups"));
    let frame = get("/mail/2/html").await;
    assert!(frame.text().contains("alert(1)"));
    let policy = frame.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("sandbox allow-popups"),
        "{policy}"
    );
    assert_eq!(
        get("/mail/2/source").await.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(get("/mail/9").await.status, 404);
    assert_eq!(get("/mail/0").await.status, 404);
    assert_eq!(ask(&url, "POST", "/", &[], b"").await.unwrap().status, 405);
}

async fn house() -> Mailgun {
    let mailgun = Mailgun::start(Region::Us).await.unwrap();
    mailgun.add_key("key-1");
    mailgun.add_sending_key("send-1");
    mailgun.add_domain("mg.example.org", "active");
    mailgun
}

/// `api:key-1`
const KEY: &str = "Basic YXBpOmtleS0x";
/// `api:send-1`
const SENDING: &str = "Basic YXBpOnNlbmQtMQ==";

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| {
        let file = if *name == "message" {
            "; filename=\"m.eml\"\r\nContent-Type: message/rfc822"
        } else {
            ""
        };
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    };
    let parts: String = fields.iter().map(part).collect();
    format!("{parts}--b--\r\n").into_bytes()
}

async fn post(mailgun: &Mailgun, right: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let headers = [
        ("Authorization".to_owned(), right.to_owned()),
        ("Content-Type".to_owned(), "multipart/form-data; boundary=b".to_owned()),
    ];
    ask(&mailgun.url(), "POST", path, &headers, &form(fields)).await.unwrap()
}

const MIME_PATH: &str = "/v3/mg.example.org/messages.mime";
const MIME: &str = "From: Home <h@mg.example.org>\r\nMessage-ID: <1@x>\r\nSubject: s\r\n\r\nt\r\n";

#[tokio::test]
async fn a_message_as_mime_is_queued_under_its_own_id() {
    let mailgun = house().await;
    let fields =
        [("to", "a@b.example"), ("to", "C <c@d.example>"), ("message", MIME), ("o:tracking", "no")];
    let reply = post(&mailgun, SENDING, MIME_PATH, &fields).await;
    assert_eq!((reply.status, reply.json()["id"].as_str()), (200, Some("<1@x>")));
    assert_eq!(reply.json()["message"], "Queued. Thank you.");
    let mails = mailgun.wait_for(1).await;
    assert_eq!(mails[0].recipients, ["a@b.example", "c@d.example"]);
    assert_eq!((mails[0].bytes.as_slice(), mails[0].rehearsal), (MIME.as_bytes(), false));
}

#[tokio::test]
async fn what_mailgun_refuses_is_refused() {
    let mailgun = house().await;
    let whole = [("to", "a@b.example"), ("message", MIME)];
    assert_eq!(post(&mailgun, "Basic eDp5", MIME_PATH, &whole).await.status, 401);
    let unknown = post(&mailgun, KEY, "/v3/eu.example.org/messages.mime", &whole).await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.json()["message"].as_str().unwrap().starts_with("Domain not found"));
    for fields in [
        &[("message", MIME)][..],
        &[("to", "nobody"), ("message", MIME)],
        &[("to", "a@b.example")],
        &[("to", "a@b.example"), ("message", "Subject: x\r\n\r\n")],
        &[("to", "a@b.example"), ("message", MIME), ("o:tracking", "perhaps")],
    ] {
        assert_eq!(post(&mailgun, KEY, MIME_PATH, fields).await.status, 400, "{fields:?}");
    }
    assert_eq!(mailgun.mails(), []);
    assert_eq!(
        post(&mailgun, KEY, MIME_PATH, &[("to", "a@b.example"), ("message", MIME), ("odd", "1")])
            .await
            .status,
        200
    );
    assert_eq!(post(&mailgun, KEY, "/v4/x", &[]).await.text(), "Mailgun Magnificent API");
    assert_eq!(mailgun.take_violations().len(), 2);
}

#[tokio::test]
async fn a_rehearsal_is_marked_and_a_sending_key_sees_no_domain() {
    let mailgun = house().await;
    let fields =
        [("from", "h@mg.example.org"), ("to", "a@b.example"), ("text", "t"), ("o:testmode", "yes")];
    assert_eq!(post(&mailgun, KEY, "/v3/mg.example.org/messages", &fields).await.status, 200);
    assert!(mailgun.mails()[0].rehearsal);
    let domain = async |right: &str| {
        let headers = [("Authorization".to_owned(), right.to_owned())];
        ask(&mailgun.url(), "GET", "/v3/domains/mg.example.org", &headers, b"").await.unwrap()
    };
    assert_eq!(domain(KEY).await.json()["domain"]["state"], "active");
    assert_eq!(domain(SENDING).await.status, 401);
}

#[tokio::test]
async fn mailgun_fails_as_it_is_told() {
    let mailgun = house().await;
    let whole = [("to", "a@b.example"), ("message", MIME)];
    mailgun.inject(mailgun::Fault::SlowDown(30));
    mailgun.inject(mailgun::Fault::Html);
    mailgun.inject(mailgun::Fault::Answer(500, "oh".to_owned()));
    let slow = post(&mailgun, KEY, MIME_PATH, &whole).await;
    assert_eq!((slow.status, slow.header("retry-after")), (429, Some("30")));
    assert!(post(&mailgun, KEY, MIME_PATH, &whole).await.text().contains("<title>"));
    assert_eq!(post(&mailgun, KEY, MIME_PATH, &whole).await.status, 500);
    mailgun.inject(mailgun::Fault::CutAfter);
    let headers = [
        ("Authorization".to_owned(), KEY.to_owned()),
        ("Content-Type".to_owned(), "multipart/form-data; boundary=b".to_owned()),
    ];
    assert!(ask(&mailgun.url(), "POST", MIME_PATH, &headers, &form(&whole)).await.is_err());
    assert_eq!((mailgun.mails().len(), mailgun.requests().len()), (1, 4));
    assert_eq!(mailgun.requests()[3].1, 0);
}
