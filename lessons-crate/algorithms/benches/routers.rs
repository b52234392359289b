//! What finding a route costs: nanoseconds per path, at 10 to 10,000 routes, for each of our routers and for the
//! `matchit` crate, a radix trie with the same rules of precedence.
//!
//! The routes are those of `gateway::sample_routes`; paths that belong to them are asked for in random order. Each
//! figure is the best of several runs.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::Instant;

use lessons::gateway::{LinearRouter, PrefixRouter, RadixRouter, Router, sample_paths, sample_routes};
use lessons::rng::Rng;
use lessons::table::{Table, fixed};

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const RUNS: usize = 7;

/// The best time of one look-up, in nanoseconds.
fn best(paths: &[&str], mut find: impl FnMut(&str)) -> f64 {
    let run = || {
        let start = Instant::now();
        paths.iter().for_each(|path| find(path));
        start.elapsed().as_secs_f64() * 1e9 / paths.len() as f64
    };
    std::iter::repeat_with(run).take(RUNS).fold(f64::INFINITY, f64::min)
}

fn main() {
    let mut rows = vec![vec!["linear"], vec!["hash of the prefix"], vec!["radix trie"], vec!["matchit"]]
        .into_iter()
        .map(|row| row.into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect::<Vec<_>>();
    for size in SIZES {
        let (routes, paths) = (sample_routes(size), sample_paths(size));
        let mut rng = Rng::new(35);
        let asked: Vec<&str> = (0..20_000).map(|_| paths[rng.index(size)].as_str()).collect();
        let routers: [Box<dyn Router>; 3] = [
            Box::new(LinearRouter::default()),
            Box::new(PrefixRouter::default()),
            Box::new(RadixRouter::default()),
        ];
        for (mut router, row) in routers.into_iter().zip(&mut rows) {
            for route in &routes {
                router.insert(route).expect("the routes differ");
            }
            // Comparing with every pattern is slow: fewer paths are enough.
            let count = if row[0] == "linear" { (2_000_000 / size).clamp(200, 20_000) } else { 20_000 };
            row.push(fixed(best(&asked[..count], |path| drop(black_box(router.find(path)))), 0));
        }
        let mut matchit = matchit::Router::new();
        for (number, route) in routes.iter().enumerate() {
            matchit.insert(route, number).expect("the routes differ");
        }
        rows[3].push(fixed(best(&asked, |path| drop(black_box(matchit.at(path)))), 0));
    }
    let head = ["router".to_owned()].into_iter().chain(SIZES.map(|size| format!("{size} routes")));
    let table = Table::new(head).caption("Nanoseconds per path");
    println!("{}", rows.into_iter().fold(table, Table::row));
}
