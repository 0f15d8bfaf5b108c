//! The distinct values of a column, each with a number.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::item::Item;

/// A value worth a number: those that repeat over rows or are long.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Word {
    Text(Arc<str>),
    Address(Arc<str>, IpAddr),
    Entry(Arc<str>, Arc<str>),
}

impl Word {
    pub(crate) fn of(item: Item<'_>) -> Option<Self> {
        match item {
            Item::Text(text) => Some(Self::Text(text.into())),
            Item::Address { text, address } => Some(Self::Address(text.into(), address)),
            Item::Entry { key, value } => Some(Self::Entry(key.into(), value.into())),
            Item::Number(_) | Item::Instant(_) | Item::Boolean(_) | Item::Anywhere(_) => None,
        }
    }

    pub(crate) fn item(&self) -> Item<'_> {
        match self {
            Self::Text(text) => Item::Text(text),
            Self::Address(text, address) => Item::Address { text, address: *address },
            Self::Entry(key, value) => Item::Entry { key, value },
        }
    }
}

/// Numbers values and counts their uses; a value without use is forgotten and its number given away again, so that
/// values which change with every update (dates of a map, say) do not pile up.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    words: Vec<Option<Used>>,
    codes: HashMap<Word, u32>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Used {
    word: Word,
    times: u32,
}

impl Dictionary {
    /// The number of a value, counted as one more use.
    pub(crate) fn take(&mut self, word: Word) -> u32 {
        if let Some(code) = self.codes.get(&word) {
            if let Some(Some(used)) = self.words.get_mut(index(*code)) {
                used.times = used.times.saturating_add(1);
            }
            return *code;
        }
        let used = Some(Used { word: word.clone(), times: 1 });
        let code = self.free.pop().unwrap_or_else(|| super::number(self.words.len()));
        match self.words.get_mut(index(code)) {
            Some(place) => *place = used,
            None => self.words.push(used),
        }
        self.codes.insert(word, code);
        code
    }

    /// Ends one use of a value.
    pub(crate) fn release(&mut self, code: u32) {
        let Some(place) = self.words.get_mut(index(code)) else { return };
        match place {
            Some(used) if used.times > 1 => used.times -= 1,
            Some(_) => {
                if let Some(used) = place.take() {
                    self.codes.remove(&used.word);
                    self.free.push(code);
                }
            }
            None => {}
        }
    }

    pub(crate) fn word(&self, code: u32) -> Option<&Word> {
        Some(&self.words.get(index(code))?.as_ref()?.word)
    }

    pub(crate) fn code(&self, word: &Word) -> Option<u32> {
        self.codes.get(word).copied()
    }

    /// How many distinct values there are.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    /// For every number given out so far whether its value passes.
    pub(crate) fn verdicts(&self, passes: impl Fn(Item<'_>) -> bool) -> Verdicts {
        let verdict = |place: &Option<Used>| place.as_ref().is_some_and(|used| passes(used.word.item()));
        Verdicts(self.words.iter().map(verdict).collect())
    }
}

/// Which values pass a test, by number.
pub(crate) struct Verdicts(Vec<bool>);

impl Verdicts {
    pub(crate) fn passes(&self, code: u32) -> bool {
        self.0.get(index(code)).copied().unwrap_or(false)
    }
}

fn index(code: u32) -> usize {
    code as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lives_as_long_as_it_is_used() {
        let word = |text: &str| Word::Text(text.into());
        let mut dictionary = Dictionary::default();
        let code = dictionary.take(word("a"));
        assert_eq!(dictionary.take(word("a")), code);
        let other = dictionary.take(word("b"));
        dictionary.release(code);
        assert_eq!(dictionary.code(&word("a")), Some(code));
        dictionary.release(code);
        assert_eq!((dictionary.code(&word("a")), dictionary.len()), (None, 1));
        assert_eq!(dictionary.take(word("c")), code, "the number is given away again");
        assert_eq!(dictionary.word(other), Some(&word("b")));
    }
}
