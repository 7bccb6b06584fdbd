//! The groups, by area. Each is made only when it is measured: its data may be large.

pub mod async_io;
pub mod atc;
pub mod data;
pub mod engines;
pub mod graph;
pub mod indicators;
pub mod iter;
pub mod map;
pub mod peers;
mod process;
pub mod run;
pub mod statics;
mod talib;

use crate::{BoxError, Group};

/// Makes a group.
pub type Make = fn() -> Result<Group, BoxError>;

/// A group by its id, `area/operation/case`.
pub type Case = (&'static str, Make);

/// Every group.
pub fn all() -> impl Iterator<Item = Case> {
    let areas = [
        graph::GROUPS,
        run::GROUPS,
        map::GROUPS,
        statics::GROUPS,
        engines::GROUPS,
        async_io::GROUPS,
        iter::GROUPS,
        atc::GROUPS,
        data::GROUPS,
        indicators::GROUPS,
        process::GROUPS,
        peers::GROUPS,
    ];
    areas.into_iter().flatten().copied()
}
