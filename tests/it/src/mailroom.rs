//! What tests about mail share: a house with a stand-in for its mail server, and people with addresses.

use harness::House;
use serde_json::{Value, json};
use standins::jellyfin::Release;
use standins::mail::Mail;
use standins::smtp::{Options, Smtp};

/// Everybody's password before it is forgotten.
pub(crate) const OLD: &str = "a good long phrase";
/// Where mail goes.
pub(crate) const ADDRESS: &str = "ada@example.org";

/// A house and the server that takes its mail.
pub(crate) struct Mailed {
    house: House,
    pub(crate) smtp: Smtp,
}

impl core::ops::Deref for Mailed {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

impl core::ops::DerefMut for Mailed {
    fn deref_mut(&mut self) -> &mut House {
        &mut self.house
    }
}

/// A house that sends mail and watches for reset files.
pub(crate) async fn house() -> Mailed {
    house_with(Release::V12).await
}

/// The same beside that release.
pub(crate) async fn house_with(release: Release) -> Mailed {
    let smtp = Smtp::start(Options::strict()).await.unwrap();
    let house = House::watching(release, &settings(&smtp)).await;
    house.jellyfin.set_data_dir(house.reset_folder());
    Mailed { house, smtp }
}

/// The `[[mail]]` table for a stand-in.
pub(crate) fn settings(smtp: &Smtp) -> String {
    format!(
        "[[mail]]\nid = \"smtp\"\nplugin = \"mail-smtp\"\nfrom = \"Home <home@example.org>\"\n\
         settings = {{ host = \"127.0.0.1\", port = {}, security = \"none\" }}\n",
        smtp.port()
    )
}

impl Mailed {
    /// Every mail that was taken, the oldest first.
    pub(crate) fn taken(&self) -> Vec<Mail> {
        self.smtp.mails()
    }

    /// The newest.
    pub(crate) fn last(&self) -> Mail {
        self.taken().pop().expect("a mail")
    }
}

/// Makes a user with a confirmed address, as an admin's word confirms it.
pub(crate) async fn person(house: &House, name: &str) {
    person_at(house, name, ADDRESS).await;
}

/// The same with that address.
pub(crate) async fn person_at(house: &House, name: &str, address: &str) {
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, name, OLD).await.expect(201);
    let id = house.user_named(name).await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin.call("PATCH", &format!("/api/users/{id}"), json!({"email": address})).await.expect(200);
    until_quiet(house).await;
}

/// The path of the first link of that kind in a mail's text.
pub(crate) fn link(mail: &Mail, beginning: &str) -> String {
    let text = mail.text().expect("a text part");
    let at = text.find(beginning).unwrap_or_else(|| panic!("no {beginning} in {text}"));
    let rest = text.get(at..).unwrap();
    rest.split(|one: char| one.is_whitespace() || "<>\")".contains(one)).next().unwrap().to_owned()
}

/// The outbox, the newest first.
pub(crate) async fn outbox(house: &House) -> Vec<Value> {
    let list = house.admin().await.get("/api/mail/outbox?limit=200").await.expect(200).json();
    list["items"].as_array().unwrap().clone()
}

/// Waits until nothing waits in the outbox any more.
pub(crate) async fn until_quiet(house: &House) {
    let open = |message: &Value| matches!(message["state"].as_str(), Some("queued" | "deferred"));
    house.until_async("nothing is owed", || async { !outbox(house).await.iter().any(open) }).await;
}
