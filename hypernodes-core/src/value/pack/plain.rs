//! Numbers, and what is kept as a number: their memory is what travels.

use bytemuck::{NoUninit, Pod};

use super::super::blob::{At, Blob};
use super::super::port::{PortType, PortValue};
use super::super::{Arg, Column, Lane};
use super::PackedProblem;
use super::stream::{Reader, VIEW_BYTES, Writer};

/// A value that is its memory.
pub(super) trait Plain: PortValue + NoUninit {
    /// The same memory, when it is not known yet that it is a value.
    type Bits: Pod;
    /// The values, if all are some. Takes no new memory.
    fn from_bits(bits: Vec<Self::Bits>) -> Option<Vec<Self>>;
}

macro_rules! numbers {
    ($($P:ty)+) => {$(
        impl Plain for $P {
            type Bits = Self;
            fn from_bits(bits: Vec<Self>) -> Option<Vec<Self>> {
                Some(bits)
            }
        }
    )+};
}
numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

impl Plain for bool {
    type Bits = u8;
    fn from_bits(bits: Vec<u8>) -> Option<Vec<Self>> {
        let all = bits.iter().all(|bit| *bit < 2);
        all.then(|| bits.into_iter().map(|bit| bit == 1).collect())
    }
}

impl Plain for char {
    type Bits = u32;
    fn from_bits(bits: Vec<u32>) -> Option<Vec<Self>> {
        bits.into_iter().map(Self::from_u32).collect()
    }
}

pub(super) fn write<P: Plain>(pieces: &[(&Arg, usize)], writer: &mut Writer<'_>) {
    let pieces = || pieces.iter().filter(|(_, rows)| *rows > 0);
    let is_alone = pieces().count() == 1;
    for &(arg, rows) in pieces() {
        match arg.lane::<P>(rows) {
            Lane::Dense(values) if is_alone || size_of_val(values) >= VIEW_BYTES => {
                writer.view(Blob::view(arg, At::First(rows), bytes::<P>));
            }
            Lane::Dense(values) => writer.copy(bytemuck::cast_slice(values)),
            Lane::One(value) => {
                writer.reserve(rows * size_of::<P>());
                for _ in 0..rows {
                    writer.copy(bytemuck::bytes_of(value));
                }
            }
            Lane::Refs(values) => {
                writer.reserve(rows * size_of::<P>());
                for value in values {
                    writer.copy(bytemuck::bytes_of(value));
                }
            }
        }
    }
}

fn bytes<P: Plain>(arg: &Arg, at: At) -> &[u8] {
    match at {
        At::First(rows) => bytemuck::cast_slice(arg.lane::<P>(rows).dense()),
        At::List(..) => &[],
    }
}

pub(super) fn read<P: Plain>(
    port: PortType,
    rows: usize,
    mut reader: Reader<'_>,
) -> Result<Column, PackedProblem> {
    reader.expect(rows, size_of::<P>())?;
    Ok(Column::with_port(reader.take::<P>(rows)?, port))
}
