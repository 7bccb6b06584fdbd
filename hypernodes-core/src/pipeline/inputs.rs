//! The values that a caller brings to a run.

use crate::node::Name;
use crate::value::{Column, PortType, PortValue};

/// The values that a caller brings to a run, by name. Made by [`inputs!`](crate::inputs).
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// let k = 3_usize;
/// let a = inputs! { text: "borrowed text becomes a String", k };
/// let b = Inputs::new().with("text", "borrowed text becomes a String".to_owned()).with("k", k);
/// assert_eq!(a.names().collect::<Vec<_>>(), b.names().collect::<Vec<_>>());
/// ```
#[derive(Debug, Default)]
pub struct Inputs {
    pub(super) given: Vec<Given>,
}

/// One value that was given.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) name: Name,
    pub(super) column: Column,
    /// Makes a list of the value's items, where it can be iterated.
    pub(super) items: Option<fn(Column) -> Column>,
    pub(super) is_supply: bool,
}

impl Inputs {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value of exactly the type that the nodes take (a `Vec` of it for an axis).
    #[must_use]
    pub fn with<T: PortValue>(self, name: impl Into<Name>, value: T) -> Self {
        self.push(name.into(), Column::one(value), None, false)
    }

    /// Adds a column as an axis without copying it, so that several maps can share one: cloning a [`Column`] is cheap.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::{Column, prelude::*};
    /// let p = Pipeline::new("p", nodes![node_fn!("y", |x: f64| x + 1.0)])?;
    /// let prices = Column::from_vec(vec![1.0, 2.0]);
    /// for _ in 0..2 {
    ///     let runs = p.map(Inputs::new().with_column("x", prices.clone()), ["x"])?;
    ///     assert_eq!(runs.column::<f64>("y")?, [2.0, 3.0]);
    /// }
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    #[must_use]
    pub fn with_column(self, name: impl Into<Name>, column: Column) -> Self {
        self.push(name.into(), Column::one(column), None, false)
    }

    /// Adds a list of items: an axis of a map, or the value of an input that takes a `Vec`.
    #[must_use]
    pub fn with_items<T: PortValue>(
        self,
        name: impl Into<Name>,
        items: impl IntoIterator<Item = T>,
    ) -> Self {
        let items: Vec<T> = items.into_iter().collect();
        self.push(name.into(), Column::one(items), None, false)
    }

    /// Brings the value of something that a node would compute: its producer does not run, nor what only it needs. Which
    /// outputs there are does not change: a run gives the value back, and a map does where it is an axis of a zip.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// let p = Pipeline::new("p", nodes![
    ///     { node_fn!("clean", |raw: f64| raw.max(0.0)) },
    ///     { node_fn!("root", |clean: f64| clean.sqrt()) },
    /// ])?;
    /// let out = p.run(Inputs::new().supply("clean", 9.0))?;
    /// assert_eq!(*out.get::<f64>("root")?, 3.0);
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    #[must_use]
    pub fn supply<T: PortValue>(self, name: impl Into<Name>, value: T) -> Self {
        self.push(name.into(), Column::one(value), None, true)
    }

    #[doc(hidden)]
    #[must_use]
    pub fn push(
        mut self,
        name: Name,
        column: Column,
        items: Option<fn(Column) -> Column>,
        is_supply: bool,
    ) -> Self {
        self.given.push(Given {
            name,
            column,
            items,
            is_supply,
        });
        self
    }

    /// The names of the values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(|given| &*given.name)
    }

    pub(super) fn supplied(&self) -> impl Iterator<Item = &Given> {
        self.given.iter().filter(|given| given.is_supply)
    }
}

impl Given {
    /// Whether it is an axis whose column others hold too, so that its values cannot be moved out.
    pub(super) fn is_shared(&self) -> bool {
        let column = self.column.as_slice::<Column>();
        column.is_some_and(|column| column[0].is_shared())
    }

    /// The value as a column of one `expected`, or the type that was found.
    pub(super) fn into_value(self, expected: PortType) -> Result<Column, PortType> {
        let column = coerce(self.column, Some(expected));
        if column.port() == expected {
            return Ok(column);
        }
        let found = column.port();
        match self.items.map(|items| items(column)) {
            Some(list) if list.port().list() == Some(expected) => Ok(list.port().wrap(list)),
            _ => Err(found),
        }
    }

    /// The items of an axis as a column of `expected`, or the type that was found.
    pub(super) fn into_items(self, expected: PortType) -> Result<Column, PortType> {
        let found = self.column.port();
        if let Some([shared]) = self.column.as_slice::<Column>() {
            let is_fit = shared.port() == expected;
            return if is_fit {
                Ok(shared.clone())
            } else {
                Err(shared.port().list().unwrap_or(shared.port()))
            };
        }
        if expected.list() == Some(found) {
            return Ok(expected.unwrap(self.column));
        }
        match self.items.map(|items| items(self.column)) {
            Some(list) if list.port() == expected => Ok(list),
            Some(list) => Err(list.port().list().unwrap_or(list.port())),
            None => Err(found),
        }
    }
}

/// A `&'static str` becomes the `String` that ports of text hold.
pub(super) fn coerce(column: Column, expected: Option<PortType>) -> Column {
    if expected == Some(PortType::of::<String>())
        && let Some([text]) = column.as_slice::<&'static str>()
    {
        return Column::one((*text).to_owned());
    }
    column
}

/// Names and values of a run: `inputs! { text: "abc", docs: vec![..], k }`.
///
/// Borrowed values are owned (`&str` becomes `String`, `&[T]` becomes `Vec<T>`); whatever can be iterated can be an
/// axis of a map, or the value of an input that takes a `Vec`.
#[macro_export]
macro_rules! inputs {
    (@one $inputs:expr, $name:ident, $value:expr) => {{
        use $crate::__private::input_probe::{
            ItemsNone as _, ItemsOwned as _, ItemsRefs as _, OwnRef as _, OwnValue as _, Probe,
        };
        let value = $value;
        let value = (&&Probe::of(&value)).own().take(value);
        let items = (&&&Probe::of(&value)).items();
        $inputs.push(stringify!($name).into(), $crate::Column::one(value), items.list(), false)
    }};
    (@each $inputs:expr,) => { $inputs };
    (@each $inputs:expr, $name:ident : $value:expr $(, $($rest:tt)*)?) => {
        $crate::inputs!(@each $crate::inputs!(@one $inputs, $name, $value), $($($rest)*)?)
    };
    (@each $inputs:expr, $name:ident $(, $($rest:tt)*)?) => {
        $crate::inputs!(@each $crate::inputs!(@one $inputs, $name, $name), $($($rest)*)?)
    };
    ($($all:tt)*) => { $crate::inputs!(@each $crate::Inputs::new(), $($all)*) };
}

/// How `inputs!` finds out what a value can do; see `node::probe` for the trick.
#[doc(hidden)]
#[expect(
    missing_debug_implementations,
    reason = "only named by the expansion of `inputs!`"
)]
pub mod probe {
    use std::marker::PhantomData;

    use crate::value::{Column, PortValue};

    pub struct Probe<V>(PhantomData<fn(V)>);
    impl<V> Probe<V> {
        pub fn of(_: &V) -> Self {
            Self(PhantomData)
        }
    }
    impl<V> Clone for Probe<V> {
        fn clone(&self) -> Self {
            *self
        }
    }
    impl<V> Copy for Probe<V> {}

    // ---- borrowed or owned

    pub struct Own<V>(PhantomData<fn(V)>);
    pub struct Keep<V>(PhantomData<fn(V)>);

    pub trait OwnRef<V> {
        fn own(self) -> Own<V>;
    }
    impl<'a, U: ToOwned + ?Sized> OwnRef<&'a U> for &Probe<&'a U> {
        fn own(self) -> Own<&'a U> {
            Own(PhantomData)
        }
    }
    impl<'a, U: ToOwned + ?Sized> Own<&'a U> {
        pub fn take(self, value: &'a U) -> U::Owned {
            value.to_owned()
        }
    }
    pub trait OwnValue<V> {
        fn own(self) -> Keep<V>;
    }
    impl<V> OwnValue<V> for Probe<V> {
        fn own(self) -> Keep<V> {
            Keep(PhantomData)
        }
    }
    impl<V> Keep<V> {
        pub fn take(self, value: V) -> V {
            value
        }
    }

    // ---- items

    pub struct Refs<V>(PhantomData<fn(V)>);
    pub struct Owned<V>(PhantomData<fn(V)>);
    pub struct NoItems;

    pub trait ItemsRefs<V> {
        fn items(self) -> Refs<V>;
    }
    impl<'a, V, U> ItemsRefs<V> for &&Probe<V>
    where
        V: IntoIterator<Item = &'a U> + PortValue,
        U: ToOwned + ?Sized + 'a,
        U::Owned: PortValue,
    {
        fn items(self) -> Refs<V> {
            Refs(PhantomData)
        }
    }
    impl<'a, V, U> Refs<V>
    where
        V: IntoIterator<Item = &'a U> + PortValue,
        U: ToOwned + ?Sized + 'a,
        U::Owned: PortValue,
    {
        pub fn list(self) -> Option<fn(Column) -> Column> {
            Some(|column| {
                let values = column.into_vec::<V>().into_iter().flatten();
                Column::from_vec(values.map(ToOwned::to_owned).collect::<Vec<U::Owned>>())
            })
        }
    }

    pub trait ItemsOwned<V> {
        fn items(self) -> Owned<V>;
    }
    impl<V: IntoIterator + PortValue> ItemsOwned<V> for &Probe<V>
    where
        V::Item: PortValue,
    {
        fn items(self) -> Owned<V> {
            Owned(PhantomData)
        }
    }
    impl<V: IntoIterator + PortValue> Owned<V>
    where
        V::Item: PortValue,
    {
        pub fn list(self) -> Option<fn(Column) -> Column> {
            Some(|column| {
                Column::from_vec(
                    column
                        .into_vec::<V>()
                        .into_iter()
                        .flatten()
                        .collect::<Vec<V::Item>>(),
                )
            })
        }
    }

    pub trait ItemsNone {
        fn items(self) -> NoItems;
    }
    impl<V> ItemsNone for Probe<V> {
        fn items(self) -> NoItems {
            NoItems
        }
    }
    impl NoItems {
        pub fn list(self) -> Option<fn(Column) -> Column> {
            None
        }
    }
}
