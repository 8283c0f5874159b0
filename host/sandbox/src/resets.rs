//! The typed calls of the role `reset`.

use crate::call::{Guest, call};
use crate::contract::common::fault as wire;
use crate::contract::reset::exports::latchkey::reset::source;
use crate::convert::bad_reply;
use crate::instance::{Instance, Open};
use crate::redact::Redactor;
use domain::fault::Fault;
use domain::plugins::PluginRole;
use domain::resets::{FilePattern, Reading, Remark, ResetRequest, Specimen, is_file_name};
use domain::secret::Secret;
use jiff::Timestamp;

/// Patterns of one plugin at most.
const PATTERNS: usize = 16;
/// Bytes of a file that are read at most; the largest that a backend writes has some hundred.
const LARGEST_FILE: usize = 64 << 10;
/// Bytes of a name, a PIN or a key.
const NAME: usize = 256;
/// Bytes of a sentence for the admin.
const SENTENCE: usize = 600;

impl Instance {
    /// Which files the plugin reads.
    ///
    /// # Errors
    /// `bad-reply` for a pattern that is none; else the call's fault.
    pub async fn reset_patterns(&self) -> Result<Vec<FilePattern>, Fault> {
        let patterns = self
            .reset(&[], |mut open| async move {
                Ok(Ok(open.guest.call_patterns(&mut open.store).await?))
            })
            .await?;
        if patterns.len() > PATTERNS {
            return Err(bad_reply("more patterns than any folder needs"));
        }
        let parsed = patterns.iter().map(|text| FilePattern::parse(text));
        parsed.collect::<Result<_, _>>().map_err(|_none| bad_reply("a pattern that is none"))
    }

    /// What is in a file; no network. A file that is larger than any reset file is ignored unread.
    ///
    /// # Errors
    /// The plugin's fault, or the call's; `bad-reply` for a request without a name, a PIN or a key.
    pub async fn read_reset(&self, file_name: &str, content: &[u8]) -> Result<Reading, Fault> {
        let ready = self.ready_for(PluginRole::Reset)?;
        if content.len() > LARGEST_FILE {
            let detail = format!("{file_name} is larger than any reset file");
            let code = "sandbox.reset-too-large".to_owned();
            return Ok(Reading::Ignored(Remark { code, detail }));
        }
        let (name, content) = (file_name.to_owned(), content.to_vec());
        let found = self
            .reset(&[], |mut open| async move {
                open.guest.call_read(&mut open.store, &name, &content).await
            })
            .await?;
        reading(found, ready.granted.redactor.clone())
    }

    /// A file as the backend writes them, whose PIN is over.
    ///
    /// # Errors
    /// The plugin's fault, or the call's; `bad-reply` for a name that is not one of a file, or that the
    /// plugin itself would not read.
    pub async fn make_specimen(&self, login_name: &str) -> Result<Specimen, Fault> {
        let patterns = self.reset_patterns().await?;
        let name = login_name.to_owned();
        let made = self
            .reset(&[], |mut open| async move {
                open.guest.call_make_specimen(&mut open.store, &name).await
            })
            .await?;
        let seen = patterns.iter().any(|pattern| pattern.matches(&made.file_name));
        if !is_file_name(&made.file_name) || !seen || made.content.len() > LARGEST_FILE {
            return Err(bad_reply("a file that it would not read itself"));
        }
        Ok(Specimen { file_name: made.file_name, content: Secret::new(made.content) })
    }

    /// Uses a PIN at the backend; the login names whose password it is now.
    ///
    /// # Errors
    /// `wrong-credential` for a PIN that is wrong or over; `outcome-unknown` where it may have been used;
    /// else the plugin's fault, or the call's.
    pub async fn redeem(&self, pin: &Secret) -> Result<Vec<String>, Fault> {
        let said = pin.clone();
        self.reset(&[pin], |mut open| async move {
            open.guest.call_redeem(&mut open.store, said.expose()).await
        })
        .await
    }

    /// Asks the backend to start a reset.
    ///
    /// # Errors
    /// `unsupported` where it cannot be asked; else the plugin's fault, or the call's.
    pub async fn start_reset(&self, login_name: &str) -> Result<(), Fault> {
        let name = login_name.to_owned();
        self.reset(
            &[],
            |mut open| async move { open.guest.call_start(&mut open.store, &name).await },
        )
        .await
    }

    async fn reset<T, W, F>(&self, spoken: &[&Secret], work: W) -> Result<T, Fault>
    where
        W: FnOnce(Open<source::Guest>) -> F,
        F: Future<Output = wasmtime::Result<Result<T, wire::Fault>>>,
    {
        let ready = self.ready_for(PluginRole::Reset)?;
        let run = |mut guest: Guest| async move {
            let role = guest.loaded.reset(&mut guest.store, &guest.instance)?;
            work(Open { guest: role, store: guest.store }).await
        };
        call(&self.house, &self.configured.slot, &ready, spoken, run).await
    }
}

/// The words beside a request are without its PIN, which the redactor could not know before.
fn reading(found: source::Reading, mut redactor: Redactor) -> Result<Reading, Fault> {
    let request = match found {
        source::Reading::Incomplete => return Ok(Reading::Incomplete),
        source::Reading::Ignored(said) => return Ok(Reading::Ignored(remark(&said, &redactor))),
        source::Reading::Found(request) => request,
    };
    for part in [&request.login_name, &request.pin, &request.key] {
        if part.is_empty() || part.len() > NAME {
            return Err(bad_reply("a reset request without a name, a PIN or a key"));
        }
    }
    let seconds = i64::try_from(request.expires).ok();
    let expires = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let (pin, key) = (Secret::new(request.pin), Secret::new(request.key));
    redactor.add(&pin);
    redactor.add(&key);
    Ok(Reading::Found(ResetRequest {
        login_name: request.login_name,
        expires: expires.ok_or_else(|| bad_reply("a reset request that no calendar has"))?,
        remark: request.remark.map(|said| remark(&said, &redactor)),
        pin,
        key,
    }))
}

fn remark(said: &source::Remark, redactor: &Redactor) -> Remark {
    let (code, detail) = (redactor.line(&said.code, NAME), redactor.line(&said.detail, SENTENCE));
    Remark { code, detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fault::FaultKind;

    fn said() -> source::Request {
        source::Request {
            login_name: "Ann".to_owned(),
            pin: "12-34-AB-CD".to_owned(),
            expires: 1_800_000_000,
            key: "of-the-request".to_owned(),
            remark: Some(source::Remark {
                code: "media.odd".to_owned(),
                detail: "the PIN 12-34-AB-CD\nof of-the-request is odd".to_owned(),
            }),
        }
    }

    #[test]
    fn a_remark_is_without_the_pin_it_is_about() {
        let found = reading(source::Reading::Found(said()), Redactor::default());
        let Ok(Reading::Found(request)) = found else { panic!("a request") };
        let remark = request.remark.expect("a remark");
        assert_eq!(remark.detail, "the PIN ***\\nof *** is odd");
        assert_eq!(request.pin.expose(), "12-34-AB-CD");
    }

    #[test]
    fn a_request_that_nothing_can_be_done_with_is_a_bad_reply() {
        for wrong in [
            source::Request { login_name: String::new(), ..said() },
            source::Request { pin: String::new(), ..said() },
            source::Request { key: String::new(), ..said() },
            source::Request { key: "k".repeat(257), ..said() },
            source::Request { expires: u64::MAX, ..said() },
        ] {
            let fault = reading(source::Reading::Found(wrong), Redactor::default());
            assert_eq!(fault.map_err(|fault| fault.kind), Err(FaultKind::BadReply));
        }
    }
}
