//! The name somebody probably meant.

/// The candidate nearest to `typed`, where one is near enough to be worth naming.
pub(crate) fn nearest<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase().replace('-', "_");
    let reach = (typed.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&typed, candidate), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance where swapping two neighbours counts once (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut previous_left = None;
    for (line, l) in left.chars().enumerate() {
        let mut next = vec![line + 1];
        let mut previous_right = None;
        for (column, r) in right.iter().copied().enumerate() {
            let at =
                |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(usize::MAX);
            let replace = at(&row, column).saturating_add(usize::from(l != r));
            let remove = at(&row, column + 1).saturating_add(1);
            let insert = at(&next, column).saturating_add(1);
            let mut best = replace.min(remove).min(insert);
            if previous_left == Some(r) && previous_right == Some(l) {
                best = best.min(at(&before, column.wrapping_sub(1)).saturating_add(1));
            }
            next.push(best);
            previous_right = Some(r);
        }
        previous_left = Some(l);
        before = core::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_as_counted_by_hand() {
        for (left, right, steps) in
            [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("lisetn", "listen", 1)]
        {
            assert_eq!(distance(left, right), steps, "{left} {right}");
        }
    }

    #[test]
    fn only_what_is_near_is_named() {
        let names = ["public_url", "listen", "listen_http"];
        assert_eq!(nearest("publc_url", names), Some("public_url"));
        assert_eq!(nearest("Public-URL", names), Some("public_url"));
        assert_eq!(nearest("colour", names), None);
    }
}
