/// The unknowns for which the sum of (row · unknowns − value)² is smallest. Those that are not free stay 0.
fn least_squares(equations: &[([f64; 3], f64)], free: [bool; 3]) -> [f64; 3] {
    let mut m = [[0.0; 4]; 3];
    for (row, value) in equations {
        for i in (0..3).filter(|&i| free[i]) {
            (0..3).filter(|&j| free[j]).for_each(|j| m[i][j] += row[i] * row[j]);
            m[i][3] += row[i] * value;
        }
    }
    (0..3).filter(|&i| !free[i]).for_each(|i| m[i][i] = 1.0);
    for pivot in 0..3 {
        let line = m[pivot];
        for other in (0..3).filter(|&other| other != pivot) {
            let factor = m[other][pivot] / line[pivot];
            (0..4).for_each(|j| m[other][j] -= factor * line[j]);
        }
    }
    [0, 1, 2].map(|i| m[i][3] / m[i][i])
}

/// Fits the law to pairs of concurrency and throughput. None with fewer than three different concurrencies.
fn fit(measured: &[(f64, f64)]) -> Option<Usl> {
    // TODO: None when there are fewer than three different concurrencies
    let equations: Vec<([f64; 3], f64)> = measured
        .iter()
        .map(|&(n, x)| ([1.0, 0.0, 0.0], n / x)) // TODO: N / X is a sum of three terms; weigh the equation
        .collect();
    let [reciprocal, a, b] = least_squares(&equations, [true, true, true]);
    // TODO: what if a coefficient is negative?
    // TODO: how do α and β follow from the three unknowns?
    Some(Usl { gamma: 1.0 / reciprocal, alpha: a, beta: b })
}

/// Where the law has its highest throughput; None when throughput never falls.
fn peak(usl: &Usl) -> Option<f64> {
    todo!()
}
