//! How values of a type leave the process and come back, and what their keys are.

use std::any::TypeId;
use std::fmt;

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::digest::Digest;
use super::port::{At, Fuel, Level, PortType, PortValue, Top, Tower};
use super::{Arg, Column, PackedProblem, Rows};
use crate::cache::Key;
use crate::error::BoxError;

/// How values of a type leave the process and come back: as [postcard](https://postcard.jamesmunns.com) bytes, through
/// serde.
///
/// What serde skips (`#[serde(skip)]`) does not travel, and does not count in a key. A `HashSet` serialises in an order
/// of its own, so equal sets have different keys: a `BTreeSet` has none of that. Maps are fine.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{Arg, Codec, Column};
/// let codec = Codec::of::<String>();
/// let words = Arg::dense(Column::from_vec(vec!["a".to_owned(), "bc".to_owned()]));
/// let mut bytes = Vec::new();
/// codec.encode(&words, 2, &mut bytes)?;
/// assert_eq!(bytes, b"\x01a\x02bc");
/// assert_eq!(codec.decode(&bytes, 2)?.as_slice::<String>().map(|words| words[1].as_str()), Some("bc"));
/// # Ok::<(), hypernodes::CodecError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Codec(&'static CodecOps);

/// The operations, as plain function pointers.
struct CodecOps {
    port: PortType,
    list: Option<Codec>,
    encode: fn(&Arg, Picked, &mut Vec<u8>) -> Result<(), CodecError>,
    decode: fn(&[u8], usize) -> Result<Column, CodecError>,
    keys: fn(&Arg, usize) -> Result<Vec<Key>, CodecError>,
}

/// Which rows are meant.
#[derive(Clone, Copy)]
enum Picked {
    First(usize),
    One(usize),
}

/// Why a value could not leave the process, or not come back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The type refuses to be serialised, or postcard has no form for it.
    #[error("a `{port}` cannot be written as bytes")]
    Encode {
        /// The type.
        port: PortType,
        /// What serde said.
        #[source]
        source: BoxError,
    },
    /// The bytes of a value that was just written give no value: the two halves of its serde implementation differ.
    #[error(
        "a `{port}` is written as bytes that cannot be read back; postcard needs each field written, whatever its value"
    )]
    OneWay {
        /// The type.
        port: PortType,
        /// What serde said.
        #[source]
        source: BoxError,
    },
    /// The bytes are no values of the type.
    #[error("the bytes hold no values of `{port}`: they are damaged, or of another version")]
    Decode {
        /// The type.
        port: PortType,
        /// What serde said.
        #[source]
        source: BoxError,
    },
    /// There are more bytes than values, or fewer.
    #[error("the bytes do not hold {rows} values of `{port}`: {bytes} bytes are left over")]
    Length {
        /// The type.
        port: PortType,
        /// How many values there should be.
        rows: usize,
        /// The bytes that are left.
        bytes: usize,
    },
    /// Packed values and their blobs do not fit.
    #[error(
        "{rows} packed values of `{port}` cannot be unpacked: they are damaged, or of another program"
    )]
    Packed {
        /// The type.
        port: PortType,
        /// How many values there should be.
        rows: usize,
        /// What does not fit.
        #[source]
        problem: PackedProblem,
    },
}

/// What stands beside [`Tower`]: the codec of each level.
trait CodecTower<T>: Tower<T> {
    const LIST: Option<Codec>;
}

impl<T> CodecTower<T> for Top {
    const LIST: Option<Codec> = None;
}

impl<T: PortValue + Serialize + DeserializeOwned, D: CodecTower<Vec<T>>> CodecTower<T>
    for Level<D>
{
    const LIST: Option<Codec> = Some(Codec(CodecAt::<Vec<T>, D>::OPS));
}

struct CodecAt<T, D>(std::marker::PhantomData<(T, D)>);

impl<T: PortValue + Serialize + DeserializeOwned, D: CodecTower<T>> CodecAt<T, D> {
    const PORT: PortType = At::<T, D>::PORT;
    const OPS: &'static CodecOps = &CodecOps {
        port: Self::PORT,
        list: <D as CodecTower<T>>::LIST,
        encode: |arg, picked, out| encode::<T>(Self::PORT, arg, picked, out),
        decode: |bytes, rows| decode::<T>(Self::PORT, bytes, rows),
        keys: |arg, rows| keys::<T>(Self::PORT, arg, rows),
    };
}

impl Codec {
    /// The codec of `T`.
    #[must_use]
    pub const fn of<T: Serialize + DeserializeOwned + PortValue>() -> Self {
        Self(CodecAt::<T, Fuel>::OPS)
    }

    /// The codec of `Vec<T>`, or `None` where four levels of nesting are used up.
    #[must_use]
    pub fn list(self) -> Option<Self> {
        self.0.list
    }

    /// The type of the values.
    #[must_use]
    pub fn port(self) -> PortType {
        self.0.port
    }

    /// Adds the values of the first `rows` rows of an argument to `out`, one after the other.
    ///
    /// Values of all but the plainest types are read back once, so what was written can be read.
    ///
    /// # Errors
    /// When the type refuses, or when what it writes cannot be read back. Then `out` is as it was.
    ///
    /// # Panics
    /// When the argument is of another type or has fewer rows.
    pub fn encode(self, arg: &Arg, rows: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
        (self.0.encode)(arg, Picked::First(rows), out)
    }

    /// As [`encode`](Self::encode), for one row.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    ///
    /// # Panics
    /// When the argument is of another type or has not so many rows.
    pub fn encode_row(self, arg: &Arg, row: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
        (self.0.encode)(arg, Picked::One(row), out)
    }

    /// The column of `rows` values that are all of the bytes.
    ///
    /// # Errors
    /// When the bytes hold anything else. Damaged bytes never make it panic, or ask for memory that they do not account
    /// for.
    pub fn decode(self, bytes: &[u8], rows: usize) -> Result<Column, CodecError> {
        (self.0.decode)(bytes, rows)
    }

    /// The key of each of the first `rows` rows: a hash of the type and of all that serde tells of the value. A broadcast
    /// is hashed once.
    ///
    /// Equal keys mean equal values, bit for bit: `0.0` and `-0.0` differ. It does not matter in which order a map tells
    /// its entries.
    ///
    /// # Errors
    /// When the type refuses to be serialised.
    ///
    /// # Panics
    /// When the argument is of another type or has fewer rows.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{Arg, Codec, Column};
    /// let keys = Codec::of::<i64>().keys(&Arg::dense(Column::from_vec(vec![1_i64, 2, 1])), 3)?;
    /// assert!(keys[0] == keys[2] && keys[0] != keys[1]);
    /// # Ok::<(), hypernodes::CodecError>(())
    /// ```
    pub fn keys(self, arg: &Arg, rows: usize) -> Result<Vec<Key>, CodecError> {
        (self.0.keys)(arg, rows)
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec({})", self.0.port)
    }
}

/// Bytes at the end of a vector.
struct End<'a>(&'a mut Vec<u8>);

impl Flavor for End<'_> {
    type Output = ();
    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }
    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

fn encode<T: PortValue + Serialize + DeserializeOwned>(
    port: PortType,
    arg: &Arg,
    picked: Picked,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let start = out.len();
    let reads_back = is_plain::<T>();
    let result = match picked {
        Picked::One(row) => encode_value(port, arg.row::<T>(row), reads_back, out),
        Picked::First(rows) => {
            let lane = arg.lane::<T>(rows);
            (0..rows).try_for_each(|row| encode_value(port, lane.at(row), reads_back, out))
        }
    };
    if result.is_err() {
        out.truncate(start);
    }
    result
}

fn encode_value<T: Serialize + DeserializeOwned>(
    port: PortType,
    value: &T,
    reads_back: bool,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let start = out.len();
    postcard::serialize_with_flavor(value, End(out)).map_err(|error| CodecError::Encode {
        port,
        source: error.into(),
    })?;
    if !reads_back {
        let one_way = |source: BoxError| CodecError::OneWay { port, source };
        match postcard::take_from_bytes::<T>(&out[start..]) {
            Ok((_, [])) => {}
            Ok((_, rest)) => {
                return Err(one_way(
                    format!("{} bytes are left over", rest.len()).into(),
                ));
            }
            Err(error) => return Err(one_way(error.into())),
        }
    }
    if out.len() == start {
        out.push(NOTHING);
    }
    Ok(())
}

/// Stands for a value that needs no bytes, so that each row has one at least: no number of rows can be claimed for free.
const NOTHING: u8 = 0;

fn decode<T: PortValue + DeserializeOwned>(
    port: PortType,
    bytes: &[u8],
    rows: usize,
) -> Result<Column, CodecError> {
    let length = |bytes: usize| CodecError::Length { port, rows, bytes };
    if rows > bytes.len() {
        return Err(length(bytes.len()));
    }
    // Values may be larger in memory than as bytes; the vector grows as they are read.
    let mut values = Vec::with_capacity(rows.min(bytes.len() / size_of::<T>().max(1) + 1));
    let mut rest = bytes;
    for _ in 0..rows {
        let (value, after) =
            postcard::take_from_bytes::<T>(rest).map_err(|error| CodecError::Decode {
                port,
                source: error.into(),
            })?;
        rest = match after.len() == rest.len() {
            false => after,
            true => after
                .strip_prefix(&[NOTHING])
                .ok_or_else(|| length(after.len()))?,
        };
        values.push(value);
    }
    if !rest.is_empty() {
        return Err(length(rest.len()));
    }
    Ok(Column::with_port(values, port))
}

fn keys<T: PortValue + Serialize>(
    port: PortType,
    arg: &Arg,
    rows: usize,
) -> Result<Vec<Key>, CodecError> {
    let mut digest = Digest::new(port.full_name());
    let mut key = |value: &T| {
        digest.key(value).map_err(|error| CodecError::Encode {
            port,
            source: error.into(),
        })
    };
    if rows > 0 && matches!(arg.rows, Rows::One(_)) {
        return Ok(vec![key(arg.row(0))?; rows]);
    }
    let lane = arg.lane::<T>(rows);
    (0..rows).map(|row| key(lane.at(row))).collect()
}

/// Whether a type is a number, a string, or a list of those: what serde itself writes it surely reads.
fn is_plain<T: 'static>() -> bool {
    let id = TypeId::of::<T>();
    macro_rules! any {
        ($($T:ty)+) => {
            false $(|| id == TypeId::of::<$T>() || id == TypeId::of::<Vec<$T>>() || id == TypeId::of::<Vec<Vec<$T>>>())+
        };
    }
    any!(bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 String)
}

#[cfg(test)]
mod tests;
