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
    let mut different: Vec<u64> = measured.iter().map(|(n, _)| n.to_bits()).collect();
    different.sort();
    different.dedup();
    if different.len() < 3 {
        return None;
    }
    let equations: Vec<([f64; 3], f64)> = measured
        .iter()
        .map(|&(n, x)| {
            let weight = x / n;
            ([weight, weight * (n - 1.0), weight * n * (n - 1.0)], 1.0)
        })
        .collect();
    let law = |free| {
        let [reciprocal, a, b] = least_squares(&equations, free);
        Usl { gamma: 1.0 / reciprocal, alpha: a / reciprocal, beta: b / reciprocal }
    };
    let error = |usl: &Usl| measured.iter().map(|&(n, x)| (usl.throughput(n) / x - 1.0).powi(2)).sum::<f64>();
    [[true, true, true], [true, true, false], [true, false, true], [true, false, false]]
        .into_iter()
        .map(law)
        .filter(|usl| usl.alpha >= 0.0 && usl.beta >= 0.0)
        .min_by(|one, two| error(one).total_cmp(&error(two)))
}

/// Where the law has its highest throughput; None when throughput never falls.
fn peak(usl: &Usl) -> Option<f64> {
    (usl.beta > 0.0).then(|| ((1.0 - usl.alpha) / usl.beta).sqrt())
}
