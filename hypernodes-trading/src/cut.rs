//! Some of a symbol's bars.

use std::ops::Range;

use crate::bars::{Bars, BarsError};

/// The bars of these rows; rows that are not there are left out.
///
/// # Errors
/// None that is known of: what holds of all rows holds of some.
pub(crate) fn rows(bars: &Bars, rows: Range<usize>) -> Result<Bars, BarsError> {
    let to = rows.end.min(bars.len());
    let rows = rows.start.min(to)..to;
    let part = |column: &[f64]| column[rows.clone()].to_vec();
    let time = bars.time()[rows.clone()].to_vec();
    let mut some = Bars::new(bars.symbol(), time, part(bars.close()))?;
    if let Some(open) = bars.open() {
        some = some.with_open(part(open))?;
    }
    if let Some(high) = bars.high() {
        some = some.with_high(part(high))?;
    }
    if let Some(low) = bars.low() {
        some = some.with_low(part(low))?;
    }
    if let Some(volume) = bars.volume() {
        some = some.with_volume(part(volume))?;
    }
    Ok(match bars.exchange() {
        Some(exchange) => some.with_exchange(exchange),
        None => some,
    })
}
