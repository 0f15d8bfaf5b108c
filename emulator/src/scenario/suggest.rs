//! Suggestions for misspelled names.

/// The name in `words` that `wrong` was likely meant to be: at most a third of its letters differ, and at most three.
pub(super) fn nearest<'w>(wrong: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let wrong = wrong.to_lowercase();
    let length = wrong.chars().count();
    let allowed = length.div_ceil(3).min(3);
    // The distance is at least the difference in length, which is cheaper to compute.
    let is_near = |word: &&str| word.chars().count().abs_diff(length) <= allowed;
    let distance = |word: &'w str| (strsim::damerau_levenshtein(&wrong, &word.to_lowercase()), word);
    let nearest = words.into_iter().filter(is_near).map(distance).filter(|(distance, _)| *distance <= allowed).min();
    nearest.map(|(_, word)| word)
}

/// `a`, `b or c`, `a, b or c`: a list of alternatives for messages.
pub(super) fn choices<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match &words[..] {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{choices, nearest};

    #[test]
    fn the_most_similar_word_is_suggested_if_similar_enough() {
        let words = ["hubs", "accounts", "seed"];
        assert_eq!(nearest("hub", words), Some("hubs"));
        assert_eq!(nearest("Acounts", words), Some("accounts"));
        assert_eq!(nearest("sede", words), Some("seed"));
        assert_eq!(nearest("acconts-of-all", words), None);
        assert_eq!(nearest("findings", words), None);
        assert_eq!(nearest("", words), None);
    }

    #[test]
    fn the_last_alternative_follows_or() {
        assert_eq!(choices(["a", "b", "c"]), "a, b or c");
        assert_eq!(choices(["a"]), "a");
    }
}
