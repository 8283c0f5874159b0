//! Templates from files and pages, by the rules of who wins and what is told.

use super::*;
use crate::activity::{self, Query};
use crate::rig::Rig;
use std::fs;

struct Post {
    rig: Rig,
    admin: Admin,
    folder: tempfile::TempDir,
}

impl Post {
    async fn new() -> Self {
        let rig = Rig::new().await;
        let (admin, _user) = rig.set_up().await;
        let folder = tempfile::tempdir().unwrap();
        open(&rig.service, Some(folder.path().to_owned())).await.unwrap();
        Self { rig, admin, folder }
    }

    async fn file(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
        rescan(&self.rig.service).await.unwrap();
    }

    async fn gone(&self, name: &str) {
        fs::remove_file(self.folder.path().join(name)).unwrap();
        rescan(&self.rig.service).await.unwrap();
    }

    fn view(&self, name: &str) -> TemplateView {
        get(&self.rig.service, &self.admin, name).unwrap()
    }

    async fn mail(&self, name: &str) -> Rendered {
        preview(&self.rig.service, &self.admin, name, None, None).await.unwrap()
    }

    async fn put(&self, name: &str, source: Source) -> Result<TemplateView> {
        put(&self.rig.service, &self.admin, name, source).await
    }

    async fn lines(&self, kind: ActivityKind) -> usize {
        let query = Query { kinds: vec![kind], ..Query::default() };
        activity::list(&self.rig.service, &self.admin, &query).await.unwrap().items.len()
    }
}

fn text(words: &str) -> Source {
    Source { text: Some(words.to_owned()), ..Source::default() }
}

#[tokio::test]
async fn a_template_of_the_pages_holds_until_it_is_taken_back() {
    let post = Post::new().await;
    let before = post.mail("reset").await;
    let mut draft = post.view("reset").source;
    draft.text = Some("Dear {{ username }},\r\n{{ reset.url }}\r\n".to_owned());
    let view = post.put("reset", draft).await.unwrap();
    assert!(matches!(view.origin, Origin::Page { .. }));
    let mail = post.mail("reset").await;
    assert!(mail.text.starts_with("Dear grandma,\nhttps://"), "{}", mail.text);
    // What says the same as before goes on to be the built-in one.
    assert_eq!((mail.subject, mail.html), (before.subject.clone(), before.html.clone()));
    let kept = post.rig.service.read(|tx| Ok(tx.mail_templates().all()?)).await.unwrap();
    assert_eq!((kept[0].subject.as_deref(), kept[0].mjml.as_deref()), (None, None));
    assert_eq!(post.lines(ActivityKind::MailTemplateChanged).await, 1);

    let view = delete(&post.rig.service, &post.admin, "reset").await.unwrap();
    assert_eq!(view.origin, Origin::BuiltIn);
    assert_eq!(post.mail("reset").await, before);
    delete(&post.rig.service, &post.admin, "reset").await.unwrap();
    assert_eq!(post.lines(ActivityKind::MailTemplateRestored).await, 1);
}

#[tokio::test]
async fn a_template_of_the_pages_holds_after_a_start() {
    let post = Post::new().await;
    post.put("test", text("kept")).await.unwrap();
    let store = post.rig.service.store().clone();
    let again = Rig::over(store, crate::rig::settled(), post.rig.clock.clone()).await.unwrap();
    let mail = preview(&again.service, &post.admin, "test", None, None).await.unwrap();
    assert_eq!(mail.text, "kept\n");
}

#[tokio::test]
async fn a_wrong_template_is_refused_at_its_part_with_the_place() {
    let post = Post::new().await;
    let refused = post.put("reset", text("a\n{{ reset.pim }}")).await.unwrap_err();
    let ServiceError::Invalid { fields } = refused else { panic!("{refused:?}") };
    assert_eq!((fields[0].field.as_str(), fields[0].code.as_str()), ("text", "template"));
    assert_eq!(fields[0].args["line"], "2");
    assert!(fields[0].args["detail"].contains("reset.pin"), "{:?}", fields[0].args);
    assert_eq!(post.view("reset").origin, Origin::BuiltIn);
    let draft = Some(text("{{ x }}"));
    let refused = preview(&post.rig.service, &post.admin, "reset", draft, None).await;
    assert!(matches!(refused, Err(ServiceError::Invalid { .. })));
    assert!(matches!(
        get(&post.rig.service, &post.admin, "rest"),
        Err(ServiceError::NotFound { .. })
    ));
}

#[tokio::test]
async fn files_win_and_lock() {
    let post = Post::new().await;
    post.put("test", text("of the page")).await.unwrap();
    post.file("test.txt", "of the file").await;
    let view = post.view("test");
    assert_eq!(view.origin, Origin::Files { names: vec!["test.txt".to_owned()] });
    assert_eq!(view.source.text.as_deref(), Some("of the file"));
    assert_eq!(post.mail("test").await.text, "of the file\n");
    assert!(matches!(post.put("test", text("x")).await, Err(ServiceError::Locked { .. })));
    let locked = delete(&post.rig.service, &post.admin, "test").await;
    assert!(matches!(locked, Err(ServiceError::Locked { .. })));
    post.file("test.toml", "subject = \"Ours: {{ server.name }}\"").await;
    assert_eq!(post.mail("test").await.subject, "Ours: Latchkey");
    post.gone("test.txt").await;
    post.gone("test.toml").await;
    assert_eq!(post.mail("test").await.text, "of the page\n");
}

#[tokio::test]
async fn a_broken_file_leaves_what_held_and_is_told_once() {
    let post = Post::new().await;
    post.file("test.txt", "good").await;
    post.file("test.txt", "\n {{ usename }}").await;
    let broken = post.view("test").broken.unwrap();
    assert_eq!((broken.problem.line, broken.problem.column), (2, 5));
    assert!(
        broken.words.contains("text:2:5") && broken.words.contains("username"),
        "{}",
        broken.words
    );
    assert!(!broken.built_in_instead);
    assert_eq!(post.mail("test").await.text, "good\n");
    rescan(&post.rig.service).await.unwrap();
    assert_eq!(post.lines(ActivityKind::MailTemplateRefused).await, 1);

    post.file("test.txt", "good again").await;
    assert_eq!(post.view("test").broken, None);
    assert_eq!(post.mail("test").await.text, "good again\n");

    post.file("reset.mjml", "<mjml><mj-body>\n<mj-section></mj-body></mjml>").await;
    let broken = post.view("reset").broken.unwrap();
    assert_eq!((broken.problem.code, broken.problem.line), ("tag-not-closed", 2));
    assert!(broken.built_in_instead);
    post.file("invite.toml", "subject = 'a'\nsubjekt = 'b'").await;
    assert_eq!(post.view("invite").broken.unwrap().problem.code, "unknown-key");
    assert_eq!(post.lines(ActivityKind::MailTemplateRefused).await, 3);
}

#[tokio::test]
async fn a_file_that_no_mail_is_called_is_listed() {
    let post = Post::new().await;
    fs::write(post.folder.path().join(".reset.txt.swp"), "x").unwrap();
    post.file("resett.txt", "x").await;
    let listing = list(&post.rig.service, &post.admin);
    assert_eq!(listing.strays, ["resett.txt"]);
    assert_eq!(listing.templates.len(), MailKind::ALL.len());
    assert_eq!(listing.folder.as_deref(), Some(post.folder.path()));
}

#[tokio::test]
async fn a_mail_that_its_template_cannot_make_is_told_once() {
    let post = Post::new().await;
    let odd = text("{% if username == 'eve' %}{{ pin|round }}{% endif %}a");
    post.put("reset", odd).await.unwrap();
    let mut context = samples::of(MailKind::Reset).remove(0).context;
    context.person.name = Some("eve".to_owned());
    for _ in 0..2 {
        let mail = render(&post.rig.service, &context).await.unwrap();
        assert!(mail.fell_back.is_some() && mail.text.contains("85-DD-A5-DC"));
    }
    assert_eq!(post.lines(ActivityKind::MailTemplateRefused).await, 1);
}

#[tokio::test]
async fn a_changed_file_is_noticed() {
    let post = Post::new().await;
    let watching = tokio::spawn(watch(post.rig.service.clone()));
    // The watch begins with the first turn of its task.
    tokio::task::yield_now().await;
    fs::write(post.folder.path().join("test.txt"), "noticed").unwrap();
    while !mail_templates(&post.rig.service).is_overridden(MailKind::Test) {
        tokio::task::yield_now().await;
    }
    watching.abort();
    assert_eq!(post.mail("test").await.text, "noticed\n");
}
