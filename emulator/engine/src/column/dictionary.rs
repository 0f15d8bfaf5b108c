//! The distinct values of a column, each with a code.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use super::sets::{Codes, Sets};
use crate::blocks::{Blocks, Index};
use crate::invariant::Invariant;
use crate::item::Item;
use crate::schema::FieldKind;
use crate::sync::OnceLock;

/// Texts are compacted only if at least this many bytes are wasted.
const LITTLE: usize = 64 * 1024;

/// Assigns codes to values and counts their uses. A value without uses is dropped and its code reused, so that values
/// that change with every update (such as dates in a map) do not accumulate.
///
/// Values are concatenated in pieces of text, so a million of them need little more memory than their bytes. Clones
/// share pieces, words and the index until one of them is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    hasher: DefaultHashBuilder,
    texts: Texts,
    words: Blocks<Word>,
    codes: Index,
    free: Arc<Vec<u32>>,
    /// Bytes of `texts` that no word refers to.
    waste: usize,
    /// The rank of each word in sort order, computed on first use.
    ranks: OnceLock<Arc<Vec<u32>>>,
    /// The codes of large sets that were looked up recently.
    sets: Sets,
}

/// Size of a piece of text. A longer value has its own piece.
const PIECE: usize = 64 * 1024;

/// Concatenated texts, in pieces.
#[derive(Clone, Debug, Default)]
struct Texts {
    pieces: Vec<Arc<String>>,
    /// Total size of all pieces.
    length: usize,
}

impl Texts {
    /// Appends a text of two parts. Returns its piece and offset.
    fn push(&mut self, key: &str, value: &str) -> (u32, u32) {
        let length = key.len() + value.len();
        if self.pieces.last().is_none_or(|piece| piece.len() + length > PIECE) {
            self.pieces.push(Arc::default());
        }
        self.length += length;
        let number = crate::count::number(self.pieces.len().saturating_sub(1));
        let Some(piece) = self.pieces.last_mut() else { return (number, 0) };
        let piece = Arc::make_mut(piece);
        let start = crate::count::number(piece.len());
        piece.push_str(key);
        piece.push_str(value);
        (number, start)
    }

    fn get(&self, word: Word) -> Option<&str> {
        self.pieces.get(word.piece as usize)?.get(word.start as usize..word.start as usize + word.length as usize)
    }
}

/// A value. An unused one has no uses.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    piece: u32,
    start: u32,
    length: u32,
    /// The length of the key, if the value is a map entry.
    key: u32,
    uses: u32,
}

impl Dictionary {
    /// The code of a value, with one more use. `None` for values that are not coded.
    pub(crate) fn take(&mut self, item: Item<'_>) -> Option<u32> {
        let (key, value) = parts(item)?;
        let hash = self.hash(key, value);
        if let Some(code) = self.find(hash, key, value) {
            if let Some(word) = self.words.get_mut(code as usize) {
                word.uses = word.uses.saturating_add(1);
            }
            return Some(code);
        }
        let (piece, start) = self.texts.push(key, value);
        let length = crate::count::number(key.len() + value.len());
        let word = Word { piece, start, length, key: crate::count::number(key.len()), uses: 1 };
        let freed = if self.free.is_empty() { None } else { Arc::make_mut(&mut self.free).pop() };
        let code = freed.unwrap_or_else(|| crate::count::number(self.words.len()));
        match self.words.get_mut(code as usize) {
            Some(position) => *position = word,
            None => self.words.push(word),
        }
        self.ranks.take();
        self.sets.forget();
        let (hasher, words, texts) = (&self.hasher, &self.words, &self.texts);
        self.codes.insert(hash, code, |code| {
            let (key, value) = spelled(words, texts, code).or_report("a code has a text").unwrap_or_default();
            hasher.hash_one((key, value))
        });
        Some(code)
    }

    /// Removes one use of a value.
    pub(crate) fn release(&mut self, code: u32) {
        let Some(word) = self.words.get_mut(code as usize).or_report("a code has a word") else { return };
        if word.uses > 1 {
            word.uses -= 1;
            return;
        }
        let Some((key, value)) = spelled(&self.words, &self.texts, code).or_report("a code has a text") else { return };
        let hash = self.hash(key, value);
        self.codes.remove(hash, code);
        if let Some(word) = self.words.get_mut(code as usize) {
            self.waste += word.length as usize;
            *word = Word::default();
        }
        Arc::make_mut(&mut self.free).push(code);
        self.ranks.take();
        self.sets.forget();
        if self.waste > LITTLE && self.waste * 2 > self.texts.length {
            self.tidy();
        }
    }

    /// Copies the used values to new pieces.
    fn tidy(&mut self) {
        let mut texts = Texts::default();
        for word in self.words.iter_mut().filter(|word| word.uses > 0) {
            (word.piece, word.start) =
                texts.push("", self.texts.get(*word).or_report("a word in use has a text").unwrap_or_default());
        }
        (self.texts, self.waste) = (texts, 0);
    }

    /// The value of a code, as an item of a field kind.
    pub(crate) fn item(&self, code: u32, kind: FieldKind) -> Option<Item<'_>> {
        let (key, value) = spelled(&self.words, &self.texts, code)?;
        Some(match kind {
            FieldKind::Map => Item::Entry { key, value },
            FieldKind::Ip => Item::Address { text: value, address: value.parse().ok()? },
            _ => Item::Text(value),
        })
    }

    /// The text of a code; for an entry, both parts.
    pub(crate) fn text(&self, code: u32) -> Option<&str> {
        self.texts.get(*self.words.get(code as usize)?)
    }

    /// The code of a text, or of an entry with a key.
    pub(crate) fn code(&self, key: &str, value: &str) -> Option<u32> {
        self.find(self.hash(key, value), key, value)
    }

    /// The codes of the texts in a set.
    pub(crate) fn codes(&self, set: &Arc<HashSet<String>>) -> Arc<Codes> {
        self.sets.get(set, || Codes::new(set.iter().filter_map(|value| self.code("", value)), self.end()))
    }

    /// The number of uses of a value.
    pub(crate) fn uses(&self, code: u32) -> u64 {
        self.words.get(code as usize).map_or(0, |word| u64::from(word.uses))
    }

    /// The largest code plus one.
    pub(crate) fn end(&self) -> usize {
        self.words.len()
    }

    /// The rank of each code's text by code point. Ranks of unused codes are meaningless.
    pub(crate) fn ranks(&self) -> &[u32] {
        self.ranks.get_or_init(|| {
            let mut codes: Vec<u32> = (0..crate::count::number(self.words.len())).collect();
            codes.retain(|code| self.uses(*code) > 0);
            codes.sort_unstable_by_key(|code| self.text(*code));
            let mut ranks = vec![0; self.words.len()];
            for (rank, code) in (0..).zip(codes) {
                if let Some(position) = ranks.get_mut(code as usize) {
                    *position = rank;
                }
            }
            Arc::new(ranks)
        })
    }

    /// The number of texts that sort before this one, and whether it is one of them.
    pub(crate) fn position(&self, text: &str) -> (u32, bool) {
        if let Some(code) = self.code("", text) {
            return (self.ranks().get(code as usize).copied().or_report("a code has a rank").unwrap_or_default(), true);
        }
        let used = (0..crate::count::number(self.words.len())).filter(|code| self.uses(*code) > 0);
        let before = used.filter(|code| self.text(*code).is_some_and(|other| other < text));
        (crate::count::number(before.count()), false)
    }

    fn hash(&self, key: &str, value: &str) -> u64 {
        self.hasher.hash_one((key, value))
    }

    fn find(&self, hash: u64, key: &str, value: &str) -> Option<u32> {
        let wanted = Some((key, value));
        self.codes.find(hash, |code| spelled(&self.words, &self.texts, *code) == wanted)
    }
}

/// The key (empty except for entries) and the value.
fn parts(item: Item<'_>) -> Option<(&str, &str)> {
    match item {
        Item::Text(text) | Item::Address { text, .. } => Some(("", text)),
        Item::Entry { key, value } => Some((key, value)),
        Item::Number(_) | Item::Instant { .. } | Item::Boolean(_) | Item::Anywhere(_) => None,
    }
}

fn spelled<'t>(words: &Blocks<Word>, texts: &'t Texts, code: u32) -> Option<(&'t str, &'t str)> {
    let word = words.get(code as usize).filter(|word| word.uses > 0)?;
    texts.get(*word)?.split_at_checked(word.key as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_exists_as_long_as_it_is_used() {
        let mut dictionary = Dictionary::default();
        let code = dictionary.take(Item::Text("a")).unwrap();
        assert_eq!(dictionary.take(Item::Text("a")), Some(code));
        let other = dictionary.take(Item::Text("b")).unwrap();
        dictionary.release(code);
        assert_eq!(dictionary.code("", "a"), Some(code));
        dictionary.release(code);
        assert_eq!(dictionary.code("", "a"), None);
        assert_eq!(dictionary.take(Item::Text("c")), Some(code), "the code is reused");
        assert_eq!(dictionary.item(other, FieldKind::String), Some(Item::Text("b")));
        assert_eq!(dictionary.take(Item::Number(1.0)), None);
    }

    #[test]
    fn an_entry_differs_from_the_text_of_its_parts() {
        let mut dictionary = Dictionary::default();
        let entry = dictionary.take(Item::Entry { key: "ab", value: "c" });
        assert_ne!(entry, dictionary.take(Item::Entry { key: "a", value: "bc" }));
        assert_eq!(dictionary.code("ab", "c"), entry);
        assert_eq!(dictionary.item(entry.unwrap(), FieldKind::Map), Some(Item::Entry { key: "ab", value: "c" }));
    }

    #[test]
    fn frequently_changing_values_leave_no_waste() {
        let mut dictionary = Dictionary::default();
        let kept = dictionary.take(Item::Text("kept")).unwrap();
        for number in 0..50_000 {
            let code = dictionary.take(Item::Text(&format!("value {number}"))).unwrap();
            dictionary.release(code);
        }
        assert!(dictionary.texts.length < 4 * LITTLE && dictionary.words.len() < 4);
        assert_eq!(dictionary.text(kept), Some("kept"));
        assert_eq!(dictionary.code("", "kept"), Some(kept));
    }

    /// Rules: SRT-05.
    #[test]
    fn ranks_follow_code_points() {
        let mut dictionary = Dictionary::default();
        let codes = ["b", "a", "c"].map(|text| dictionary.take(Item::Text(text)).unwrap());
        assert_eq!(codes.map(|code| dictionary.ranks()[code as usize]), [1, 0, 2]);
        assert_eq!(
            [dictionary.position("b"), dictionary.position("bb"), dictionary.position("")],
            [(1, true), (2, false), (0, false)]
        );
        dictionary.take(Item::Text("aa"));
        assert_eq!(dictionary.position("b"), (2, true));
    }
}
