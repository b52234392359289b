use check::websocket::frame::*;

fn parse(bytes: &[u8], role: Role, max_bytes: usize) -> Result<Parsed, FrameError> {
    let [first, second, rest @ ..] = bytes else { return Ok(Parsed::Incomplete(2)) };
    if first & 0x70 != 0 {
        return Err(FrameError::Reserved);
    }
    let (fin, number) = (first & 0x80 != 0, first & 0x0f);
    let opcode = Opcode::from_number(number).ok_or(FrameError::Opcode(number))?;
    let (masked, short) = (second & 0x80 != 0, second & 0x7f);
    if masked != (role == Role::Server) {
        return Err(FrameError::Mask);
    }
    if opcode.is_control() && !fin {
        return Err(FrameError::FragmentedControl);
    }
    if opcode.is_control() && short > 125 {
        return Err(FrameError::LongControl);
    }
    let extra = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(extended) = rest.get(..extra) else { return Ok(Parsed::Incomplete(2 + extra)) };
    let mut length = if extra == 0 { u64::from(short) } else { 0 };
    for byte in extended {
        length = length << 8 | u64::from(*byte);
    }
    if (extra == 2 && length < 126) || (extra == 8 && length < 65_536) {
        return Err(FrameError::NotMinimal(length));
    }
    if length > max_bytes as u64 {
        return Err(FrameError::TooLarge { length, max: max_bytes });
    }
    let start = 2 + extra + if masked { 4 } else { 0 };
    let end = start + length as usize;
    let Some(payload) = bytes.get(start..end) else { return Ok(Parsed::Incomplete(end)) };
    let mut payload = payload.to_vec();
    if masked {
        for (at, byte) in payload.iter_mut().enumerate() {
            *byte ^= bytes[start - 4 + at % 4];
        }
    }
    Ok(Parsed::Frame(Frame { fin, opcode, payload }, end))
}
