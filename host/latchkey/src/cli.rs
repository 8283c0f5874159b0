//! The command line: what can be typed, with its help beside it.
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage or settings. What goes wrong is one sentence on
//! standard error. The environment is read here, once.

use crate::commands;
use crate::commands::import::ImportCommand;
use crate::components::Bundled;
use crate::context::Context;
use crate::folder;
use crate::log;
use crate::orders::Factors;
use crate::output::{self, Form};
use crate::settings::Source;
use crate::trouble::Trouble;
use clap::{Args, Parser, Subcommand};
use domain::secret::Secret;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use store::{KEY_FILE, KeySource};

const EXAMPLES: &str = "\
Examples:
  latchkey                              run the server; the first start prints where to go on
  latchkey demo                         try everything out on this machine, leaving nothing behind
  latchkey --data /srv/latchkey serve   keep everything in /srv/latchkey
  latchkey config init                  write a commented settings file
  latchkey admin reset-password anna    let anna in again

Environment:
  LATCHKEY_DATA                the data folder
  LATCHKEY_<SECTION>__<KEY>    any settings key, e.g. LATCHKEY_SERVER__PUBLIC_URL
  LATCHKEY_MAIL__<ID>__<KEY>   a key of one of a list, likewise LATCHKEY_BACKEND,
                               LATCHKEY_PROVIDER and LATCHKEY_RESET_WATCH; a secret also as
                               <KEY>_FILE, a file with it
  LATCHKEY_KEY                 the key that secrets are sealed with, 64 hex digits, instead of
                               latchkey.key in the data folder; or LATCHKEY_KEY_FILE, a file with it
  CREDENTIALS_DIRECTORY        a folder with latchkey.key in it, as systemd gives it

Exit status: 0 done, 1 failed, 2 wrong usage or settings.";

/// The front door to a household's media servers: invites people, gives them accounts, signs them in.
#[derive(Parser)]
#[command(name = "latchkey", version, after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    /// The data folder [default: $LATCHKEY_DATA, $STATE_DIRECTORY, ~/.local/share/latchkey]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The settings file [default: latchkey.toml in the data folder; may be absent]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Report as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args, Default)]
struct ServeArguments {
    /// Listen here instead of where the settings say; may be repeated
    #[arg(long, value_name = "ADDR")]
    listen: Vec<String>,
    /// What links are made of: the address people type
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (also without a command)
    Serve(ServeArguments),
    /// Run the whole product on loopback, with a stand-in server, in a throw-away folder
    Demo(DemoArguments),
    /// Check, show and begin settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Try a backend out
    #[command(subcommand)]
    Backend(BackendCommand),
    /// Try a mail method out
    #[command(subcommand)]
    Mail(MailCommand),
    /// Make profiles from model accounts
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Get back in: for whoever holds the data folder
    #[command(subcommand)]
    Admin(AdminCommand),
    /// See what plugins are and can do
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Take over what a predecessor left
    #[command(subcommand)]
    Import(ImportCommand),
    /// Succeed when the running server is ready (for containers)
    Healthcheck,
    /// Print the version
    Version,
}

#[derive(Args)]
struct DemoArguments {
    /// Listen here; loopback only
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: std::net::SocketAddr,
    /// Speak https with a self-signed certificate
    #[arg(long)]
    tls: bool,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with the settings, with line and column
    Check,
    /// Print every value with its source; secrets are masked
    Show,
    /// Print the JSON Schema of the settings file
    Schema,
    /// Write a commented sample where the settings file belongs
    Init {
        /// Print it instead
        #[arg(long)]
        print: bool,
    },
}

#[derive(Subcommand)]
enum BackendCommand {
    /// Test a backend in stages: name, connection, certificate, version, credential
    Test {
        /// The backend's id, as in the settings file or on its page
        id: String,
    },
}

#[derive(Subcommand)]
enum MailCommand {
    /// Test a mail method in stages: name, connection, encryption, sign-in, sender, recipient, message
    Test {
        /// The mail method's id, as in the settings file or on the page Mail
        id: String,
        /// Send a real message to this address; without it nothing is sent
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
}

#[derive(Subcommand)]
enum ProfileCommand {
    /// Make a profile from a model account
    #[command(after_help = "Without --account the accounts are listed and one is asked for.\n\
        With --output and without --name the document is only written to the file.")]
    Capture(CaptureArguments),
}

#[derive(Args)]
struct CaptureArguments {
    /// The backend's id
    #[arg(long, value_name = "ID")]
    backend: String,
    /// The model account's name
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// The profile to make or replace [default: the account's name]
    #[arg(long, value_name = "PROFILE")]
    name: Option<String>,
    /// Write the backend's own document to this file, too
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const PASSWORD_HELP: &str = "\
The password is asked for without showing it, or read from one line of standard input. Where none \
is given, a good one is made and printed.";

#[derive(Subcommand)]
enum AdminCommand {
    /// Make an admin, or make an existing user one
    #[command(after_help = PASSWORD_HELP)]
    Create {
        /// The name
        name: String,
    },
    /// Give a user a new local password and end their sessions
    #[command(after_help = PASSWORD_HELP)]
    ResetPassword {
        /// The name
        name: String,
        /// Take their app, passkeys and recovery codes away, too
        #[arg(long)]
        clear_second_factor: bool,
    },
    /// Print a link that signs a user in, once, for 15 minutes
    LoginLink {
        /// The name
        name: String,
    },
}

#[derive(Subcommand)]
enum PluginCommand {
    /// List all components: what runs, and what does not and why
    List,
    /// Say in sentences what a component exports, imports, can do and cannot do, and its settings
    Inspect {
        /// The .wasm file, or the id of one that came with the program, such as mail-smtp
        file: PathBuf,
    },
}

/// Runs what the command line says.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>, bundled: Bundled) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors and go to standard output.
            let _gone = error.print().is_err();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // Names and values that are no text can be none of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    log::panics_are_logged();
    match dispatch(arguments, environment, bundled) {
        Ok(code) => code,
        Err(trouble) => {
            output::complain(match &trouble {
                Trouble::Settings(problems) => problems.to_string(),
                other => format!("latchkey: {other}"),
            });
            ExitCode::from(trouble.status())
        }
    }
}

fn dispatch(
    arguments: Arguments,
    environment: Vec<(String, String)>,
    bundled: Bundled,
) -> Result<ExitCode, Trouble> {
    let Arguments { data, config, json, serve, command } = arguments;
    let serves = matches!(command, None | Some(Command::Serve(_)));
    if !serves && (!serve.listen.is_empty() || serve.public_url.is_some()) {
        let words = "--listen and --public-url belong to serve; put them behind it";
        return Err(Trouble::Usage(words.to_owned()));
    }
    let (command, serve) = match command {
        None => (None, serve),
        Some(Command::Serve(behind)) => (None, joined(serve, behind)),
        Some(other) => (Some(other), ServeArguments::default()),
    };
    let context = context((data, config, json), serve, environment, bundled)?;
    match command {
        None => commands::serve(context),
        Some(command) => other(command, context),
    }
}

fn other(command: Command, context: Context) -> Result<ExitCode, Trouble> {
    match command {
        Command::Serve(_) => commands::serve(context),
        Command::Demo(demo) => commands::demo(context, demo.listen, demo.tls),
        Command::Config(ConfigCommand::Check) => commands::config::check(&context),
        Command::Config(ConfigCommand::Show) => commands::config::show(&context),
        Command::Config(ConfigCommand::Schema) => Ok(commands::config::schema()),
        Command::Config(ConfigCommand::Init { print }) => commands::config::init(&context, print),
        Command::Backend(BackendCommand::Test { id }) => commands::asked::backend_test(context, id),
        Command::Mail(MailCommand::Test { id, to }) => commands::asked::mail_test(context, id, to),
        Command::Profile(ProfileCommand::Capture(wanted)) => {
            let CaptureArguments { backend, account, name, output } = wanted;
            commands::asked::capture(context, backend, account, (name, output))
        }
        Command::Admin(AdminCommand::Create { name }) => {
            commands::asked::admin_create(context, name)
        }
        Command::Admin(AdminCommand::ResetPassword { name, clear_second_factor }) => {
            let factors = if clear_second_factor { Factors::Clear } else { Factors::Keep };
            commands::asked::reset_password(context, name, factors)
        }
        Command::Admin(AdminCommand::LoginLink { name }) => {
            commands::asked::login_link(context, name)
        }
        Command::Plugin(PluginCommand::List) => commands::asked::plugins(context),
        Command::Plugin(PluginCommand::Inspect { file }) => {
            commands::inspect::inspect(&file, &context.bundled, context.form)
        }
        Command::Import(wanted) => commands::import::import(context, wanted),
        Command::Healthcheck => commands::asked::healthcheck(&context),
        Command::Version => Ok(commands::version(context.form)),
    }
}

fn joined(before: ServeArguments, behind: ServeArguments) -> ServeArguments {
    let listen = [before.listen, behind.listen].concat();
    ServeArguments { listen, public_url: behind.public_url.or(before.public_url) }
}

fn context(
    (data, config, json): (Option<PathBuf>, Option<PathBuf>, bool),
    serve: ServeArguments,
    environment: Vec<(String, String)>,
    bundled: Bundled,
) -> Result<Context, Trouble> {
    let data_folder = data.or_else(|| folder::default_folder(&environment)).ok_or_else(|| {
        Trouble::Usage("nothing says where the data folder is; name it with --data".to_owned())
    })?;
    // Files are watched by their folders, which a bare name does not have.
    let whole = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let data_folder = whole(data_folder);
    let file_must_exist = config.is_some();
    let file = config.map_or_else(|| data_folder.join(folder::SETTINGS), whole);
    Ok(Context {
        key: key(&environment)?,
        data_folder,
        settings: Source {
            file: Some(file),
            file_must_exist,
            environment: environment.clone(),
            listen: serve.listen,
            public_url: serve.public_url,
        },
        environment,
        form: if json { Form::Json } else { Form::Text },
        bundled,
    })
}

/// From the environment or a file it names, else from a credentials directory that has one; else the
/// data folder's.
fn key(environment: &[(String, String)]) -> Result<Option<KeySource>, Trouble> {
    let set = |name: &str| {
        let found = environment.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.clone())
    };
    if let Some(text) = set("LATCHKEY_KEY") {
        return Ok(Some(KeySource::Text(Secret::new(text))));
    }
    if let Some(file) = set("LATCHKEY_KEY_FILE") {
        let text = std::fs::read_to_string(&file).map_err(|cause| {
            Trouble::because(&format!("could not read the key in {file}"), &cause)
        })?;
        return Ok(Some(KeySource::Text(Secret::new(text))));
    }
    let credentials = set("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let filled = credentials.filter(|folder| folder.join(KEY_FILE).exists());
    Ok(filled.map(KeySource::Credentials))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent_and_documented() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            assert!(sub.get_about().is_some(), "{}", sub.get_name());
        }
    }

    #[test]
    fn flags_of_serve_work_with_and_without_it() {
        for line in ["latchkey --listen 127.0.0.1:1", "latchkey serve --listen 127.0.0.1:1"] {
            assert!(Arguments::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        let parsed = Arguments::try_parse_from(["latchkey", "--listen", "x", "version"]).unwrap();
        let refused = dispatch(parsed, vec![("HOME".into(), "/h".into())], Bundled::new());
        assert_eq!(refused.unwrap_err().status(), 2);
    }
}
