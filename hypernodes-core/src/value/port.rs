//! What core knows of a port's type: its identity, its name, and how to handle a column of it.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use super::column::{Accumulator, Column, Drain, VecAccumulator, VecDrain};
use super::{Arg, Values};

/// What every value that travels through a pipeline must be.
///
/// Implemented for every type that is `Send + Sync + 'static`; there is nothing to derive.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel through a pipeline",
    label = "a port's type must be `Send + Sync + 'static`",
    note = "share it through `Arc<Mutex<_>>`, or keep it inside the node"
)]
pub trait PortValue: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> PortValue for T {}

/// How many `Vec` levels above a type are known: nested maps compose to this depth.
#[cfg(test)]
pub(crate) const MAX_DEPTH: usize = 4;

/// The type of a port: two ports fit when their types are equal.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::PortType;
/// assert_eq!(PortType::of::<f64>().list(), Some(PortType::of::<Vec<f64>>()));
/// assert_eq!(PortType::of::<Vec<String>>().to_string(), "Vec<String>");
/// ```
#[derive(Clone, Copy)]
pub struct PortType(&'static Ops);

/// The operations on a column of one type, as plain function pointers.
struct Ops {
    id: TypeId,
    name: fn() -> &'static str,
    bytes: usize,
    needs_drop: bool,
    list: Option<PortType>,
    accumulator: fn(usize) -> Box<dyn Accumulator>,
    drain: fn(Column) -> Box<dyn Drain>,
    lengths: fn(&Arg, usize) -> Vec<usize>,
    regroup: fn(Column, &[Group]) -> Column,
    settle: fn(Arg, usize) -> Column,
    merge: fn(Vec<(Column, Vec<u32>)>) -> Column,
    wrap: fn(Column) -> Column,
    unwrap: fn(Column) -> Column,
}

/// A list of a nested map: how many of its items there are in the inner column, and whether the list is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) items: usize,
    pub(crate) wanted: bool,
}

/// One level of the tower `T`, `Vec<T>`, `Vec<Vec<T>>`...: finite, because an endless one cannot be compiled. For the
/// same reason nothing in [`At`] may ask for `PortType::of`, which would begin a new tower on each level. What else is
/// known of a type (`codec`, `facts`) stands beside this tower, level by level.
pub(super) trait Tower<T> {
    const LIST: Option<PortType>;
}

pub(super) struct Top;
pub(super) struct Level<D>(std::marker::PhantomData<D>);

impl<T> Tower<T> for Top {
    const LIST: Option<PortType> = None;
}

impl<T: PortValue, D: Tower<Vec<T>>> Tower<T> for Level<D> {
    const LIST: Option<PortType> = Some(At::<Vec<T>, D>::PORT);
}

pub(super) type Fuel = Level<Level<Level<Level<Top>>>>;

/// The operations of `T` with the levels `D` above it.
pub(super) struct At<T, D>(std::marker::PhantomData<(T, D)>);

impl<T: PortValue, D: Tower<T>> At<T, D> {
    const OPS: &'static Ops = &Ops {
        id: TypeId::of::<T>(),
        name: std::any::type_name::<T>,
        bytes: size_of::<T>(),
        needs_drop: std::mem::needs_drop::<T>(),
        list: D::LIST,
        accumulator: |capacity| Box::new(VecAccumulator::<T>::new(Self::PORT, capacity)),
        drain: |column| Box::new(VecDrain::<T>::new(column)),
        lengths: |arg, rows| arg.lane::<Vec<T>>(rows).map_to_vec(rows, Vec::len),
        regroup: |column, groups| Column::with_port(regroup::<T>(column, groups), Self::list()),
        wrap: |items| Column::with_port(vec![items.into_vec::<T>()], Self::list()),
        unwrap: |list| {
            Column::with_port(
                list.into_vec::<Vec<T>>().pop().unwrap_or_default(),
                Self::PORT,
            )
        },
        settle: |arg, rows| match arg.into_values::<T>(rows, false) {
            Values::Moved(values) => Column::with_port(values.collect::<Vec<T>>(), Self::PORT),
            Values::Shared(arg) => unreachable!("output {:?} is still shared", arg.column),
        },
        merge: |pieces| Column::with_port(merge::<T>(pieces), Self::PORT),
    };
    pub(super) const PORT: PortType = PortType(Self::OPS);

    fn list() -> PortType {
        D::LIST.expect("lists of this type are used, so the tower was asked for them at build")
    }
}

fn merge<T: PortValue>(pieces: Vec<(Column, Vec<u32>)>) -> Vec<T> {
    let mut rows: Vec<(u32, T)> = Vec::with_capacity(pieces.iter().map(|(_, at)| at.len()).sum());
    for (column, at) in pieces {
        rows.extend(at.into_iter().zip(column.into_vec::<T>()));
    }
    rows.sort_by_key(|(row, _)| *row);
    rows.into_iter().map(|(_, value)| value).collect()
}

fn regroup<T: PortValue>(column: Column, groups: &[Group]) -> Vec<Vec<T>> {
    let values = column.into_vec::<T>();
    if let [
        Group {
            items,
            wanted: true,
        },
    ] = groups
        && *items == values.len()
    {
        return vec![values];
    }
    let mut values = values.into_iter();
    let mut lists = Vec::with_capacity(groups.len());
    for group in groups {
        let list = values.by_ref().take(group.items);
        if group.wanted {
            lists.push(list.collect());
        } else {
            list.for_each(drop);
        }
    }
    lists
}

impl PortType {
    /// The port type of `T`.
    #[must_use]
    pub const fn of<T: PortValue>() -> Self {
        At::<T, Fuel>::PORT
    }

    /// The identity of the type.
    #[must_use]
    pub const fn id(self) -> TypeId {
        self.0.id
    }

    /// The type `Vec<T>`, or `None` where four levels of nesting are used up.
    #[must_use]
    pub fn list(self) -> Option<Self> {
        self.0.list
    }

    /// Bytes of one value inside a column (what it owns on the heap not counted).
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0.bytes
    }

    /// Whether a value owns something, so that moving it is cheaper than cloning it.
    #[must_use]
    pub const fn needs_drop(self) -> bool {
        self.0.needs_drop
    }

    /// The full path of the type, as the compiler writes it.
    #[must_use]
    pub fn full_name(self) -> &'static str {
        (self.0.name)()
    }

    /// An empty accumulator with room for `capacity` values.
    #[must_use]
    pub fn accumulator(self, capacity: usize) -> Box<dyn Accumulator> {
        (self.0.accumulator)(capacity)
    }

    /// An empty column.
    #[must_use]
    pub fn empty(self) -> Column {
        self.accumulator(0).finish()
    }

    /// Cuts an owned column into owned pieces.
    pub(crate) fn drain(self, column: Column) -> Box<dyn Drain> {
        (self.0.drain)(column)
    }

    /// The length of each list in `arg`, whose values are `Vec<Self>`.
    pub(crate) fn lengths(self, arg: &Arg, rows: usize) -> Vec<usize> {
        (self.0.lengths)(arg, rows)
    }

    /// Turns a column of this type into a column of the wanted lists.
    pub(crate) fn regroup(self, column: Column, groups: &[Group]) -> Column {
        (self.0.regroup)(column, groups)
    }

    /// A column of one list, whose items are the values of `items`.
    pub(crate) fn wrap(self, items: Column) -> Column {
        (self.0.wrap)(items)
    }

    /// The items of the one list in `list`, a column of `Vec<Self>`.
    pub(crate) fn unwrap(self, list: Column) -> Column {
        (self.0.unwrap)(list)
    }

    /// Puts pieces together in the order of their rows. Each piece must be the only handle on its column.
    pub(crate) fn merge(self, mut pieces: Vec<(Column, Vec<u32>)>) -> Column {
        if pieces.len() == 1 && pieces[0].1.is_sorted() {
            return pieces.swap_remove(0).0;
        }
        (self.0.merge)(pieces)
    }

    /// The values of `rows` rows as a column of their own. The argument must be the only handle on its column.
    pub(crate) fn settle(self, arg: Arg, rows: usize) -> Column {
        if matches!(arg.rows, crate::value::Rows::Range(0)) && arg.column.len() == rows {
            return arg.column;
        }
        (self.0.settle)(arg, rows)
    }
}

impl PartialEq for PortType {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for PortType {}

impl fmt::Debug for PortType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PortType({self})")
    }
}

/// Writes the type without the paths of its parts: `Vec<String>`, not `alloc::vec::Vec<alloc::string::String>`.
impl fmt::Display for PortType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&short_type_name(self.full_name()))
    }
}

/// Drops every module path from a type name.
pub(crate) fn short_type_name(full: &str) -> String {
    let mut out = String::with_capacity(full.len());
    let mut word = 0;
    let mut chars = full.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        if c == ':' && chars.peek().is_some_and(|(_, next)| *next == ':') {
            chars.next();
            out.truncate(word);
        } else {
            out.push(c);
            if !(c.is_alphanumeric() || c == '_' || c == '{' || c == '}') {
                word = out.len();
            }
        }
    }
    out
}

/// The erased storage of a column.
pub(crate) type Storage = Arc<dyn Any + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_lose_their_paths() {
        assert_eq!(
            short_type_name("alloc::vec::Vec<core::option::Option<(u8, a::b::C)>>"),
            "Vec<Option<(u8, C)>>"
        );
        assert_eq!(
            short_type_name("&'static [alloc::string::String; 3]"),
            "&'static [String; 3]"
        );
        assert_eq!(
            PortType::of::<std::collections::BTreeMap<String, f64>>().to_string(),
            "BTreeMap<String, f64>"
        );
    }

    #[test]
    fn the_tower_ends_after_four_levels() {
        let mut ty = PortType::of::<u8>();
        for _ in 0..MAX_DEPTH {
            ty = ty.list().expect("within the tower");
        }
        assert_eq!(ty, PortType::of::<Vec<Vec<Vec<Vec<u8>>>>>());
        assert_eq!(ty.list(), None);
    }
}
