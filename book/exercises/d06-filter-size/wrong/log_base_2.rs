use std::f64::consts::LN_2;

fn filter_size(keys: u64, rate: f64) -> (u64, u32) {
    let bits = -(keys as f64) * rate.log2() / (LN_2 * LN_2);
    let hashes = bits / keys as f64 * LN_2;
    (bits.ceil() as u64, (hashes.round() as u32).max(1))
}
