//! What a file of settings says.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error, Serialize, SerializeMap, Serializer};
use serde_saphyr::Spanned;

/// A value of a setting. Numbers keep their digits: the option reads them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Nothing,
    Flag(bool),
    Number(String),
    Text(String),
    List(Vec<Value>),
    Table(Vec<Entry>),
}

/// A key of a file and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// As the file has it, where that is another.
    pub(crate) written: Option<String>,
    /// From 1, where the parser tells it.
    pub(crate) line: Option<u64>,
    pub(crate) value: Value,
}

impl Entry {
    pub(crate) fn new(key: impl Into<String>, line: Option<u64>, value: Value) -> Self {
        let (key, written) = (key.into(), None);
        Self {
            key,
            written,
            line,
            value,
        }
    }

    /// The key as the file has it.
    pub(crate) fn name(&self) -> &str {
        self.written.as_ref().unwrap_or(&self.key)
    }
}

impl Value {
    /// The kind of a value, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Flag(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Table(_) => "a section",
        }
    }

    /// The value as it would be typed; `None` for what has no such form.
    pub(crate) fn typed(&self) -> Option<String> {
        match self {
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Number(text) | Self::Text(text) => Some(text.clone()),
            Self::List(values) => {
                let words: Option<Vec<_>> = values.iter().map(Self::typed).collect();
                words.map(|words| words.join(","))
            }
            Self::Nothing | Self::Table(_) => None,
        }
    }

    /// Whether it says nothing, as an empty variable of the environment does.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    pub(crate) fn into_table(self) -> Result<Vec<Entry>, Self> {
        match self {
            Self::Table(entries) => Ok(entries),
            Self::Nothing => Ok(Vec::new()),
            other => Err(other),
        }
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut table = Vec::new();
        // Formats without lines give line 0.
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let line = Some(key.referenced.line()).filter(|&line| line > 0);
            table.push(Entry::new(key.value, line, entries.next_value()?));
        }
        Ok(Value::Table(table))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(digits) => match (digits.parse::<u64>(), digits.parse::<i64>()) {
                (Ok(number), _) => serializer.serialize_u64(number),
                (_, Ok(number)) => serializer.serialize_i64(number),
                _ => serializer.serialize_f64(digits.parse().map_err(S::Error::custom)?),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => values.serialize(serializer),
            Self::Table(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &entry.value)?;
                }
                map.end()
            }
        }
    }
}
