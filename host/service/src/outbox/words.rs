//! What others said about a message, without what only its reader may know.

use domain::secret::Secret;

/// What stands in a secret's place.
const STARS: &str = "***";
/// Shorter ones would make stars of ordinary words.
const SHORTEST: usize = 4;

/// What must be seen nowhere but in the message: links, what is secret in them, PINs.
pub(crate) fn secrets_of(link: Option<&Secret>, pin: Option<&Secret>) -> Vec<Secret> {
    let token = link.and_then(|link| {
        let path = link.expose().trim_end_matches('/');
        path.rsplit('/').next().filter(|token| token.len() >= 8).map(Secret::from)
    });
    // Whoever types a PIN may leave out the dashes and write it small.
    let pins = pin.map(Secret::expose).into_iter().flat_map(|pin| {
        [pin.clone(), pin.replace('-', "")]
            .into_iter()
            .flat_map(|form| [form.to_lowercase(), form.to_uppercase(), form])
    });
    [link.cloned(), token].into_iter().flatten().chain(pins.map(Secret::new)).collect()
}

/// Words as they may be shown to an admin.
pub(crate) fn masked(words: &str, secrets: &[Secret]) -> String {
    let mut shown = words.trim().to_owned();
    for secret in secrets.iter().map(Secret::expose).filter(|one| one.len() >= SHORTEST) {
        shown = shown.replace(secret.as_str(), STARS);
    }
    shown
}

/// Words as they may stand in the activity: without the address, too.
pub(crate) fn without_address(words: &str, address: &str) -> String {
    let lower = words.to_lowercase();
    let sought = address.to_lowercase();
    // Folding may change lengths; then nothing is certain and the whole sentence goes.
    if sought.is_empty() || !lower.contains(&sought) {
        return words.to_owned();
    }
    if lower.len() != words.len() {
        return STARS.to_owned();
    }
    let mut shown = String::new();
    let mut from = 0;
    for (at, found) in lower.match_indices(&sought) {
        shown.push_str(words.get(from..at).unwrap_or_default());
        shown.push_str(STARS);
        from = at + found.len();
    }
    shown.push_str(words.get(from..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_masked_whole_and_in_part() {
        let link = Secret::from("https://home.example/reset/0123456789abcdef");
        let pin = Secret::from("12-34-AB-CD");
        let secrets = secrets_of(Some(&link), Some(&pin));
        assert_eq!(
            masked("550 spam: https://home.example/reset/0123456789abcdef", &secrets),
            "550 spam: ***"
        );
        assert_eq!(masked("no 0123456789abcdef, 12-34-AB-CD!", &secrets), "no ***, ***!");
    }

    #[test]
    fn an_address_is_found_however_it_is_written() {
        assert_eq!(
            without_address("550 <Anna@Example.org>: unknown", "anna@example.org"),
            "550 <***>: unknown"
        );
        assert_eq!(without_address("451 later", "anna@example.org"), "451 later");
    }
}
