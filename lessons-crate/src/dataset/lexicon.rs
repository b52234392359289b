//! A made-up language: words from a grammar of syllables, and typing mistakes.

use std::collections::BTreeSet;

use crate::rng::Rng;

const ONSETS: [&str; 24] = [
    "b", "br", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "k", "l", "m", "n", "p", "pl", "r", "s", "sh",
    "st", "t", "tr", "v", "w",
];
const NUCLEI: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];
/// Most syllables are open.
const CODAS: [&str; 12] = ["", "", "", "", "l", "m", "n", "nd", "r", "s", "st", "t"];
const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";

/// `count` different words of two to four syllables, in alphabetical order.
pub fn make_words(count: usize, seed: u64) -> Vec<String> {
    let mut rng = Rng::new(seed);
    let mut words = BTreeSet::new();
    while words.len() < count {
        let syllables = 2 + rng.index(3);
        let word: String = (0..syllables).map(|_| syllable(&mut rng)).collect();
        words.insert(word);
    }
    words.into_iter().collect()
}

fn syllable(rng: &mut Rng) -> String {
    let parts =
        [ONSETS[rng.index(ONSETS.len())], NUCLEI[rng.index(NUCLEI.len())], CODAS[rng.index(CODAS.len())]];
    parts.concat()
}

/// One misspelling per word: one letter dropped, added, replaced, or swapped with the next; never a word itself.
pub fn make_misspellings(words: &[String], seed: u64) -> Vec<String> {
    let known: BTreeSet<&str> = words.iter().map(String::as_str).collect();
    let mut rng = Rng::new(seed);
    let misspell = |word: &String| {
        loop {
            let wrong = edit(word, &mut rng);
            if !known.contains(wrong.as_str()) {
                return wrong;
            }
        }
    };
    words.iter().map(misspell).collect()
}

fn edit(word: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let place = rng.index(letters.len());
    let letter = char::from(LETTERS[rng.index(LETTERS.len())]);
    match rng.below(4) {
        0 => {
            letters.remove(place);
        }
        1 => letters.insert(place, letter),
        2 => letters[place] = letter,
        _ => {
            let next = place.max(1);
            letters.swap(next - 1, next);
        }
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct_sorted_and_misspellings_are_not_words() {
        let words = make_words(2_000, 1);
        assert!(words.is_sorted_by(|a, b| a < b));
        let misspellings = make_misspellings(&words, 2);
        assert_eq!(misspellings.len(), words.len());
        for (word, wrong) in words.iter().zip(&misspellings) {
            assert!(!words.contains(wrong), "{wrong}");
            assert!(word.len().abs_diff(wrong.len()) <= 1, "{word} {wrong}");
        }
    }
}
