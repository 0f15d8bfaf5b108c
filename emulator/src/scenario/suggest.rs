//! The nearest right word to a wrong one.

/// The word of `words` that `wrong` was likely meant to be: at most a third of its letters are wrong, and at most three.
pub(super) fn nearest<'w>(wrong: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let wrong = wrong.to_lowercase();
    let length = wrong.chars().count();
    let allowed = length.div_ceil(3).min(3);
    // The distance is at least the difference of the lengths, and costs their product.
    let is_near = |word: &&str| word.chars().count().abs_diff(length) <= allowed;
    let distance = |word: &'w str| (strsim::damerau_levenshtein(&wrong, &word.to_lowercase()), word);
    let nearest = words.into_iter().filter(is_near).map(distance).filter(|(distance, _)| *distance <= allowed).min();
    nearest.map(|(_, word)| word)
}

/// `a`, `b or c`, `a, b or c`: how choices are told.
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
    fn the_nearest_word_wins_and_a_far_one_never() {
        let words = ["hubs", "accounts", "seed"];
        assert_eq!(nearest("hub", words), Some("hubs"));
        assert_eq!(nearest("Acounts", words), Some("accounts"));
        assert_eq!(nearest("sede", words), Some("seed"));
        assert_eq!(nearest("acconts-of-all", words), None);
        assert_eq!(nearest("findings", words), None);
        assert_eq!(nearest("", words), None);
    }

    #[test]
    fn choices_end_in_or() {
        assert_eq!(choices(["a", "b", "c"]), "a, b or c");
        assert_eq!(choices(["a"]), "a");
    }
}
