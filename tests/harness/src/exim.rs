//! A real mail server on loopback: exim4, with STARTTLS, implicit TLS, sign-in and refusals.
//!
//! It keeps what it took in one maildir. Mail for `nobody@` is refused for good, mail for anybody is
//! put off while it is [`Exim::busy`]. Needs root, since exim reads no other user's configuration.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Who may send.
pub const MAIL_USER: &str = "house";
/// Their password.
pub const MAIL_PASSWORD: &str = "the house's mail password";
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running exim. Dropped, it ends and takes its folder with it.
pub struct Exim {
    child: Child,
    folder: TempDir,
    /// The fingerprint of its certificate: what a client has to pin.
    pub fingerprint: String,
    /// Takes plain connections and STARTTLS.
    pub submission: u16,
    /// Takes TLS from the first byte.
    pub submissions: u16,
}

/// A mail as exim wrote it into the maildir.
#[derive(Debug, Clone)]
pub struct Delivered(String);

impl Delivered {
    /// All of it, unfolded headers and all.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// A header's value, its folded lines joined.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.0.split("\n\n").next()?.replace("\n ", " ").replace("\n\t", " ");
        let prefix = format!("{}:", name.to_lowercase());
        let line = head.lines().find(|line| line.to_lowercase().starts_with(&prefix))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    }

    /// The recipient of the envelope.
    #[must_use]
    pub fn recipient(&self) -> String {
        self.header("envelope-to").unwrap_or_default()
    }

    /// Text and HTML with quoted-printable undone.
    #[must_use]
    pub fn words(&self) -> String {
        let mut bytes = Vec::new();
        let text = self.0.replace("=\n", "");
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let ahead = rest.clone();
            let code = (byte == b'=').then(|| {
                let two: Vec<u8> = ahead.take(2).collect();
                u8::from_str_radix(core::str::from_utf8(&two).ok()?, 16).ok()
            });
            if let Some(Some(decoded)) = code {
                bytes.push(decoded);
                let _two = (rest.next(), rest.next());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The path of the first link of ours with that beginning: `/reset/…`.
    #[must_use]
    pub fn link(&self, beginning: &str) -> Option<String> {
        let words = self.words();
        let at = words.find(beginning)?;
        let end = |one: char| one.is_whitespace() || matches!(one, '"' | '<' | '>' | ')' | '\'');
        words.get(at..)?.split(end).next().map(str::to_owned)
    }
}

impl Exim {
    /// Starts one with a certificate for `localhost` and 127.0.0.1; none where it cannot run here,
    /// which is a failure in CI and said elsewhere.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::with_certificate_for(&["localhost", "127.0.0.1"])
    }

    /// Starts one whose certificate is for other names.
    #[must_use]
    pub fn with_certificate_for(names: &[&str]) -> Option<Self> {
        if !can_run() {
            let words = "no real mail server here: install exim4-daemon-light and run as root";
            assert!(std::env::var_os("CI").is_none(), "{words}");
            #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
            {
                eprintln!("left out: {words}");
            }
            return None;
        }
        let folder = tempfile::Builder::new().prefix("latchkey-exim-").tempdir().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let fingerprint = egress::Fingerprint::of(made.cert.der()).to_string();
        fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        for name in ["spool", "log", "mail"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let [submission, submissions] = free_ports();
        let config = folder.path().join("exim.conf");
        fs::write(&config, configuration(folder.path(), submission, submissions)).unwrap();
        let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
        open(folder.path(), 0o755).unwrap();
        open(&config, 0o644).unwrap();
        let owned =
            ["-R", "Debian-exim:Debian-exim", "spool", "log", "mail", "key.pem", "cert.pem"];
        let owned = Command::new("chown").args(owned).current_dir(folder.path()).status();
        assert!(owned.unwrap().success());
        let child = Command::new(program())
            .arg("-C")
            .arg(&config)
            .args(["-bdf", "-odi", "-oX", ""])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let exim = Self { child, folder, fingerprint, submission, submissions };
        let began = Instant::now();
        while [submission, submissions].iter().any(|port| !answers(*port)) {
            assert!(began.elapsed() < PATIENCE, "exim does not answer: {}", exim.log());
            std::thread::yield_now();
        }
        Some(exim)
    }

    /// The `[[mail]]` table of a settings file: STARTTLS and the pinned certificate.
    #[must_use]
    pub fn settings(&self) -> String {
        self.settings_with(self.submission, "starttls", MAIL_PASSWORD)
    }

    /// The same with that port, security and password.
    #[must_use]
    pub fn settings_with(&self, port: u16, security: &str, password: &str) -> String {
        let fingerprint = &self.fingerprint;
        format!(
            "[[mail]]\nid = \"smtp\"\nplugin = \"mail-smtp\"\nfrom = \"Home <home@example.org>\"\n\
             settings = {{ host = \"localhost\", port = {port}, security = \"{security}\", \
             username = \"{MAIL_USER}\", password = \"{password}\", fingerprint = \"{fingerprint}\" }}\n"
        )
    }

    /// While it is on, everybody is asked to come back later.
    pub fn busy(&self, on: bool) {
        let file = self.folder.path().join("busy");
        if on {
            fs::write(file, "").unwrap();
        } else {
            fs::remove_file(file).unwrap();
        }
    }

    /// What it delivered, the oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Delivered> {
        let Ok(entries) = fs::read_dir(self.folder.path().join("mail/new")) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort_by_key(|file| fs::metadata(file).and_then(|meta| meta.modified()).ok());
        files.iter().filter_map(|file| fs::read_to_string(file).ok()).map(Delivered).collect()
    }

    /// What it delivered to somebody.
    #[must_use]
    pub fn mails_to(&self, address: &str) -> Vec<Delivered> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.recipient() == address);
        mails
    }

    /// Its own words on what happened.
    #[must_use]
    pub fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.path().join("log").join(name));
        ["mainlog", "rejectlog", "paniclog"]
            .into_iter()
            .filter_map(|name| read(name).ok())
            .collect()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn can_run() -> bool {
    let root = fs::metadata("/proc/self").is_ok_and(|meta| {
        use std::os::unix::fs::MetadataExt as _;
        meta.uid() == 0
    });
    let mut asked = Command::new(program());
    let asked = asked.arg("-bV").stdout(Stdio::null()).stderr(Stdio::null());
    root && asked.status().is_ok_and(|status| status.success())
}

/// Servers may be in root's path only.
fn program() -> &'static Path {
    let whole = Path::new("/usr/sbin/exim4");
    if whole.exists() { whole } else { Path::new("exim4") }
}

/// Two ports that were free a moment ago.
fn free_ports() -> [u16; 2] {
    let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn configuration(folder: &Path, submission: u16, submissions: u16) -> String {
    let folder = folder.display();
    format!(
        "primary_hostname = mail.test.example
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/spool/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {submission} : {submissions}
tls_on_connect_ports = {submissions}
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
tls_advertise_hosts = *
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = rcpt
never_users =
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 200
smtp_accept_max_per_connection = 1000
begin acl
rcpt:
  deny condition = ${{if eq{{$local_part}}{{nobody}}}}
       message = 550 5.1.1 there is no such person
  defer condition = ${{if exists{{{folder}/busy}}}}
       message = 451 4.3.0 come back later
  accept authenticated = *
  deny message = 550 5.7.1 sign in first
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = {folder}/mail
  user = Debian-exim
  group = Debian-exim
  envelope_to_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{MAIL_USER}}}}}{{eq{{$auth3}}{{{MAIL_PASSWORD}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if and{{{{eq{{$auth1}}{{{MAIL_USER}}}}}{{eq{{$auth2}}{{{MAIL_PASSWORD}}}}}}}}}
  server_set_id = $auth1
"
    )
}
