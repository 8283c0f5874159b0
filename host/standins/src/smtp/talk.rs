//! One session: lines in, answers out, mails kept.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader,
};

use super::envelope::Command;
use super::options::{At, Fault};
use super::state::Shared;
use crate::mail::Mail;

const LONGEST_COMMAND: usize = 512;
const LONGEST_TEXT_LINE: usize = 1000;

/// What the server knows of the session.
#[derive(Default)]
struct Session {
    greeted: bool,
    signed_in: bool,
    sender: Option<String>,
    parameters: Vec<String>,
    recipients: Vec<String>,
}

impl Session {
    fn forget_mail(&mut self) {
        (self.sender, self.parameters, self.recipients) = (None, Vec::new(), Vec::new());
    }
}

/// How the session goes on after an answer.
enum Next {
    GoOn,
    Over,
}

struct Talk<'a, R, W> {
    shared: &'a Arc<Shared>,
    reader: R,
    writer: W,
    session: Session,
}

/// Speaks until the client leaves or is cut off.
pub(super) async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    shared: &Arc<Shared>,
) -> io::Result<()> {
    let (read, writer) = tokio::io::split(stream);
    let mut talk =
        Talk { shared, reader: BufReader::new(read), writer, session: Session::default() };
    let banner = format!("220 {} ESMTP stand-in", shared.options.name);
    if let Next::Over = talk.settle(At::Banner, &banner, |_| {}).await? {
        return Ok(());
    }
    while let Some(line) = talk.line(LONGEST_COMMAND).await? {
        if let Next::Over = talk.obey(&line).await? {
            break;
        }
    }
    Ok(())
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin> Talk<'_, R, W> {
    /// A line without its end; none at the end of the stream.
    async fn line(&mut self, longest: usize) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).await?;
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        if line.len() > longest {
            self.shared.violation(format!("a line of {} bytes", line.len()));
        }
        line.pop();
        match line.pop() {
            Some(b'\r') => {}
            other => {
                line.extend(other);
                self.shared.violation("a line that ends without CR".to_owned());
            }
        }
        if line.contains(&b'\r') {
            self.shared.violation("a CR within a line".to_owned());
        }
        Ok(Some(line))
    }

    /// Answers, or does what a script has for this moment. `done` is what the answer stands for.
    async fn settle(
        &mut self,
        at: At,
        answer: &str,
        done: impl FnOnce(&mut Session),
    ) -> io::Result<Next> {
        match self.shared.fault(at) {
            None => {
                done(&mut self.session);
                self.say(answer).await
            }
            Some(Fault::Answer(answer)) => {
                if at == At::Dot {
                    self.session.forget_mail();
                }
                let over = answer.starts_with("421");
                self.say(&answer).await?;
                Ok(if over { Next::Over } else { Next::GoOn })
            }
            Some(Fault::CutBefore) => Ok(Next::Over),
            Some(Fault::CutAfter) => {
                done(&mut self.session);
                Ok(Next::Over)
            }
        }
    }

    async fn say(&mut self, answer: &str) -> io::Result<Next> {
        self.shared.transcribe(format!("S: {answer}"));
        self.writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
        self.writer.flush().await?;
        Ok(Next::GoOn)
    }

    async fn obey(&mut self, line: &[u8]) -> io::Result<Next> {
        let text = String::from_utf8_lossy(line).into_owned();
        let command = Command::read(&text);
        let shown =
            if matches!(command, Command::Auth { .. }) { "AUTH ***" } else { text.as_str() };
        self.shared.transcribe(format!("C: {shown}"));
        if !matches!(command, Command::Quit) && self.waits().await? {
            self.shared.violation(format!("more was sent before the answer to {shown}"));
        }
        match command {
            Command::Ehlo(_) | Command::Helo(_) => self.hello(&command).await,
            Command::Auth { way, initial } => self.sign_in(&way, initial).await,
            Command::Mail { sender, parameters } => self.mail(sender, parameters).await,
            Command::Rcpt(recipient) => self.rcpt(recipient).await,
            Command::Data => self.data().await,
            Command::Rset => {
                self.session.forget_mail();
                self.say("250 2.0.0 forgotten").await
            }
            Command::Noop => self.say("250 2.0.0 ok").await,
            Command::Vrfy => self.say("252 2.1.5 send it and see").await,
            Command::Quit => {
                self.say("221 2.0.0 bye").await?;
                Ok(Next::Over)
            }
            Command::Garbled => self.wrong(shown, "501 5.5.4 what do you mean").await,
            Command::Unknown => self.wrong(shown, "500 5.5.2 no such command").await,
        }
    }

    /// Whether bytes have come that nobody asked for. What is still on its way is not seen.
    async fn waits(&mut self) -> io::Result<bool> {
        let mut waiting = false;
        std::future::poll_fn(|context| {
            if let std::task::Poll::Ready(Ok(bytes)) =
                std::pin::Pin::new(&mut self.reader).poll_fill_buf(context)
            {
                waiting = !bytes.is_empty();
            }
            std::task::Poll::Ready(())
        })
        .await;
        Ok(waiting)
    }

    async fn wrong(&mut self, what: &str, answer: &str) -> io::Result<Next> {
        self.shared.violation(format!("{what} was answered {answer}"));
        self.say(answer).await
    }

    async fn hello(&mut self, command: &Command) -> io::Result<Next> {
        let options = &self.shared.options;
        let mut lines = vec![options.name.clone()];
        if matches!(command, Command::Ehlo(_)) {
            if !options.extended {
                return self.say("502 5.5.1 not here").await;
            }
            lines.extend(options.offers.iter().cloned());
            if !options.accounts.is_empty() {
                lines.push(format!("AUTH {}", options.ways.join(" ")));
            }
        }
        let last = lines.len() - 1;
        let marked = lines
            .iter()
            .enumerate()
            .map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' }));
        let answer = marked.collect::<Vec<_>>().join("\r\n");
        self.settle(At::Hello, &answer, |session| {
            session.greeted = true;
            session.forget_mail();
        })
        .await
    }

    async fn sign_in(&mut self, way: &str, initial: Option<String>) -> io::Result<Next> {
        let offered = self.shared.options.ways.iter().any(|known| known == way);
        if !self.session.greeted || self.session.signed_in || self.session.sender.is_some() {
            return self.wrong("AUTH", "503 5.5.1 not now").await;
        }
        if !offered || self.shared.options.accounts.is_empty() {
            return self.wrong("AUTH", "504 5.5.4 not in that way").await;
        }
        let Some((name, password)) = self.credentials(way, initial).await? else {
            return self.say("501 5.5.2 that is no credential").await;
        };
        let accounts = &self.shared.options.accounts;
        if !accounts.iter().any(|known| known.0 == name && known.1 == password) {
            return self.say("535 5.7.8 Incorrect authentication data").await;
        }
        self.settle(At::SignIn, "235 2.7.0 welcome", |session| session.signed_in = true).await
    }

    async fn credentials(
        &mut self,
        way: &str,
        initial: Option<String>,
    ) -> io::Result<Option<(String, String)>> {
        if way == "PLAIN" {
            let packed = match initial {
                Some(packed) => packed,
                None => self.ask("334 ").await?,
            };
            let whole = unpack(&packed).unwrap_or_default();
            let mut parts = whole.split('\0').skip(1).map(str::to_owned);
            return Ok(parts.next().zip(parts.next()));
        }
        let name = match initial {
            Some(packed) => packed,
            None => self.ask("334 VXNlcm5hbWU6").await?,
        };
        let password = self.ask("334 UGFzc3dvcmQ6").await?;
        Ok(unpack(&name).zip(unpack(&password)))
    }

    async fn ask(&mut self, question: &str) -> io::Result<String> {
        self.say(question).await?;
        let line = self.line(LONGEST_COMMAND).await?.unwrap_or_default();
        self.shared.transcribe("C: ***".to_owned());
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    async fn mail(&mut self, sender: String, parameters: Vec<String>) -> io::Result<Next> {
        if !self.session.greeted || self.session.sender.is_some() {
            return self.wrong("MAIL", "503 5.5.1 not now").await;
        }
        if !self.session.signed_in && !self.shared.options.accounts.is_empty() {
            return self.say("530 5.7.0 Authentication required").await;
        }
        let offers = &self.shared.options.offers;
        let offered =
            |keyword: &str| offers.iter().any(|offer| offer.split(' ').next() == Some(keyword));
        let known = |parameter: &String| match parameter.split_once('=') {
            Some(("SIZE", number)) => offered("SIZE") && number.parse::<u64>().is_ok(),
            Some(("BODY", "8BITMIME" | "7BIT")) => offered("8BITMIME"),
            None => parameter == "SMTPUTF8" && offered("SMTPUTF8"),
            Some(_) => false,
        };
        if !parameters.iter().all(known) {
            return self.wrong("MAIL", "555 5.5.4 unknown parameter").await;
        }
        if !sender.is_ascii() && !parameters.iter().any(|parameter| parameter == "SMTPUTF8") {
            return self.wrong("MAIL", "553 5.6.7 address needs SMTPUTF8").await;
        }
        self.settle(At::Sender, "250 2.1.0 ok", |session| {
            (session.sender, session.parameters) = (Some(sender), parameters);
        })
        .await
    }

    async fn rcpt(&mut self, recipient: String) -> io::Result<Next> {
        if self.session.sender.is_none() {
            return self.wrong("RCPT", "503 5.5.1 who sends it").await;
        }
        let wide = self.session.parameters.iter().any(|parameter| parameter == "SMTPUTF8");
        if !recipient.is_ascii() && !wide {
            return self.wrong("RCPT", "553 5.6.7 address needs SMTPUTF8").await;
        }
        self.settle(At::Recipient, "250 2.1.5 ok", |session| session.recipients.push(recipient))
            .await
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.session.recipients.is_empty() {
            return self.wrong("DATA", "503 5.5.1 to whom").await;
        }
        if let Some(fault) = self.shared.fault(At::Data) {
            return match fault {
                Fault::Answer(answer) => self.say(&answer).await,
                Fault::CutBefore | Fault::CutAfter => Ok(Next::Over),
            };
        }
        self.say("354 end with a dot").await?;
        let Some(bytes) = self.message().await? else { return Ok(Next::Over) };
        let announced =
            self.session.parameters.iter().any(|parameter| parameter == "BODY=8BITMIME");
        if !bytes.is_ascii() && !announced {
            self.shared.violation("bytes beyond ASCII that were not announced".to_owned());
        }
        let mail = Mail {
            sender: self.session.sender.clone().unwrap_or_default(),
            recipients: self.session.recipients.clone(),
            bytes,
            rehearsal: false,
        };
        let shared = Arc::clone(self.shared);
        let answer = format!("250 2.0.0 OK id=stand-in-{}", shared.count() + 1);
        self.settle(At::Dot, &answer, |session| {
            shared.keep(mail);
            session.forget_mail();
        })
        .await
    }

    /// Up to the dot, which is left out; none where the connection ended before it.
    async fn message(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        while let Some(line) = self.line(LONGEST_TEXT_LINE).await? {
            match line.strip_prefix(b".") {
                Some(b"") => return Ok(Some(bytes)),
                Some(rest) => bytes.extend(rest),
                None => bytes.extend(&line),
            }
            bytes.extend(b"\r\n");
        }
        Ok(None)
    }
}

fn unpack(packed: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}
