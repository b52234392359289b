use check::protobuf::varint::*;

/// Appends the integer: seven bits a byte, the lowest first; the top bit says that another byte follows.
fn put_varint(value: u64, out: &mut Vec<u8>) {
    todo!("while more than seven bits are left")
}

/// The integer at the start of the bytes, and how many bytes it takes.
fn get_varint(bytes: &[u8]) -> Result<(u64, usize), VarintError> {
    todo!("seven bits of each byte, until one has no top bit")
}

/// 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4.
fn zigzag(value: i64) -> u64 {
    todo!("the sign becomes the lowest bit")
}

/// The other way round.
fn unzigzag(value: u64) -> i64 {
    todo!("the lowest bit becomes the sign")
}
