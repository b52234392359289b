fn pages_touched(pages: u64, rows: u64, found: u64, together: bool) -> f64 {
    let (m, k) = (pages as f64, found as f64);
    if together {
        return (k * m / rows as f64).ceil();
    }
    // Also of one page, where 0 would be multiplied by infinity.
    if found == 0 {
        return 0.0;
    }
    // m (1 - (1 - 1/m)^k), in a form that keeps small numbers.
    -m * (k * (-1.0 / m).ln_1p()).exp_m1()
}
