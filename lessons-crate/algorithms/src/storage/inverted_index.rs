//! Inverted index: for each word, the documents that have it.

use std::collections::BTreeMap;

/// For each word, the list of documents that have it, compressed (PostgreSQL's GIN is one).
///
/// A list holds document numbers in ascending order, as differences to the one before, in as few bytes as each needs;
/// beside each is how often the word occurs. *And* intersects two lists: it walks the shorter one, and looks each of
/// its documents up in the longer one by galloping: steps of 1, 2, 4, ... and then a binary search.
///
/// # Complexity
///
/// Adding a document of w different words appends to w lists. Intersecting lists of lengths m ≤ n takes
/// O(m log(n / m)) comparisons.
///
/// # Examples
///
/// ```
/// use lessons::storage::InvertedIndex;
///
/// let mut index = InvertedIndex::new();
/// for text in ["the cat sat", "the dog sat", "the cat ran"] {
///     index.add(text);
/// }
/// assert_eq!(index.all_of(&["cat", "the"]).documents, [0, 2]);
/// assert_eq!(index.best("sat cat", 1)[0].0, 0);
/// ```
///
/// # Sources
///
/// J. Zobel, A. Moffat, "Inverted Files for Text Search Engines", ACM Computing Surveys 38(2), 2006,
/// doi:10.1145/1132956.1132959. J. L. Bentley, A. C.-C. Yao, "An Almost Optimal Algorithm for Unbounded Searching",
/// Information Processing Letters 5(3), 1976 (galloping). S. Robertson, H. Zaragoza, "The Probabilistic Relevance
/// Framework: BM25 and Beyond", Foundations and Trends in Information Retrieval 3(4), 2009, doi:10.1561/1500000019.
#[derive(Clone, Debug, Default)]
pub struct InvertedIndex {
    lists: BTreeMap<String, List>,
    /// Words in each document.
    lengths: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct List {
    /// For each document its distance from the one before, and how often the word is in it.
    bytes: Vec<u8>,
    count: usize,
    last: u32,
}

/// Documents that were found, and what it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Document numbers, ascending.
    pub documents: Vec<u32>,
    /// Comparisons of document numbers.
    pub comparisons: u64,
}

impl InvertedIndex {
    /// An index of no documents.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a document, and gives its number, from 0 up. Words are runs of letters and digits; case does not count.
    pub fn add(&mut self, text: &str) -> u32 {
        let document = self.lengths.len() as u32;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        words(text).for_each(|word| *counts.entry(word).or_default() += 1);
        self.lengths.push(counts.values().sum::<u64>() as u32);
        for (word, count) in counts {
            let list = self.lists.entry(word).or_default();
            write_number(&mut list.bytes, (document - list.last).into());
            write_number(&mut list.bytes, count);
            list.last = document;
            list.count += 1;
        }
        document
    }

    /// How many documents there are.
    pub fn documents(&self) -> usize {
        self.lengths.len()
    }

    /// How many pairs of a word and a document there are.
    pub fn postings(&self) -> usize {
        self.lists.values().map(|list| list.count).sum()
    }

    /// The bytes of all lists, without the words themselves.
    pub fn size_bytes(&self) -> usize {
        self.lists.values().map(|list| list.bytes.len()).sum()
    }

    /// The documents that have a word, with how often each has it.
    pub fn list(&self, word: &str) -> Vec<(u32, u32)> {
        self.lists.get(&word.to_lowercase()).map(List::read).unwrap_or_default()
    }

    /// The documents that have all of these words.
    pub fn all_of(&self, words: &[&str]) -> Matches {
        let numbers = |word: &&str| self.list(word).into_iter().map(|entry| entry.0).collect::<Vec<_>>();
        let mut lists: Vec<Vec<u32>> = words.iter().map(numbers).collect();
        // From the shortest list on, the result stays as short as it can be.
        lists.sort_by_key(Vec::len);
        let mut lists = lists.into_iter();
        let mut matches = Matches { documents: lists.next().unwrap_or_default(), comparisons: 0 };
        for longer in lists {
            let mut from = 0;
            matches.documents.retain(|document| {
                from = gallop(&longer, from, *document, &mut matches.comparisons);
                longer.get(from) == Some(document)
            });
        }
        matches
    }

    /// The best documents for the words of a query, with their scores (BM25, k₁ = 1.2, b = 0.75), best first.
    ///
    /// A word counts the more, the rarer it is among documents; its second occurrence in a document counts less than
    /// the first; and a long document needs more of them.
    pub fn best(&self, query: &str, count: usize) -> Vec<(u32, f64)> {
        const K1: f64 = 1.2;
        const B: f64 = 0.75;
        let documents = self.lengths.len() as f64;
        let mean = self.lengths.iter().map(|length| f64::from(*length)).sum::<f64>() / documents.max(1.0);
        let mut scores: BTreeMap<u32, f64> = BTreeMap::new();
        for word in words(query) {
            let list = self.list(&word);
            let rarity = (1.0 + (documents - list.len() as f64 + 0.5) / (list.len() as f64 + 0.5)).ln();
            for (document, times) in list {
                let length = f64::from(self.lengths[document as usize]) / mean;
                let times = f64::from(times);
                let weight = times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length));
                *scores.entry(document).or_default() += rarity * weight;
            }
        }
        let mut best: Vec<(u32, f64)> = scores.into_iter().collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.truncate(count);
        best
    }
}

impl List {
    fn read(&self) -> Vec<(u32, u32)> {
        let (mut at, mut document) = (0, 0);
        let mut all = Vec::with_capacity(self.count);
        while at < self.bytes.len() {
            document += read_number(&self.bytes, &mut at) as u32;
            all.push((document, read_number(&self.bytes, &mut at) as u32));
        }
        all
    }
}

/// The words of a text, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Seven bits to a byte, the lowest first; the top bit says that more follow.
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &[u8], at: &mut usize) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = bytes[*at];
        *at += 1;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return number;
        }
        shift += 7;
    }
}

/// The first place, from `from` on, whose value is not below `wanted`.
fn gallop(sorted: &[u32], from: usize, wanted: u32, comparisons: &mut u64) -> usize {
    let mut below = |at: usize| {
        *comparisons += 1;
        sorted[at] < wanted
    };
    let (mut low, mut step) = (from, 1);
    while low + step <= sorted.len() && below(low + step - 1) {
        low += step;
        step *= 2;
    }
    let mut high = (low + step - 1).min(sorted.len());
    while low < high {
        let middle = (low + high) / 2;
        if below(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn galloping_finds_the_first_that_is_not_below(
            sorted in prop::collection::btree_set(0..1_000u32, 0..100),
            from in 0..50usize,
            wanted in 0..1_100u32,
        ) {
            let sorted: Vec<u32> = sorted.into_iter().collect();
            let from = from.min(sorted.len());
            let expected = from + sorted[from..].partition_point(|value| *value < wanted);
            prop_assert_eq!(gallop(&sorted, from, wanted, &mut 0), expected);
        }

        #[test]
        fn it_finds_what_a_scan_finds(
            documents in prop::collection::vec(prop::collection::vec(0..20u8, 0..15), 0..60),
            query in prop::collection::vec(0..25u8, 1..4),
        ) {
            let mut index = InvertedIndex::new();
            for document in &documents {
                let text: Vec<String> = document.iter().map(|word| format!("w{word}")).collect();
                index.add(&text.join(" "));
            }
            let has_all = |document: &&Vec<u8>| query.iter().all(|word| document.contains(word));
            let expected: Vec<u32> = (0u32..).zip(&documents).filter(|d| has_all(&d.1)).map(|d| d.0).collect();
            let query: Vec<String> = query.iter().map(|word| format!("W{word}")).collect();
            let words: Vec<&str> = query.iter().map(String::as_str).collect();
            prop_assert_eq!(index.all_of(&words).documents, expected);
            let pairs: usize = documents.iter().map(|d| d.iter().collect::<BTreeSet<_>>().len()).sum();
            prop_assert_eq!(index.postings(), pairs);
        }

        #[test]
        fn numbers_are_read_as_written(numbers in prop::collection::vec(any::<u64>(), 0..20)) {
            let mut bytes = Vec::new();
            numbers.iter().for_each(|number| write_number(&mut bytes, *number));
            let mut at = 0;
            let read: Vec<u64> = numbers.iter().map(|_| read_number(&bytes, &mut at)).collect();
            prop_assert_eq!((read, at), (numbers, bytes.len()));
        }
    }

    #[test]
    fn a_short_list_makes_a_cheap_intersection() {
        let mut index = InvertedIndex::new();
        for document in 0..100_000 {
            index.add(if document % 10_000 == 7 { "common rare" } else { "common" });
        }
        let found = index.all_of(&["common", "rare"]);
        assert_eq!((found.documents.len(), found.documents[1]), (10, 10_007));
        // Ten documents, each found in two times log2(10,000) steps at most.
        assert!(found.comparisons < 10 * 2 * 14, "{}", found.comparisons);
        assert!(index.size_bytes() < 2 * index.postings() + 100, "two bytes for most");
    }

    #[test]
    fn the_scores_are_those_of_the_formula() {
        let mut index = InvertedIndex::new();
        for text in ["a b", "a a a a", "c d"] {
            index.add(text);
        }
        let idf = |n: f64| (1.0 + (3.0 - n + 0.5) / (n + 0.5)).ln();
        // Mean length 8/3; document 0 has length 2, document 1 length 4.
        let weight =
            |times: f64, length: f64| times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length * 3.0 / 8.0));
        let found = index.best("a b", 5);
        let expected = [
            (0, idf(2.0) * weight(1.0, 2.0) + idf(1.0) * weight(1.0, 2.0)),
            (1, idf(2.0) * weight(4.0, 4.0)),
        ];
        for ((document, score), (expected_document, expected_score)) in found.iter().zip(expected) {
            assert!(*document == expected_document && (score - expected_score).abs() < 1e-12, "{found:?}");
        }
        assert_eq!(found.len(), 2);
    }
}
