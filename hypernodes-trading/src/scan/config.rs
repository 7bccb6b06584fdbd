//! The settings of a scan.

use serde::{Deserialize, Serialize};

use crate::atc::{AtcConfig, AtcError};
use crate::bars::{BarsError, PriceSource};

/// The settings of a scan beside those of ATC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScanConfig {
    /// The newest bars that are used, in bars; a symbol with fewer is skipped.
    pub limit: usize,
    /// The smallest absolute signal that is listed.
    pub min_signal: f64,
    /// The most rows of either table; `None` for all.
    pub top: Option<usize>,
    /// What the averages are taken over.
    pub source: PriceSource,
}

impl Default for ScanConfig {
    fn default() -> Self {
        Self {
            limit: 1_500,
            min_signal: 0.01,
            top: None,
            source: PriceSource::Close,
        }
    }
}

/// Why a scan was not run, or a symbol of it failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// ATC refuses its settings or the prices.
    #[error(transparent)]
    Atc(#[from] AtcError),
    /// The price source needs a column that is not there.
    #[error(transparent)]
    Bars(#[from] BarsError),
    /// The smallest signal is negative or no number.
    #[error("`min_signal` is {value}, expected 0 or more")]
    MinSignal {
        /// What it is.
        value: f64,
    },
    /// No bar is to be used.
    #[error("`limit` is 0, expected at least 1 bar")]
    Limit,
}
impl ScanConfig {
    /// Checks these settings, and those of ATC against the limit.
    ///
    /// # Errors
    /// [`ScanError::Limit`], [`ScanError::MinSignal`], or [`ScanError::Atc`] with what
    /// [`AtcConfig::validate`] reports for `limit` bars.
    pub fn validate(&self, atc: &AtcConfig) -> Result<(), ScanError> {
        if self.limit == 0 {
            return Err(ScanError::Limit);
        }
        if !(self.min_signal.is_finite() && self.min_signal >= 0.0) {
            return Err(ScanError::MinSignal {
                value: self.min_signal,
            });
        }
        Ok(atc.validate(self.limit)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let atc = AtcConfig {
            cutout: 1_500,
            ..AtcConfig::default()
        };
        assert!(matches!(
            ScanConfig::default().validate(&atc),
            Err(ScanError::Atc(_))
        ));
        let bad = ScanConfig {
            min_signal: f64::NAN,
            ..ScanConfig::default()
        };
        assert!(bad.validate(&AtcConfig::default()).is_err());
        let bad = ScanConfig {
            limit: 0,
            ..ScanConfig::default()
        };
        assert_eq!(bad.validate(&AtcConfig::default()), Err(ScanError::Limit));
    }
}
