//! What is known of a port's type besides its identity.

use std::fmt::{self, Debug, Write};

use super::Arg;
use super::codec::Codec;
use super::port::{Fuel, Level, PortValue, Top};

/// What is known of a port's type besides its identity: `#[node]` finds it out.
#[derive(Clone, Copy, Debug, Default)]
pub struct PortFacts {
    /// How values leave the process, where the type has serde's two traits.
    pub codec: Option<Codec>,
    /// How values are shown in messages, where the type has `Debug`.
    pub show: Option<Show>,
}

impl PortFacts {
    /// The same of the type `Vec<T>`.
    #[must_use]
    pub fn list(self) -> Self {
        Self {
            codec: self.codec.and_then(Codec::list),
            show: self.show.and_then(Show::list),
        }
    }

    /// These facts, and those of another port of the same type where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            codec: self.codec.or(other.codec),
            show: self.show.or(other.show),
        }
    }
}

/// How a value is shown in a message: by `Debug`, cut after 120 characters.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{Arg, Column, Show};
/// let words = Arg::dense(Column::from_vec(vec!["a", "bc"]));
/// assert_eq!(Show::of::<&str>().row(&words, 1), "\"bc\"");
/// ```
#[derive(Clone, Copy)]
pub struct Show(&'static ShowOps);

struct ShowOps {
    row: fn(&Arg, usize) -> String,
    list: Option<Show>,
}

/// What stands beside the tower of ports: how each level is shown.
trait ShowTower<T> {
    const LIST: Option<Show>;
}

impl<T> ShowTower<T> for Top {
    const LIST: Option<Show> = None;
}

impl<T: PortValue + Debug, D: ShowTower<Vec<T>>> ShowTower<T> for Level<D> {
    const LIST: Option<Show> = Some(Show(ShowAt::<Vec<T>, D>::OPS));
}

struct ShowAt<T, D>(std::marker::PhantomData<(T, D)>);

impl<T: PortValue + Debug, D: ShowTower<T>> ShowAt<T, D> {
    const OPS: &'static ShowOps = &ShowOps {
        row: |arg, row| shown(arg.row::<T>(row)),
        list: D::LIST,
    };
}

impl Show {
    /// How a `T` is shown.
    #[must_use]
    pub const fn of<T: Debug + PortValue>() -> Self {
        Self(ShowAt::<T, Fuel>::OPS)
    }

    /// The value of one row as text, at most about 120 characters; a longer one ends in `..`. A huge list costs no more
    /// than what is shown of it.
    ///
    /// # Panics
    /// When the argument is of another type or has not so many rows.
    #[must_use]
    pub fn row(self, arg: &Arg, row: usize) -> String {
        (self.0.row)(arg, row)
    }

    /// How a `Vec<T>` is shown, or `None` where four levels of nesting are used up.
    #[must_use]
    pub fn list(self) -> Option<Self> {
        self.0.list
    }
}

impl Debug for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Show")
    }
}

/// How many characters of a value are shown.
const MOST: usize = 120;

/// A text that refuses what comes after its first characters, so that formatting ends there.
struct Short {
    text: String,
    left: usize,
}

impl Write for Short {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for c in piece.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(c);
        }
        Ok(())
    }
}

/// What a user's `Debug` does is out of our hands: a panic in it must not hide the failure that is told.
fn shown<T: Debug>(value: &T) -> String {
    let mut short = Short {
        text: String::new(),
        left: MOST,
    };
    let format = std::panic::AssertUnwindSafe(|| write!(short, "{value:?}"));
    match std::panic::catch_unwind(format) {
        Ok(Ok(())) => {}
        Ok(Err(fmt::Error)) | Err(_) => short.text.push_str(".."),
    }
    short.text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Column, Rows};

    #[test]
    fn a_long_value_is_cut_and_costs_no_more_than_what_is_shown() {
        /// Counts how often it is shown.
        struct Counted(std::sync::atomic::AtomicUsize);
        impl Debug for Counted {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                f.write_str("é")
            }
        }
        let mut list = Vec::new();
        list.resize_with(100_000, || Counted(std::sync::atomic::AtomicUsize::new(0)));
        let arg = Arg::dense(Column::one(list));
        let text = Show::of::<Vec<Counted>>().row(&arg, 0);
        assert_eq!(text.chars().count(), MOST + 2);
        assert!(text.starts_with("[é, é, ") && text.ends_with(".."));
        let list = &arg.column.as_slice::<Vec<Counted>>().unwrap()[0];
        let shown = list
            .iter()
            .map(|c| c.0.load(std::sync::atomic::Ordering::Relaxed));
        assert!(shown.sum::<usize>() <= MOST);
    }

    #[test]
    fn a_debug_that_panics_or_fails_shows_dots() {
        struct Panics;
        impl Debug for Panics {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("Half")?;
                panic!("defect")
            }
        }
        let arg = Arg::dense(Column::one(Panics));
        assert_eq!(Show::of::<Panics>().row(&arg, 0), "Half..");
    }

    #[test]
    fn every_view_shows_its_row() {
        let column = Column::from_vec(vec![vec![1_u8, 2], vec![3, 4, 5]]);
        let lists = Show::of::<u8>().list().unwrap();
        let with = |rows| Arg {
            column: column.clone(),
            rows,
        };
        assert_eq!(lists.row(&with(Rows::Range(1)), 0), "[3, 4, 5]");
        assert_eq!(lists.row(&with(Rows::One(0)), 7), "[1, 2]");
        assert_eq!(lists.row(&with(Rows::Select([1, 0].into())), 1), "[1, 2]");
        let items = Show::of::<u8>();
        assert_eq!(items.row(&with(Rows::Within { list: 1, start: 1 }), 1), "5");
        let paths = [[1, 2, 0, 0, 0], [0, 1, 0, 0, 0]].into();
        assert_eq!(items.row(&with(Rows::Deep { depth: 1, paths }), 1), "2");
    }
}
