//! The page to read mails on, for the demo.
//!
//! A mail's html is shown in a frame that runs no script, loads nothing from anywhere and cannot reach
//! the page around it; its links open in a tab of their own.

use crate::loopback::{Asked, Told};
use crate::mail::Mail;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
    a{color:inherit}li{margin:.5rem 0}.quiet{opacity:.7}pre{white-space:pre-wrap;overflow-wrap:anywhere;\
    font:inherit}iframe{width:100%;height:52rem;border:1px solid #8886;border-radius:.5rem;background:#fff}";
const OWN_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; \
    sandbox allow-popups allow-popups-to-escape-sandbox";

/// Answers a request: the list, one mail, its html, its source.
pub(super) fn show(asked: &Asked, mails: &[Mail]) -> Told {
    if asked.method != "GET" {
        return html(405, "Not here", "<p>This page is only for reading.</p>");
    }
    let mail = |number: &str| {
        let number = number.parse::<usize>().ok()?;
        mails.get(number.checked_sub(1)?).map(|mail| (number, mail))
    };
    let told = match asked.segments().as_slice() {
        [] => Some(list(mails)),
        ["mail", number] => mail(number).map(|(number, mail)| one(number, mail)),
        ["mail", number, "html"] => mail(number).and_then(|(_, mail)| framed(mail)),
        ["mail", number, "source"] => mail(number).map(|(_, mail)| {
            guarded(Told::new(200, "text/plain; charset=utf-8", mail.bytes.clone()), OWN_POLICY)
        }),
        _ => None,
    };
    told.unwrap_or_else(|| {
        html(404, "Not found", "<p>There is no such mail.</p><p><a href=\"/\">All mails</a></p>")
    })
}

fn list(mails: &[Mail]) -> Told {
    if mails.is_empty() {
        return html(
            200,
            "Mails",
            "<p class=\"quiet\">No mail has come yet. Reload to look again.</p>",
        );
    }
    let lines = mails.iter().enumerate().rev().map(|(at, mail)| {
        let subject = subject(mail);
        let to = escape(&mail.recipients.join(", "));
        format!(
            "<li><a href=\"/mail/{}\">{subject}</a><br><span class=\"quiet\">to {to}</span></li>",
            at + 1
        )
    });
    html(200, "Mails", &format!("<ol reversed>{}</ol>", lines.collect::<String>()))
}

fn one(number: usize, mail: &Mail) -> Told {
    let to = escape(&mail.recipients.join(", "));
    let from = escape(&mail.header("from").unwrap_or_else(|| mail.sender.clone()));
    let text = mail.text().map_or_else(String::new, |text| {
        format!("<h2>As plain text</h2><pre>{}</pre>", linked(&text))
    });
    let frame = mail.html().map_or_else(String::new, |_| {
        format!(
            "<h2>As most people see it</h2><iframe title=\"The mail's html\" src=\"/mail/{number}/html\" \
             sandbox=\"allow-popups allow-popups-to-escape-sandbox\"></iframe>"
        )
    });
    let body = format!(
        "<p class=\"quiet\">from {from}<br>to {to}</p>{frame}{text}\
         <p><a href=\"/\">All mails</a> &middot; <a href=\"/mail/{number}/source\">Source</a></p>"
    );
    html(200, &subject(mail), &body)
}

fn framed(mail: &Mail) -> Option<Told> {
    let page =
        format!("<!doctype html><meta charset=\"utf-8\"><base target=\"_blank\">{}", mail.html()?);
    Some(guarded(Told::new(200, "text/html; charset=utf-8", page), MAIL_POLICY))
}

/// The title is escaped already.
fn html(status: u16, title: &str, body: &str) -> Told {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    guarded(Told::new(status, "text/html; charset=utf-8", page), OWN_POLICY)
}

fn guarded(told: Told, policy: &str) -> Told {
    told.with("content-security-policy", policy)
        .with("x-content-type-options", "nosniff")
        .with("referrer-policy", "no-referrer")
        .with("cache-control", "no-store")
}

fn subject(mail: &Mail) -> String {
    let subject = mail.subject();
    if subject.is_empty() { "(no subject)".to_owned() } else { escape(&subject) }
}

/// Text as html, with web addresses as links.
fn linked(text: &str) -> String {
    let word = |word: &str| {
        let (address, end) = word.split_at(
            word.trim_end_matches(|one: char| one.is_whitespace() || ".,;)>".contains(one)).len(),
        );
        if address.starts_with("https://") || address.starts_with("http://") {
            let shown = escape(address);
            format!(
                "<a href=\"{shown}\" target=\"_blank\" rel=\"noopener noreferrer\">{shown}</a>{}",
                escape(end)
            )
        } else {
            escape(word)
        }
    };
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
