//! A map over an iterator: results in order while it goes. The memory is measured in another process.

use hypernodes::Inputs;

use super::Case;
use crate::group::mix;
use crate::nodes::{by_hand, plain};
use crate::{BoxError, Group, Implementation, Unit};

pub(super) const GROUPS: &[Case] = &[("iter/map_iter/n=1e6", map_iter)];

const ITEMS: u32 = 1_000_000;

/// Maps the numbers below `items`, one by one, and digests the results.
///
/// # Errors
/// None: the chain does not fail.
pub fn digest_of_map_iter(items: u32) -> Result<u64, BoxError> {
    let pipeline = plain()?;
    let rows = pipeline.map_iter(Inputs::new(), "x", (0..items).map(f64::from))?;
    let mut digest = 0;
    for row in rows {
        digest = mix(digest, row?.get::<f64>("d")?.to_bits());
    }
    Ok(digest)
}

fn map_iter() -> Result<Group, BoxError> {
    let item = Unit::NanosPer("item", f64::from(ITEMS));
    Ok(Group::new(
        "`map_iter`, 4 nodes, results one by one",
        u64::from(ITEMS),
        item,
    )
    .with(Implementation::new("hand-written iterator", || {
        let x = (0..ITEMS).map(f64::from);
        x.map(|x| by_hand::reference(&x))
            .fold(0, |digest, d| mix(digest, d.to_bits()))
    }))
    .with(Implementation::new("pipeline", || {
        digest_of_map_iter(ITEMS).unwrap_or_default()
    })))
}
