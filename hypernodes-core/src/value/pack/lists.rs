//! Lists of numbers, texts, and lists of those: their lengths, level by level, and then the numbers.

use std::marker::PhantomData;

use super::super::blob::{At, Blob};
use super::super::port::{PortType, PortValue};
use super::super::{Arg, Column, Lane};
use super::plain::Plain;
use super::stream::{Reader, VIEW_BYTES, Writer};
use super::{Form, PackedProblem, Shape};

/// Numbers side by side.
pub(super) trait List: PortValue {
    type Item: Plain;
    fn items(&self) -> &[Self::Item];
    fn from_items(items: Vec<Self::Item>) -> Option<Self>
    where
        Self: Sized;
}

impl<P: Plain> List for Vec<P> {
    type Item = P;
    fn items(&self) -> &[P] {
        self
    }
    fn from_items(items: Self) -> Option<Self> {
        Some(items)
    }
}

impl List for String {
    type Item = u8;
    fn items(&self) -> &[u8] {
        self.as_bytes()
    }
    fn from_items(items: Vec<u8>) -> Option<Self> {
        Self::from_utf8(items).ok()
    }
}

/// How lists stand in a value.
pub(super) trait Kind {
    type Value: PortValue;
    type List: List;
    /// Whether a value is not one list, but a list of them.
    const NESTED: bool;
    fn lists(value: &Self::Value) -> &[Self::List];
    /// The values of so many lists each.
    fn values(lists: Vec<Self::List>, lengths: &[usize]) -> Vec<Self::Value>;
}

/// Each value is a list.
pub(super) struct Flat<L>(PhantomData<L>);

impl<L: List> Kind for Flat<L> {
    type Value = L;
    type List = L;
    const NESTED: bool = false;
    fn lists(value: &L) -> &[L] {
        std::slice::from_ref(value)
    }
    fn values(lists: Vec<L>, _: &[usize]) -> Vec<L> {
        lists
    }
}

/// Each value is a list of lists.
pub(super) struct Nested<L>(PhantomData<L>);

impl<L: List> Kind for Nested<L> {
    type Value = Vec<L>;
    type List = L;
    const NESTED: bool = true;
    fn lists(value: &Vec<L>) -> &[L] {
        value
    }
    fn values(lists: Vec<L>, lengths: &[usize]) -> Vec<Vec<L>> {
        let mut lists = lists.into_iter();
        let value = |n: &usize| lists.by_ref().take(*n).collect();
        lengths.iter().map(value).collect()
    }
}

pub(super) const fn shape<K: Kind>() -> Shape {
    Shape {
        form: Form::Lists,
        write: write::<K>,
        read: read::<K>,
    }
}

fn write<K: Kind>(pieces: &[(&Arg, usize)], writer: &mut Writer<'_>) {
    let pieces: Vec<(&Arg, usize, Lane<'_, K::Value>)> = pieces
        .iter()
        .filter(|(_, rows)| *rows > 0)
        .map(|&(arg, rows)| (arg, rows, arg.lane(rows)))
        .collect();
    let rows = || {
        pieces.iter().flat_map(|(arg, rows, lane)| {
            (0..*rows).map(move |row| (*arg, row, K::lists(lane.at(row))))
        })
    };
    let (mut lengths, mut copied) = (0, 0);
    for (_, _, lists) in rows() {
        lengths += lists.len() + usize::from(K::NESTED);
        let bytes = lists.iter().map(|list| size_of_val(list.items()));
        copied += bytes.filter(|bytes| *bytes < VIEW_BYTES).sum::<usize>();
    }
    writer.reserve(lengths * size_of::<usize>() + copied);
    if K::NESTED {
        for (_, _, lists) in rows() {
            writer.copy(&lists.len().to_ne_bytes());
        }
    }
    for list in rows().flat_map(|(_, _, lists)| lists) {
        writer.copy(&list.items().len().to_ne_bytes());
    }
    for (arg, row, lists) in rows() {
        for (at, list) in lists.iter().enumerate() {
            match bytemuck::cast_slice(list.items()) {
                few if few.len() < VIEW_BYTES => writer.copy(few),
                _ => writer.view(Blob::view(arg, At::List(row, at), bytes::<K>)),
            }
        }
    }
}

fn bytes<K: Kind>(arg: &Arg, at: At) -> &[u8] {
    match at {
        At::List(row, at) => bytemuck::cast_slice(K::lists(arg.row(row))[at].items()),
        At::First(_) => &[],
    }
}

fn read<K: Kind>(
    port: PortType,
    rows: usize,
    mut reader: Reader<'_>,
) -> Result<Column, PackedProblem> {
    let (outer, lists) = match K::NESTED {
        true => reader.lengths(rows)?,
        false => (Vec::new(), rows),
    };
    let (lengths, items) = reader.lengths(lists)?;
    reader.expect(items, size_of::<<K::List as List>::Item>())?;
    let list = |n| {
        let items = reader.take(n)?;
        K::List::from_items(items).ok_or(PackedProblem::Value)
    };
    let lists = lengths
        .into_iter()
        .map(list)
        .collect::<Result<Vec<K::List>, _>>()?;
    Ok(Column::with_port(K::values(lists, &outer), port))
}
