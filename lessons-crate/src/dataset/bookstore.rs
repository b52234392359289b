//! The order lines of an online bookstore in one flat sheet, with contradictions planted in it.

use std::fmt::Write;

use super::DatasetError;
use crate::dist::Zipf;
use crate::rng::Rng;

/// The columns, in order.
pub const BOOKSTORE_COLUMNS: [&str; 13] = [
    "order_id",
    "order_date",
    "cust_email",
    "cust_name",
    "cust_city",
    "isbn",
    "title",
    "authors",
    "publisher",
    "pub_city",
    "list_price",
    "paid_price",
    "qty",
];

const CUSTOMERS: usize = 700;
const BOOKS: usize = 400;
const PUBLISHERS: usize = 30;
const CITIES: usize = 60;
/// Planted by column: so many entities each have one row that says something else.
const PLANTED: [(usize, usize); 3] = [(CUST_CITY, 15), (LIST_PRICE, 12), (PUB_CITY, 10)];

const CUST_EMAIL: usize = 2;
const CUST_CITY: usize = 4;
const ISBN: usize = 5;
const PUBLISHER: usize = 8;
const PUB_CITY: usize = 9;
const LIST_PRICE: usize = 10;

/// One line of the sheet: a value for each of [`BOOKSTORE_COLUMNS`].
pub type BookstoreRow = [String; 13];

/// So many order lines, of orders with one to four different books each.
///
/// What determines what: `order_id` → date and customer; `cust_email` → name, city; `isbn` → title,
/// authors, publisher, list price; `publisher` → its city; `order_id isbn` → paid price and quantity. In 37 rows
/// (15 cities of customers, 12 list prices, 10 cities of publishers) the sheet contradicts itself.
///
/// # Panics
///
/// When there are more than 5,000 lines, which fill the year 2025.
pub fn make_bookstore(lines: usize, seed: u64) -> Vec<BookstoreRow> {
    assert!(lines <= 5_000, "{lines} lines are more than a year of this shop");
    let mut rng = Rng::new(seed);
    let cities: Vec<String> = (0..CITIES).map(|_| name(&mut rng, 2)).collect();
    let publishers: Vec<[String; 2]> = (0..PUBLISHERS)
        .map(|number| [format!("{} Press {number}", name(&mut rng, 2)), any(&mut rng, &cities)])
        .collect();
    let books: Vec<[String; 6]> = (0..BOOKS).map(|number| book(&mut rng, number, &publishers)).collect();
    let customers: Vec<[String; 3]> =
        (0..CUSTOMERS).map(|number| customer(&mut rng, number, &cities)).collect();
    let popularity = Zipf::new(BOOKS, 0.8);

    let mut rows: Vec<BookstoreRow> = Vec::with_capacity(lines);
    let mut order = 10_000;
    while rows.len() < lines {
        order += 1;
        // Seven orders a day, and every month has 28 days.
        let day = (order - 10_001) / 7;
        let date = format!("2025-{:02}-{:02}", 1 + day / 28, 1 + day % 28);
        let [email, customer, city] = &customers[rng.index(CUSTOMERS)];
        let mut chosen: Vec<usize> = (0..1 + rng.below(4)).map(|_| popularity.sample(&mut rng)).collect();
        chosen.sort_unstable();
        chosen.dedup();
        for number in chosen {
            let [isbn, title, authors, publisher, publisher_city, price] = &books[number];
            let cents: u64 = price.replace('.', "").parse().unwrap_or_default();
            let paid = cents * [100, 100, 100, 90, 80][rng.index(5)] / 100;
            rows.push([
                order.to_string(),
                date.clone(),
                email.clone(),
                customer.clone(),
                city.clone(),
                isbn.clone(),
                title.clone(),
                authors.clone(),
                publisher.clone(),
                publisher_city.clone(),
                price.clone(),
                money(paid),
                (1 + rng.below(3) / 2).to_string(),
            ]);
        }
    }
    rows.truncate(lines);
    plant(&mut rows, &cities, &mut rng);
    rows
}

/// In one row each of so many customers, books and publishers, a fact is another than everywhere else.
fn plant(rows: &mut [BookstoreRow], cities: &[String], rng: &mut Rng) {
    for (column, wanted) in PLANTED {
        let entity = match column {
            CUST_CITY => CUST_EMAIL,
            LIST_PRICE => ISBN,
            _ => PUBLISHER,
        };
        let mut changed: Vec<String> = Vec::new();
        while changed.len() < wanted {
            let at = rng.index(rows.len());
            let name = rows[at][entity].clone();
            // One that occurs at least three times, so that the majority is right.
            if changed.contains(&name) || rows.iter().filter(|row| row[entity] == name).count() < 3 {
                continue;
            }
            let old = rows[at][column].clone();
            rows[at][column] = match column {
                LIST_PRICE => money(old.replace('.', "").parse::<u64>().unwrap_or_default() + 100),
                _ => cities.iter().find(|city| **city != old).cloned().unwrap_or_default(),
            };
            changed.push(name);
        }
    }
}

fn book(rng: &mut Rng, number: usize, publishers: &[[String; 2]]) -> [String; 6] {
    let [publisher, city] = publishers[rng.index(publishers.len())].clone();
    let authors: Vec<String> =
        (0..1 + rng.below(3)).map(|_| format!("{} {}", name(rng, 2), name(rng, 3))).collect();
    // The prefix of ISBNs that are never given out does not exist; these have no valid check digit.
    let isbn = format!("978-0-00-{number:06}-X");
    let title = format!("{} {}", name(rng, 2), name(rng, 3));
    [isbn, title, authors.join("; "), publisher, city, money(900 + 100 * rng.below(30) + 99)]
}

fn customer(rng: &mut Rng, number: usize, cities: &[String]) -> [String; 3] {
    let (first, last) = (name(rng, 2), name(rng, 2));
    // example.org is reserved for documentation (RFC 2606).
    let email = format!("{}.{}{number}@example.org", first.to_lowercase(), last.to_lowercase());
    [email, format!("{first} {last}"), any(rng, cities)]
}

fn any(rng: &mut Rng, from: &[String]) -> String {
    from[rng.index(from.len())].clone()
}

/// So many syllables, the first letter large.
fn name(rng: &mut Rng, syllables: usize) -> String {
    const ONSETS: [&str; 14] = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "h"];
    const VOWELS: [&str; 6] = ["a", "e", "i", "o", "u", "ia"];
    let mut name: String =
        (0..syllables).map(|_| ONSETS[rng.index(14)].to_owned() + VOWELS[rng.index(6)]).collect();
    name[..1].make_ascii_uppercase();
    name
}

/// Cents as an amount with two decimals.
fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The rows as the text of a file, with a heading line. No value has a comma in it.
pub fn bookstore_csv(rows: &[BookstoreRow]) -> String {
    let mut csv = BOOKSTORE_COLUMNS.join(",") + "\n";
    for row in rows {
        // Writing into a string cannot fail.
        let _ = writeln!(csv, "{}", row.join(","));
    }
    csv
}

pub(super) fn parse(text: &str) -> Result<Vec<BookstoreRow>, DatasetError> {
    let row = |(line, text): (usize, &str)| {
        let values: Vec<String> = text.split(',').map(str::to_owned).collect();
        values.try_into().map_err(|values: Vec<String>| DatasetError::Malformed {
            file: "bookstore.csv",
            line: line + 1,
            problem: format!("{} values instead of 13", values.len()),
        })
    };
    text.lines().enumerate().skip(1).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalization::{AttrSet, Fd, rows_to_remove};

    #[test]
    fn thirty_seven_rows_contradict_the_others() {
        let rows = make_bookstore(5_000, 1);
        let fd = |lhs: &[usize], rhs: usize| {
            let lhs: AttrSet = lhs.iter().copied().collect();
            rows_to_remove(&rows, Fd::new(lhs, AttrSet::one(rhs)))
        };
        assert_eq!(
            (fd(&[CUST_EMAIL], CUST_CITY), fd(&[ISBN], LIST_PRICE), fd(&[PUBLISHER], PUB_CITY)),
            (15, 12, 10)
        );
        assert!([1, 2].iter().all(|column| fd(&[0], *column) == 0), "an order has one date and one customer");
        assert!([6, 7, 8].iter().all(|column| fd(&[ISBN], *column) == 0), "a book has one title");
        assert!([11, 12].iter().all(|column| fd(&[0, ISBN], *column) == 0), "a book is once in an order");
        assert!(fd(&[ISBN], 11) > 0, "the price paid is not the book's");
    }

    #[test]
    fn a_short_line_is_named() {
        let error = parse("heading\na,b\n").expect_err("too few values").to_string();
        assert_eq!(error, "bookstore.csv, line 2: 2 values instead of 13");
    }
}
