//! Bytes of the protocol: frames, methods, tables of fields, properties.

use serde_json::{Map, Value};

use super::Properties;

/// The kinds of frames.
pub(super) const METHOD: u8 = 1;
pub(super) const HEADER: u8 = 2;
pub(super) const BODY: u8 = 3;
/// What every frame ends with.
pub(super) const END: u8 = 0xCE;
/// What a client begins with.
pub(super) const GREETING: &[u8; 8] = b"AMQP\0\0\x09\x01";
/// Tables within tables deeper than this are not of this world.
const DEPTH: u32 = 16;

/// The class and number of a method.
pub(super) type Method = (u16, u16);

pub(super) mod method {
    use super::Method;

    pub(crate) const START: Method = (10, 10);
    pub(crate) const START_OK: Method = (10, 11);
    pub(crate) const TUNE: Method = (10, 30);
    pub(crate) const TUNE_OK: Method = (10, 31);
    pub(crate) const OPEN: Method = (10, 40);
    pub(crate) const OPEN_OK: Method = (10, 41);
    pub(crate) const CLOSE: Method = (10, 50);
    pub(crate) const CHANNEL_OPEN: Method = (20, 10);
    pub(crate) const CHANNEL_OPEN_OK: Method = (20, 11);
    pub(crate) const CHANNEL_CLOSE: Method = (20, 40);
    pub(crate) const EXCHANGE_DECLARE: Method = (40, 10);
    pub(crate) const QUEUE_DECLARE: Method = (50, 10);
    pub(crate) const QUEUE_BIND: Method = (50, 20);
    pub(crate) const QUEUE_PURGE: Method = (50, 30);
    pub(crate) const QUEUE_DELETE: Method = (50, 40);
    pub(crate) const QOS: Method = (60, 10);
    pub(crate) const CONSUME: Method = (60, 20);
    pub(crate) const CANCEL: Method = (60, 30);
    pub(crate) const PUBLISH: Method = (60, 40);
    pub(crate) const RETURN: Method = (60, 50);
    pub(crate) const DELIVER: Method = (60, 60);
    pub(crate) const GET: Method = (60, 70);
    pub(crate) const GET_OK: Method = (60, 71);
    pub(crate) const ACK: Method = (60, 80);
    pub(crate) const REJECT: Method = (60, 90);
    pub(crate) const NACK: Method = (60, 120);
    pub(crate) const CONFIRM_SELECT: Method = (85, 10);
}

/// The arguments of a method, being written.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn method((class, number): Method) -> Self {
        Self::default().u16(class).u16(number)
    }

    pub(super) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(super) fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Bits that stand next to each other share an octet, the first in its lowest bit.
    pub(super) fn bits<const N: usize>(self, bits: [bool; N]) -> Self {
        let octet = bits.iter().enumerate().map(|(i, &bit)| u8::from(bit) << i).sum();
        self.u8(octet)
    }

    /// At most 255 bytes; what is longer is cut, at the end of a letter.
    pub(super) fn short(mut self, text: &str) -> Self {
        let cut = text.floor_char_boundary(255);
        self.0.push(u8::try_from(cut).unwrap_or(u8::MAX));
        self.0.extend(&text.as_bytes()[..cut]);
        self
    }

    pub(super) fn long(self, bytes: &[u8]) -> Self {
        let mut written = self.u32(length(bytes.len()));
        written.0.extend(bytes);
        written
    }

    pub(super) fn table(self, table: &Map<String, Value>) -> Self {
        let inner = table.iter().fold(Self::default(), |inner, (name, value)| inner.short(name).value(value));
        self.long(&inner.0)
    }

    fn value(self, value: &Value) -> Self {
        match value {
            Value::Null => self.u8(b'V'),
            Value::Bool(truth) => self.u8(b't').u8((*truth).into()),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => self.u8(b'l').u64(whole.cast_unsigned()),
                None => self.u8(b'd').u64(number.as_f64().unwrap_or_default().to_bits()),
            },
            Value::String(text) => self.u8(b'S').long(text.as_bytes()),
            Value::Array(items) => {
                let inner = items.iter().fold(Self::default(), Self::value);
                self.u8(b'A').long(&inner.0)
            }
            Value::Object(table) => self.u8(b'F').table(table),
        }
    }

    /// The frame of a content's header.
    pub(super) fn properties(self, body_length: usize, properties: &Properties) -> Self {
        let Properties { headers, delivery_mode, priority, .. } = properties;
        let Properties { correlation_id, reply_to, expiration, message_id, app_id, .. } = properties;
        let present = [
            (13, !headers.is_empty()),
            (12, delivery_mode.is_some()),
            (11, priority.is_some()),
            (10, correlation_id.is_some()),
            (9, reply_to.is_some()),
            (8, expiration.is_some()),
            (7, message_id.is_some()),
            (3, app_id.is_some()),
        ];
        let flags = present.iter().map(|&(bit, set)| u16::from(set) << bit).sum();
        let mut written = self.u16(60).u16(0).u64(body_length as u64).u16(flags);
        if !headers.is_empty() {
            written = written.table(headers);
        }
        for octet in [delivery_mode, priority].into_iter().flatten() {
            written = written.u8(*octet);
        }
        let texts = [correlation_id, reply_to, expiration, message_id, app_id];
        texts.into_iter().flatten().fold(written, |written, text| written.short(text))
    }

    /// The whole as one frame of this kind.
    pub(super) fn frame(self, kind: u8, channel: u16) -> Vec<u8> {
        let mut frame = Self::default().u8(kind).u16(channel).long(&self.0).0;
        frame.push(END);
        frame
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("no text or table of this client comes near 4 GB")
}

/// Reads arguments; `None` when there are too few bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn method(&mut self) -> Option<Method> {
        Some((self.u16()?, self.u16()?))
    }

    pub(super) fn short(&mut self) -> Option<String> {
        let count = self.u8()?;
        Some(String::from_utf8_lossy(self.bytes(count.into())?).into_owned())
    }

    fn long(&mut self) -> Option<&'a [u8]> {
        let count = self.u32()?;
        self.bytes(usize::try_from(count).ok()?)
    }

    fn table(&mut self, depth: u32) -> Option<Map<String, Value>> {
        let mut inner = Reader(self.long()?);
        let mut table = Map::new();
        while !inner.0.is_empty() {
            table.insert(inner.short()?, inner.value(depth)?);
        }
        Some(table)
    }

    /// A field of any type that RabbitMQ sends.
    fn value(&mut self, depth: u32) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        Some(match self.u8()? {
            b't' => Value::Bool(self.u8()? != 0),
            b'b' => i8::from_be_bytes(self.array()?).into(),
            b'B' => self.u8()?.into(),
            b's' => i16::from_be_bytes(self.array()?).into(),
            b'u' => self.u16()?.into(),
            b'I' => i32::from_be_bytes(self.array()?).into(),
            b'i' => self.u32()?.into(),
            b'l' => i64::from_be_bytes(self.array()?).into(),
            b'T' => self.u64()?.into(),
            b'f' => f32::from_be_bytes(self.array()?).into(),
            b'd' => f64::from_be_bytes(self.array()?).into(),
            b'D' => {
                let scale = self.u8()?;
                (f64::from(self.u32()?) / 10f64.powi(scale.into())).into()
            }
            b'S' | b'x' => String::from_utf8_lossy(self.long()?).into(),
            b'A' => {
                let mut inner = Reader(self.long()?);
                let mut items = Vec::new();
                while !inner.0.is_empty() {
                    items.push(inner.value(depth)?);
                }
                items.into()
            }
            b'F' => self.table(depth)?.into(),
            b'V' => Value::Null,
            _ => return None,
        })
    }

    /// The length of a body, and what is said about it.
    pub(super) fn properties(&mut self) -> Option<(u64, Properties)> {
        let (_class, _weight) = (self.u16()?, self.u16()?);
        let length = self.u64()?;
        let flags = self.u16()?;
        let has = |bit: u16| flags & (1 << bit) != 0;
        let mut properties = Properties::default();
        // Type and encoding of the content: read over.
        for bit in [15, 14] {
            if has(bit) {
                self.short()?;
            }
        }
        if has(13) {
            properties.headers = self.table(DEPTH)?;
        }
        for (bit, field) in [(12, &mut properties.delivery_mode), (11, &mut properties.priority)] {
            if has(bit) {
                *field = Some(self.u8()?);
            }
        }
        let texts = [
            (10, &mut properties.correlation_id),
            (9, &mut properties.reply_to),
            (8, &mut properties.expiration),
            (7, &mut properties.message_id),
        ];
        for (bit, field) in texts {
            if has(bit) {
                *field = Some(self.short()?);
            }
        }
        // The time is read over, and so are type and user.
        if has(6) {
            self.u64()?;
        }
        for bit in [5, 4] {
            if has(bit) {
                self.short()?;
            }
        }
        if has(3) {
            properties.app_id = Some(self.short()?);
        }
        Some((length, properties))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9f64).prop_map(|number| (number + 0.5).floor() + 0.25).prop_map(Value::from),
            ".{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn properties_are_read_as_written(
            headers in prop::collection::btree_map("[a-z-]{1,12}", value(), 0..4),
            octets in (any::<Option<u8>>(), any::<Option<u8>>()),
            texts in prop::array::uniform5(prop::option::of(".{0,30}")),
            length in any::<u32>(),
        ) {
            let [correlation_id, reply_to, expiration, message_id, app_id] = texts;
            let (delivery_mode, priority) = octets;
            let headers = headers.into_iter().collect();
            let all = Properties {
                headers, delivery_mode, priority, correlation_id, reply_to, expiration, message_id, app_id,
            };
            let bytes = Writer::default().properties(length as usize, &all).0;
            prop_assert_eq!(Reader(&bytes).properties(), Some((length.into(), all)));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reader(&bytes).properties();
            let _ = Reader(&bytes).table(DEPTH);
        }
    }

    #[test]
    fn a_method_is_framed_as_the_specification_says() {
        // Section 2.3.5: type, channel, length, payload, end; and bits packed into one octet.
        let frame = Writer::method(method::QOS).u32(0).u16(5).bits([true, false, true]).frame(METHOD, 1);
        let expected = [1, 0, 1, 0, 0, 0, 11, 0, 60, 0, 10, 0, 0, 0, 0, 0, 5, 0b101, 0xCE];
        assert_eq!(frame, expected);
    }

    #[test]
    fn a_text_is_cut_at_a_letter() {
        let bytes = Writer::default().short(&"é".repeat(200)).0;
        assert_eq!((bytes[0], bytes.len()), (254, 255));
        assert_eq!(Reader(&bytes).short(), Some("é".repeat(127)));
    }
}
