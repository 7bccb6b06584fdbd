//! The key of a value: what it was computed from.

use std::fmt;

/// What a value was computed from, as 256 bits: equal keys mean equal values.
///
/// The key of a value from outside is a hash of its type and content; that of a computed value a hash of its node and of
/// the keys that went in. Prints as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// A key of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads what `Display` prints: 64 lower-case hexadecimal digits, and nothing else.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_is_read_as_it_prints() {
        let key = Key::from_bytes(std::array::from_fn(|at| u8::try_from(at * 8 + 7).unwrap()));
        let text = key.to_string();
        assert_eq!(Key::from_hex(&text), Some(key));
        assert_eq!(Key::from_hex(&text.to_uppercase()), None);
        assert_eq!(Key::from_hex(&text[1..]), None);
        assert_eq!(Key::from_hex(&format!("{text}0")), None);
        assert_eq!(Key::from_hex(&text.replacen('0', "g", 1)), None);
    }
}
