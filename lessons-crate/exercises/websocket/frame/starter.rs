use check::websocket::frame::*;

/// The frame at the start of `bytes` and how many of them it takes, or how many are needed, or why it is none.
fn parse(bytes: &[u8], role: Role, max_bytes: usize) -> Result<Parsed, FrameError> {
    let [first, second, rest @ ..] = bytes else { return Ok(Parsed::Incomplete(2)) };
    let (fin, number) = (first & 0x80 != 0, first & 0x0f);
    let opcode = Opcode::from_number(number).ok_or(FrameError::Opcode(number))?;
    let (masked, short) = (second & 0x80 != 0, second & 0x7f);
    todo!("the length, the mask, the payload; and what may not be")
}
