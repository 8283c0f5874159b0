//! Pages on the way to a provider and back, and the ways one signs in.

use super::{Samples, at};
use crate::Problem;
use crate::flows::{
    AwayPage, HomePerson, HomeUserPage, IdentitiesPage, MyIdentity, OtherWay, WaitPage,
};

impl Samples for AwayPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let url = "https://id.example.org/authorize?client_id=x&state=y".into();
        vec![("usual", Self { label: "Google".into(), url })]
    }
}

impl Samples for WaitPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            label: "Films and series".into(),
            refresh_seconds: 2,
            again: "/api/auth/films/login".into(),
            back: "/login".into(),
        };
        vec![("usual", usual)]
    }
}

impl Samples for HomeUserPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let person = |id: &str, name: &str, needs_pin, restricted: bool| HomePerson {
            id: id.into(),
            name: name.into(),
            picture: restricted.then(|| "/login/home-user/picture/2".to_owned()),
            initial: name.chars().take(1).collect(),
            needs_pin,
            restricted,
            chosen: false,
        };
        let usual = Self {
            label: "Films and series".into(),
            people: vec![
                person("1", "Anna", true, false),
                person("2", "Ben", false, false),
                person("3", "Zoë", true, true),
            ],
            back: "/login".into(),
            problems: Vec::new(),
        };
        let mut wrong = usual.clone();
        wrong.problems = vec![Problem::overall("The PIN is wrong.")];
        if let Some(first) = wrong.people.first_mut() {
            first.chosen = true;
        }
        vec![("usual", usual), ("wrong", wrong)]
    }
}

impl Samples for IdentitiesPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let google = MyIdentity {
            provider: "google".into(),
            issuer: "https://accounts.google.com".into(),
            subject: "1234".into(),
            label: "Google".into(),
            name: "Anna K".into(),
            email: Some("anna@example.org".into()),
            used_at: Some(at("2026-11-20T12:00:00Z")),
            fixed: None,
        };
        let films = MyIdentity {
            provider: "films".into(),
            label: "Films and series".into(),
            email: None,
            used_at: None,
            fixed: Some("It belongs to the account you were given there.".into()),
            ..google.clone()
        };
        let usual = Self {
            identities: vec![google, films],
            others: vec![OtherWay { id: "work".into(), label: "Work".into() }],
            ..Self::default()
        };
        let stale = Self { stale: true, ..usual.clone() };
        vec![("usual", usual), ("none", Self::default()), ("stale", stale)]
    }
}
