//! Indicators that `ta-lib` does not have: Keltner's channels around an EMA, anchored and rolling VWAP, and the moving
//! averages of Adaptive Trend Classification as its ports define them.

mod atc;
mod channel;
mod declare;
mod vwap;
mod window;

pub use atc::{
    AtcDema, AtcDemaStream, AtcEma, AtcEmaStream, AtcHma, AtcKama, AtcKamaStream, AtcLsma,
    AtcWindowStream, AtcWma, atc_dema, atc_ema, atc_hma, atc_kama, atc_lsma, atc_wma,
};
pub use channel::{Keltner, KeltnerStream, keltner};
pub(super) use vwap::seconds;
pub use vwap::{VwapRoll, VwapRollStream, VwapSession, VwapSessionStream, vwap_roll, vwap_session};
pub(crate) use window::Window;

use super::catalog::Entry;

/// The entries of the catalog.
pub(super) fn entries() -> Vec<Entry> {
    vec![
        AtcDema::ENTRY,
        AtcEma::ENTRY,
        AtcHma::ENTRY,
        AtcKama::ENTRY,
        AtcLsma::ENTRY,
        AtcWma::ENTRY,
        Keltner::ENTRY,
        VwapRoll::ENTRY,
        VwapSession::ENTRY,
    ]
}
