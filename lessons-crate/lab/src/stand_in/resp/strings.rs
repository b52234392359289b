//! Commands on strings.

use super::frame::Frame;
use super::store::{NOT_INTEGER, Reply, SYNTAX, Store, WRONG_TYPE, integer};
use super::value::Value;

impl Store {
    fn string(&mut self, key: &[u8]) -> Result<Option<&[u8]>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(bytes)) => Ok(Some(bytes)),
            Some(_) => Err(WRONG_TYPE.into()),
        }
    }

    pub(super) fn string_command(&mut self, name: &str, arguments: &[&[u8]]) -> Option<Reply> {
        Some(match (name, arguments) {
            ("SET", [key, value, options @ ..]) => self.set(key, value, options),
            ("SETNX", [key, value]) => {
                let free = self.get(key).is_none();
                if free {
                    self.put(key, Value::String(value.to_vec()), None);
                }
                Ok(Frame::truth(free))
            }
            ("SETEX", [key, seconds, value]) => self.set(key, value, &[b"EX", seconds]),
            ("PSETEX", [key, milliseconds, value]) => self.set(key, value, &[b"PX", milliseconds]),
            ("GET", [key]) => self.string(key).map(Frame::maybe),
            ("GETDEL", [key]) => self.string(key).map(Frame::maybe).inspect(|_| {
                self.remove(key);
            }),
            ("GETSET", [key, value]) => {
                let before = self.string(key).map(Frame::maybe);
                before.inspect(|_| self.put(key, Value::String(value.to_vec()), None))
            }
            ("MGET", [_, ..]) => {
                let values = arguments.iter().map(|key| self.string(key).map_or(Frame::Nil, Frame::maybe));
                Ok(Frame::Array(values.collect()))
            }
            ("MSET", [_, ..]) if arguments.len().is_multiple_of(2) => {
                for pair in arguments.chunks(2) {
                    self.put(pair[0], Value::String(pair[1].to_vec()), None);
                }
                Ok(Frame::OK)
            }
            ("INCR", [key]) => self.add(key, 1),
            ("DECR", [key]) => self.add(key, -1),
            ("INCRBY", [key, by]) => integer(by).and_then(|by| self.add(key, by)),
            ("DECRBY", [key, by]) => integer(by)
                .and_then(|by| by.checked_neg().ok_or_else(|| "ERR decrement would overflow".into()))
                .and_then(|by| self.add(key, by)),
            ("APPEND", [key, more]) => self.append(key, more),
            ("STRLEN", [key]) => self.string(key).map(|bytes| Frame::count(bytes.map_or(0, <[u8]>::len))),
            (
                "SET" | "SETNX" | "SETEX" | "PSETEX" | "GET" | "GETDEL" | "GETSET" | "MGET" | "MSET" | "INCR"
                | "DECR" | "INCRBY" | "DECRBY" | "APPEND" | "STRLEN",
                _,
            ) => Err(String::new()),
            _ => return None,
        })
    }

    fn set(&mut self, key: &[u8], value: &[u8], options: &[&[u8]]) -> Reply {
        let (mut only_new, mut only_old, mut keep, mut give, mut expires) =
            (false, false, false, false, None);
        let mut options = options.iter();
        while let Some(option) = options.next() {
            match option.to_ascii_uppercase().as_slice() {
                b"NX" => only_new = true,
                b"XX" => only_old = true,
                b"KEEPTTL" => keep = true,
                b"GET" => give = true,
                unit @ (b"EX" | b"PX") if expires.is_none() => {
                    let time = integer(options.next().ok_or(SYNTAX)?)?;
                    let time = u64::try_from(time).ok().filter(|&time| time > 0);
                    let time = time.and_then(|time| time.checked_mul(if unit == b"EX" { 1000 } else { 1 }));
                    let invalid = "ERR invalid expire time in 'set' command";
                    expires = Some(self.now.saturating_add(time.ok_or(invalid)?));
                }
                _ => return Err(SYNTAX.into()),
            }
        }
        if only_new && only_old || keep && expires.is_some() {
            return Err(SYNTAX.into());
        }
        let before = if give { self.string(key).map(Frame::maybe)? } else { Frame::Nil };
        let is_there = self.get(key).is_some();
        if only_new && is_there || only_old && !is_there {
            return Ok(before);
        }
        if keep {
            expires = self.expires(key);
        }
        self.put(key, Value::String(value.to_vec()), expires);
        Ok(if give { before } else { Frame::OK })
    }

    fn add(&mut self, key: &[u8], by: i64) -> Reply {
        let number = self.string(key)?.map_or(Ok(0), |bytes| integer(bytes).map_err(|_| NOT_INTEGER))?;
        let sum = number.checked_add(by).ok_or("ERR increment or decrement would overflow")?;
        let expires = self.expires(key);
        self.put(key, Value::String(sum.to_string().into_bytes()), expires);
        Ok(Frame::Integer(sum))
    }

    fn append(&mut self, key: &[u8], more: &[u8]) -> Reply {
        let whole = [self.string(key)?.unwrap_or_default(), more].concat();
        let (length, expires) = (whole.len(), self.expires(key));
        self.put(key, Value::String(whole), expires);
        Ok(Frame::count(length))
    }
}
