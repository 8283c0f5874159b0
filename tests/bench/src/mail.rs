//! A reset file becomes a mail: from the last byte written to the mail in the server's hands.

use crate::table::{Table, median, words};
use harness::House;
use jiff::SignedDuration;
use serde_json::json;
use standins::jellyfin::Release;
use standins::smtp::{Options, Smtp};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const FILES: usize = 20;
const ADDRESS: &str = "ada@example.org";

/// Files one after another, and the bare dialogue with the same server beside each.
pub(crate) async fn measure(table: &mut Table) {
    let smtp = Smtp::start(Options::strict()).await.unwrap();
    let method = format!(
        "[[mail]]\nid = \"smtp\"\nplugin = \"mail-smtp\"\nfrom = \"Home <home@example.org>\"\n\
         settings = {{ host = \"127.0.0.1\", port = {}, security = \"none\" }}\n",
        smtp.port()
    );
    let house = House::watching(Release::V12, &method).await;
    house.jellyfin.set_data_dir(house.reset_folder());
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", "a good long phrase").await.expect(201);
    let user = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin.call("PATCH", &format!("/api/users/{user}"), json!({"email": ADDRESS})).await.expect(200);
    let (mut whole, mut direct) = (Vec::new(), Vec::new());
    for _file in 0..FILES {
        house.clock.advance(SignedDuration::from_mins(31));
        let before = smtp.mails().len();
        let _written = house.jellyfin.forgot_password("Ada").unwrap().expect("a file");
        let began = Instant::now();
        let _taken = smtp.wait_for(before + 1).await;
        whole.push(began.elapsed());
        let message = smtp.mails().pop().unwrap().bytes;
        let began = Instant::now();
        dialogue(smtp.port(), &message).await;
        direct.push(began.elapsed());
    }
    let (whole, direct) = (median(whole), median(direct));
    table.row(
        [
            "reset file written to mail handed over, inotify",
            "<= 500 ms",
            &words(whole),
            &format!("the bare dialogue with the same server: {}", words(direct)),
        ],
        whole <= Duration::from_millis(500),
    );
}

async fn dialogue(port: u16, message: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut answer = [0; 1024];
    let mut said = message.to_vec();
    said.extend(b"\r\n.\r\n");
    let lines: [&[u8]; 5] = [
        b"EHLO bench.example\r\n",
        b"MAIL FROM:<home@example.org>\r\n",
        b"RCPT TO:<ada@example.org>\r\n",
        b"DATA\r\n",
        &said,
    ];
    let _banner = stream.read(&mut answer).await.unwrap();
    for line in lines {
        stream.write_all(line).await.unwrap();
        let read = stream.read(&mut answer).await.unwrap();
        assert!(matches!(answer[..read].first(), Some(b'2' | b'3')));
    }
    stream.write_all(b"QUIT\r\n").await.unwrap();
    let _bye = stream.read(&mut answer).await.unwrap();
}
