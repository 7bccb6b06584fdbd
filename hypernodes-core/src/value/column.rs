//! A column: the values of one port over many items, behind one erased, shared handle.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Weak};

use super::port::{PortType, PortValue, Storage};

/// The values of one port over many items: a `Vec<T>` behind one erased handle.
///
/// Cloning shares the values.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::Column;
/// let column = Column::from_vec(vec![1.5, 2.5]);
/// assert_eq!(column.as_slice::<f64>(), Some(&[1.5, 2.5][..]));
/// assert_eq!(column.as_slice::<u8>(), None);
/// ```
#[derive(Clone)]
pub struct Column {
    /// A `Vec<T>`, or the [`Single`] value of a column made of one: it needs no allocation of its own.
    data: Storage,
    port: PortType,
    len: usize,
}

struct Single<T>(T);

/// What of a column is known when it is not held: whether another one is it.
#[derive(Debug)]
pub(crate) struct WeakColumn(Weak<dyn Any + Send + Sync>);

impl WeakColumn {
    /// Whether the column is the one that this was made from.
    pub(crate) fn is(&self, column: &Column) -> bool {
        std::ptr::addr_eq(self.0.as_ptr(), Arc::as_ptr(&column.data))
    }

    /// Whether its values are gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl Column {
    /// Takes over the values of a vector.
    #[must_use]
    pub fn from_vec<T: PortValue>(values: Vec<T>) -> Self {
        Self::with_port(values, PortType::of::<T>())
    }

    /// As [`from_vec`](Self::from_vec), for code that must not begin a new tower of types.
    pub(crate) fn with_port<T: PortValue>(values: Vec<T>, port: PortType) -> Self {
        debug_assert_eq!(
            port.id(),
            std::any::TypeId::of::<T>(),
            "the port is of the values' type"
        );
        Self {
            len: values.len(),
            port,
            data: Arc::new(values),
        }
    }

    /// A column of one value.
    #[must_use]
    pub fn one<T: PortValue>(value: T) -> Self {
        Self {
            len: 1,
            port: PortType::of::<T>(),
            data: Arc::new(Single(value)),
        }
    }

    /// The type of the values.
    #[must_use]
    pub fn port(&self) -> PortType {
        self.port
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether another handle shares the values.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.data) > 1
    }

    /// Where the values lie: for as long as somebody holds them, no others have the same.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.data).cast::<()>().addr()
    }

    /// Knows the values again without holding them.
    pub(crate) fn weak(&self) -> WeakColumn {
        WeakColumn(Arc::downgrade(&self.data))
    }

    /// The values, if they are of type `T`.
    #[must_use]
    pub fn as_slice<T: PortValue>(&self) -> Option<&[T]> {
        if self.len == 1
            && let Some(Single(value)) = self.data.downcast_ref()
        {
            return Some(std::slice::from_ref(value));
        }
        self.data.downcast_ref::<Vec<T>>().map(Vec::as_slice)
    }

    /// The values as a vector, moved out when this is the only handle.
    ///
    /// # Errors
    /// Gives the column back when it is shared or holds another type.
    pub fn try_into_vec<T: PortValue>(self) -> Result<Vec<T>, Self> {
        let Self { data, port, len } = self;
        let back = |data| Self { data, port, len };
        let data = match data.downcast::<Vec<T>>() {
            Ok(values) => return Arc::try_unwrap(values).map_err(|data| back(data)),
            Err(data) => data,
        };
        match data.downcast::<Single<T>>() {
            Ok(single) => Arc::try_unwrap(single)
                .map(|Single(value)| vec![value])
                .map_err(|data| back(data)),
            Err(data) => Err(back(data)),
        }
    }

    /// The values of a column that was just made here, and so cannot be shared.
    pub(crate) fn into_vec<T: PortValue>(self) -> Vec<T> {
        self.try_into_vec().unwrap_or_else(|column| {
            unreachable!(
                "a column of `{}` is shared or not of `{}`",
                column.port,
                std::any::type_name::<T>()
            )
        })
    }

    pub(crate) fn typed<T: PortValue>(&self) -> &[T] {
        // The plan joins ports of equal types only, so this cannot fail for a checked pipeline.
        match self.as_slice() {
            Some(values) => values,
            None => unreachable!(
                "a column of `{}` was read as `{}`",
                self.port,
                std::any::type_name::<T>()
            ),
        }
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Column<{}>[{}]", self.port, self.len)
    }
}

/// Grows a column from pieces.
pub trait Accumulator: Send {
    /// Moves the values of `piece` to the end.
    fn append(&mut self, piece: Column);
    /// The finished column.
    fn finish(self: Box<Self>) -> Column;
}

pub(crate) struct VecAccumulator<T> {
    values: Vec<T>,
    port: PortType,
    capacity: usize,
}

impl<T> VecAccumulator<T> {
    pub(crate) fn new(port: PortType, capacity: usize) -> Self {
        Self {
            values: Vec::new(),
            port,
            capacity,
        }
    }
}

impl<T: PortValue> Accumulator for VecAccumulator<T> {
    fn append(&mut self, piece: Column) {
        let mut piece = piece.into_vec::<T>();
        if self.values.is_empty() && piece.len() >= self.capacity {
            self.values = piece;
            return;
        }
        if self.values.is_empty() {
            self.values.reserve_exact(self.capacity);
        }
        self.values.append(&mut piece);
    }

    fn finish(self: Box<Self>) -> Column {
        Column::with_port(self.values, self.port)
    }
}

/// Cuts an owned column into owned pieces, from the front.
pub trait Drain: Send {
    /// The next `rows` values.
    fn take(&mut self, rows: usize) -> Column;
}

pub(crate) struct VecDrain<T> {
    values: std::vec::IntoIter<T>,
    port: PortType,
}

impl<T: PortValue> VecDrain<T> {
    /// Only columns of the caller's own inputs are drained, and those are not shared.
    pub(crate) fn new(column: Column) -> Self {
        let port = column.port();
        Self {
            values: column.into_vec::<T>().into_iter(),
            port,
        }
    }
}

impl<T: PortValue> Drain for VecDrain<T> {
    fn take(&mut self, rows: usize) -> Column {
        Column::with_port(
            self.values.by_ref().take(rows).collect::<Vec<T>>(),
            self.port,
        )
    }
}
