//! Suggestions for misspelled names, in scenarios, filters, organizations and the control plane.

/// Maximum length of a text that can be a misspelled name, in bytes. Computing a distance takes time and memory in
/// proportion to the lengths of both texts, and callers can send texts of any length.
const MAX_LENGTH: usize = 256;

/// The name in `words` that the author of `wrong` probably meant. Names are compared word by word: in each word, at most
/// a third of the letters may differ, and numbers must be equal. Account IDs and numbers of controls are therefore never
/// suggested for each other.
pub fn nearest<'w>(wrong: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if wrong.len() > MAX_LENGTH {
        return None;
    }
    let wrong = wrong.to_lowercase();
    let near = words.into_iter().filter_map(|word| Some((distance(&wrong, &word.to_lowercase())?, word)));
    near.min().map(|(_, word)| word)
}

/// The number of letters that differ between two names, in any case.
pub fn difference(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(&one.to_lowercase(), &other.to_lowercase())
}

/// Maximum number of letters that differ in a whole name.
const MAX_DISTANCE: usize = 3;

/// The number of letters that differ, if it is small.
fn distance(wrong: &str, name: &str) -> Option<usize> {
    let (parts, of_name) = (parts(wrong), parts(name));
    let distance = if parts.len() == of_name.len() {
        let pairs = parts.iter().zip(&of_name);
        pairs.map(|(part, of_name)| word_distance(part, of_name)).sum::<Option<usize>>()
    } else if digits(wrong) == digits(name) {
        // A separator was added or omitted.
        word_distance(wrong, name)
    } else {
        None
    };
    distance.filter(|distance| *distance <= MAX_DISTANCE)
}

/// The words and numbers between other characters.
fn parts(name: &str) -> Vec<&str> {
    name.split(|character: char| !character.is_alphanumeric()).filter(|part| !part.is_empty()).collect()
}

fn digits(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}

/// The number of letters that differ, if it is at most a third of the longer word.
fn word_distance(wrong: &str, word: &str) -> Option<usize> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let longest = wrong.chars().count().max(word.chars().count());
    let allowed = match (is_number(wrong), is_number(word)) {
        (true, true) => return (wrong == word).then_some(0),
        // A word and a number must be equal except for letters that look like digits, as in eu-west-l.
        (true, false) | (false, true) => 0,
        (false, false) => (longest / 3).min(MAX_DISTANCE),
    };
    // The distance is at least the difference in length.
    if wrong.chars().count().abs_diff(word.chars().count()) > allowed {
        return None;
    }
    let distance = strsim::damerau_levenshtein(&fold_lookalikes(wrong), &fold_lookalikes(word));
    (distance <= allowed).then_some(distance)
}

/// Replaces characters that look alike by the same letter.
fn fold_lookalikes(text: &str) -> String {
    let look = |letter| match letter {
        '1' | 'i' | '|' => 'l',
        '0' => 'o',
        other => other,
    };
    text.chars().map(look).collect()
}

/// `a`, `b or c`, `a, b or c`: a list of alternatives for messages.
pub fn choices<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
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
        for far in ["acconts-of-all", "findings", "seats", "sd", "", &"seed".repeat(100)] {
            assert_eq!(nearest(far, words), None, "{far}");
        }
    }

    /// Rules: CPL-154.
    #[test]
    fn names_that_differ_in_a_number_are_not_suggested() {
        let words = [
            "S3.10",
            "S3.15",
            "200000000036",
            "eu-west-1",
            "cis-1.4.0",
            "guardduty",
            "NO_REGIONS",
            "aws/inspector",
            "off",
            "on",
        ];
        for (wrong, expected) in [
            ("200000000001", None),
            ("20000000036", None),
            ("S3.1", None),
            ("S3.55", None),
            ("1.10", None),
            ("eu-west-4", None),
            ("cis-1.3.0", None),
            ("SOME_REGIONS", None),
            ("S3.l0", Some("S3.10")),
            ("s3.15", Some("S3.15")),
            ("eu-wset-1", Some("eu-west-1")),
            ("eu-west-l", Some("eu-west-1")),
            ("guard-duty", Some("guardduty")),
            ("aws/inspecter", Some("aws/inspector")),
            ("of", Some("off")),
        ] {
            assert_eq!(nearest(wrong, words), expected, "{wrong}");
        }
    }

    #[test]
    fn the_last_alternative_follows_or() {
        assert_eq!(choices(["a", "b", "c"]), "a, b or c");
        assert_eq!(choices(["a"]), "a");
    }
}
