fn pages_touched(pages: u64, rows: u64, found: u64, together: bool) -> f64 {
    if together { (found as f64 * pages as f64 / rows as f64).ceil() } else { found.min(pages) as f64 }
}
