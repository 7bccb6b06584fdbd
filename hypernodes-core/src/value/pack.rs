//! Columns as blobs: how the values of an argument go to another process of the same program, fast.
//!
//! Numbers travel as they lie in memory. Everything else goes as `codec` writes it. Bytes that outlive the program are
//! `codec`'s alone.

mod lists;
mod plain;
mod stream;

use std::any::TypeId;

use serde::{Deserialize, Serialize};

use self::lists::{Flat, Nested};
use self::stream::{Reader, Writer};
use super::blob::{Blob, Blobs};
use super::codec::{Codec, CodecError};
use super::port::PortType;
use super::{Arg, Column};

/// Where packed values lie among blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    form: Form,
    rows: usize,
    first_blob: usize,
    blobs: usize,
}

impl Packed {
    /// How many values there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// What the bytes of the blobs are, one blob after the other. Each type has one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    /// As [`Codec::encode`] writes them.
    Values,
    /// Numbers as they lie in memory.
    Plain,
    /// The lengths of the lists, level by level, and then the numbers in them.
    Lists,
}

/// What is wrong with packed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackedProblem {
    /// They are packed as values of another kind of type.
    #[error("they have the form of another type")]
    Form,
    /// They are said to lie in blobs that are not there.
    #[error("not all of their blobs are there")]
    Blobs,
    /// The blobs hold more or fewer bytes than the values need.
    #[error("their blobs hold {found} bytes, which do not fit")]
    Length {
        /// The bytes of the blobs.
        found: usize,
    },
    /// A blob ends before the length that it gave.
    #[error("a blob ended early")]
    Short,
    /// A number stands for no value: a `bool` of 2, a text that is not UTF-8.
    #[error("a value is none of its type")]
    Value,
}

/// How the values of a type are packed that are, or hold, nothing but numbers.
struct Shape {
    form: Form,
    write: fn(&[(&Arg, usize)], &mut Writer<'_>),
    read: fn(PortType, usize, Reader<'_>) -> Result<Column, PackedProblem>,
}

/// The shape of numbers, texts, and lists of those. All other types have none.
fn shape(id: TypeId) -> Option<&'static Shape> {
    macro_rules! find {
        (plain: $($P:ty)+; texts: $($L:ty)+) => {
            $(
                if id == TypeId::of::<$P>() {
                    return Some(const { &Shape { form: Form::Plain, write: plain::write::<$P>, read: plain::read::<$P> } });
                }
                find!(list: Vec<$P>);
            )+
            $( find!(list: $L); )+
        };
        (list: $L:ty) => {
            if id == TypeId::of::<$L>() {
                return Some(const { &lists::shape::<Flat<$L>>() });
            }
            if id == TypeId::of::<Vec<$L>>() {
                return Some(const { &lists::shape::<Nested<$L>>() });
            }
        };
    }
    find!(
        plain: f64 i64 usize bool f32 u64 u32 i32 u8 char u16 i16 i8 u128 i128 isize;
        texts: String
    );
    None
}

impl Codec {
    /// Packs the first rows of several arguments, one after the other, as one run of values. Adds what they need to
    /// `blobs`.
    ///
    /// Numbers that lie side by side are not copied: the blob is a handle on their column. A broadcast counts as often as
    /// it has rows.
    ///
    /// # Errors
    /// As [`encode`](Self::encode). Then `blobs` is as it was.
    ///
    /// # Panics
    /// When an argument is of another type or has fewer rows.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{Arg, Codec, Column};
    /// let lists = Arg::dense(Column::from_vec(vec![vec![1.5], vec![], vec![2.5, -0.0]]));
    /// let codec = Codec::of::<Vec<f64>>();
    /// let mut blobs = Vec::new();
    /// let packed = codec.pack(&[(&lists, 3), (&lists, 1)], &mut blobs)?;
    /// let back = codec.unpack(&packed, &blobs)?;
    /// assert_eq!(packed.rows(), 4);
    /// assert_eq!(back.as_slice::<Vec<f64>>().map(|lists| &lists[3]), Some(&vec![1.5]));
    /// # Ok::<(), hypernodes::CodecError>(())
    /// ```
    pub fn pack(
        self,
        pieces: &[(&Arg, usize)],
        blobs: &mut Vec<Blob>,
    ) -> Result<Packed, CodecError> {
        let first_blob = blobs.len();
        let form = match shape(self.port().id()) {
            Some(shape) => {
                let mut writer = Writer::new(blobs);
                (shape.write)(pieces, &mut writer);
                writer.finish();
                shape.form
            }
            None => {
                let mut bytes = Vec::new();
                for (arg, rows) in pieces.iter().filter(|(_, rows)| *rows > 0) {
                    self.encode(arg, *rows, &mut bytes)?;
                }
                if !bytes.is_empty() {
                    blobs.push(Blob::Bytes(bytes));
                }
                Form::Values
            }
        };
        Ok(Packed {
            form,
            rows: pieces.iter().map(|(_, rows)| rows).sum(),
            first_blob,
            blobs: blobs.len() - first_blob,
        })
    }

    /// The column of packed values, copied out of the blobs.
    ///
    /// # Errors
    /// When the blobs hold anything else. Damage never makes it panic, or ask for memory that the blobs do not account
    /// for.
    pub fn unpack(self, packed: &Packed, blobs: &dyn Blobs) -> Result<Column, CodecError> {
        let (port, rows) = (self.port(), packed.rows);
        let problem = |problem| CodecError::Packed {
            port,
            rows,
            problem,
        };
        let shape = shape(port.id());
        if packed.form != shape.map_or(Form::Values, |shape| shape.form) {
            return Err(problem(PackedProblem::Form));
        }
        let mut reader = Reader::new(packed, blobs).map_err(problem)?;
        match shape {
            Some(shape) => (shape.read)(port, rows, reader).map_err(problem),
            None => {
                let bytes = reader.left();
                let bytes = reader.take::<u8>(bytes).map_err(problem)?;
                self.decode(&bytes, rows)
            }
        }
    }
}

#[cfg(test)]
mod tests;
