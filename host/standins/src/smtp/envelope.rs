//! The commands of a session as values, and the order they may come in.

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Ehlo(String),
    Helo(String),
    Auth {
        way: String,
        initial: Option<String>,
    },
    Mail {
        sender: String,
        parameters: Vec<String>,
    },
    Rcpt(String),
    Data,
    Rset,
    Noop,
    Vrfy,
    Quit,
    /// A command that is written wrongly.
    Garbled,
    /// One this server does not have.
    Unknown,
}

impl Command {
    /// Reads a line without its end.
    pub(super) fn read(line: &str) -> Command {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let one = |make: fn(String) -> Command| match rest {
            "" => Command::Garbled,
            name if name.contains(' ') => Command::Garbled,
            name => make(name.to_owned()),
        };
        let alone = |command: Command| if rest.is_empty() { command } else { Command::Garbled };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => one(Command::Ehlo),
            "HELO" => one(Command::Helo),
            "AUTH" => auth(rest),
            "MAIL" => mail(rest),
            "RCPT" => match path(rest, "TO:") {
                Some((recipient, "")) if !recipient.is_empty() => Command::Rcpt(recipient),
                _ => Command::Garbled,
            },
            "DATA" => alone(Command::Data),
            "RSET" => alone(Command::Rset),
            "QUIT" => alone(Command::Quit),
            "NOOP" => Command::Noop,
            "VRFY" => Command::Vrfy,
            _ => Command::Unknown,
        }
    }
}

fn auth(rest: &str) -> Command {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next()) {
        (Some(way), initial, None) => {
            Command::Auth { way: way.to_ascii_uppercase(), initial: initial.map(str::to_owned) }
        }
        _ => Command::Garbled,
    }
}

fn mail(rest: &str) -> Command {
    match path(rest, "FROM:") {
        Some((sender, rest)) => {
            let words = rest.split(' ').filter(|word| !word.is_empty());
            Command::Mail { sender, parameters: words.map(str::to_ascii_uppercase).collect() }
        }
        None => Command::Garbled,
    }
}

/// `FROM:<a@b> SIZE=1` to `a@b` and ` SIZE=1`. No space may stand before the bracket.
fn path<'a>(rest: &'a str, mark: &str) -> Option<(String, &'a str)> {
    let (found, rest) = rest.split_at_checked(mark.len())?;
    if !found.eq_ignore_ascii_case(mark) {
        return None;
    }
    let (address, rest) = rest.strip_prefix('<')?.split_once('>')?;
    let fits = address.is_empty()
        || (address.contains('@')
            && !address.contains(|one: char| one.is_whitespace() || one == '<'));
    (fits && (rest.is_empty() || rest.starts_with(' '))).then(|| (address.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_strictly() {
        let mail = Command::read("mail FROM:<a@b.example> SIZE=12 body=8bitmime");
        let parameters = ["SIZE=12", "BODY=8BITMIME"].map(str::to_owned).to_vec();
        assert_eq!(mail, Command::Mail { sender: "a@b.example".to_owned(), parameters });
        assert_eq!(Command::read("RCPT TO:<a@b.example>"), Command::Rcpt("a@b.example".to_owned()));
        for garbled in [
            "EHLO",
            "EHLO a b",
            "RCPT TO: <a@b>",
            "RCPT TO:<>",
            "MAIL FROM:a@b",
            "DATA now",
            "AUTH",
        ] {
            assert_eq!(Command::read(garbled), Command::Garbled, "{garbled}");
        }
        assert_eq!(Command::read("TURN"), Command::Unknown);
    }
}
