//! ATC's settings.

use serde::{Deserialize, Serialize};

use super::{AtcError, MaKind, Profile, Robustness, SLOTS};

/// The settings of ATC, with the published defaults.
///
/// Read from TOML, YAML or JSON; unknown keys are refused, absent ones take their default.
/// The names `lambda` and `decay` carry the unscaled values that users know.
///
/// # Example
/// ```
/// use hypernodes_trading::atc::{AtcConfig, Robustness};
/// let config = AtcConfig { robustness: Robustness::Narrow, ..AtcConfig::default() }
///     .with_length(20);
/// assert_eq!(config.ema_len, 20);
/// assert!(config.validate(1_500).is_ok());
/// let error = config.with_length(4).validate(1_500).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "EMA length 4 leaves no room for robustness `narrow`; choose 5 or more"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AtcConfig {
    /// Which published behaviour to follow.
    pub profile: Profile,
    /// Base length of the EMAs, in bars.
    pub ema_len: u32,
    /// Base length of the HMAs, in bars.
    #[serde(alias = "hull_len")]
    pub hma_len: u32,
    /// Base length of the WMAs, in bars.
    pub wma_len: u32,
    /// Base length of the DEMAs, in bars.
    pub dema_len: u32,
    /// Base length of the LSMAs, in bars.
    pub lsma_len: u32,
    /// Base length of the KAMAs, in bars.
    pub kama_len: u32,
    /// Layer 2 starting equity of EMA.
    #[serde(alias = "ema_w")]
    pub ema_weight: f64,
    /// Layer 2 starting equity of HMA.
    #[serde(alias = "hma_w")]
    pub hma_weight: f64,
    /// Layer 2 starting equity of WMA.
    #[serde(alias = "wma_w")]
    pub wma_weight: f64,
    /// Layer 2 starting equity of DEMA.
    #[serde(alias = "dema_w")]
    pub dema_weight: f64,
    /// Layer 2 starting equity of LSMA.
    #[serde(alias = "lsma_w")]
    pub lsma_weight: f64,
    /// Layer 2 starting equity of KAMA.
    #[serde(alias = "kama_w")]
    pub kama_weight: f64,
    /// How far the nine lengths spread around each base length.
    pub robustness: Robustness,
    /// Growth rate in thousandths per bar: 0.02 lets returns grow by a factor e^0.00002 a bar.
    #[serde(alias = "La", alias = "lambda_param")]
    pub lambda: f64,
    /// Equity lost per bar, in percent: 0.03 keeps 0.9997. From 0 to 1.
    #[serde(alias = "De")]
    pub decay: f64,
    /// Bars left out at the start, in bars.
    pub cutout: usize,
    /// A Layer 1 signal above this counts as long (profile `lts`).
    pub long_threshold: f64,
    /// A Layer 1 signal below this counts as short (profile `lts`).
    pub short_threshold: f64,
    /// Shift the average one bar later, so that it can be traded as it stands (profile `lts`).
    pub strategy_mode: bool,
}

impl Default for AtcConfig {
    fn default() -> Self {
        Self {
            profile: Profile::Lts,
            ema_len: 28,
            hma_len: 28,
            wma_len: 28,
            dema_len: 28,
            lsma_len: 28,
            kama_len: 28,
            ema_weight: 1.0,
            hma_weight: 1.0,
            wma_weight: 1.0,
            dema_weight: 1.0,
            lsma_weight: 1.0,
            kama_weight: 1.0,
            robustness: Robustness::Medium,
            lambda: 0.02,
            decay: 0.03,
            cutout: 0,
            long_threshold: 0.1,
            short_threshold: -0.1,
            strategy_mode: false,
        }
    }
}

/// The two rates as fractions per bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) growth: f64,
    pub(crate) decay: f64,
}

impl AtcConfig {
    /// The defaults of `profile`.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            ..Self::default()
        }
    }

    /// The same settings with one base length for all six kinds.
    #[must_use]
    pub fn with_length(self, bars: u32) -> Self {
        Self {
            ema_len: bars,
            hma_len: bars,
            wma_len: bars,
            dema_len: bars,
            lsma_len: bars,
            kama_len: bars,
            ..self
        }
    }

    /// The base length of `kind`, in bars.
    #[must_use]
    pub fn length(&self, kind: MaKind) -> u32 {
        match kind {
            MaKind::Ema => self.ema_len,
            MaKind::Hma => self.hma_len,
            MaKind::Wma => self.wma_len,
            MaKind::Dema => self.dema_len,
            MaKind::Lsma => self.lsma_len,
            MaKind::Kama => self.kama_len,
        }
    }

    /// The Layer 2 starting equity of `kind`.
    #[must_use]
    pub fn weight(&self, kind: MaKind) -> f64 {
        match kind {
            MaKind::Ema => self.ema_weight,
            MaKind::Hma => self.hma_weight,
            MaKind::Wma => self.wma_weight,
            MaKind::Dema => self.dema_weight,
            MaKind::Lsma => self.lsma_weight,
            MaKind::Kama => self.kama_weight,
        }
    }

    /// Checks every setting, and that `bars` bars are more than the cutout.
    ///
    /// Averages longer than the series are no error: they stay undefined and their signal 0.
    ///
    /// # Errors
    /// [`AtcError::Length`], [`AtcError::Weight`], [`AtcError::Setting`] (a number that is not
    /// finite, a decay outside 0 to 1), [`AtcError::Thresholds`], [`AtcError::NoBars`] or
    /// [`AtcError::Cutout`]: the first of them, in this order.
    pub fn validate(&self, bars: usize) -> Result<(), AtcError> {
        self.check_settings()?;
        if bars == 0 {
            return Err(AtcError::NoBars);
        }
        if self.cutout >= bars {
            return Err(AtcError::Cutout {
                cutout: self.cutout,
                bars,
            });
        }
        Ok(())
    }

    pub(crate) fn check_settings(&self) -> Result<(), AtcError> {
        self.all_lengths()?;
        for kind in MaKind::ALL {
            let value = self.weight(kind);
            if !(value.is_finite() && value >= 0.0) {
                return Err(AtcError::Weight { kind, value });
            }
        }
        if !(0.0..=1.0).contains(&self.decay) {
            let expected = "a percentage per bar from 0 to 1";
            return Err(AtcError::Setting {
                name: "decay",
                value: self.decay,
                expected,
            });
        }
        for (name, value) in [
            ("lambda", self.lambda),
            ("long_threshold", self.long_threshold),
            ("short_threshold", self.short_threshold),
        ] {
            if !value.is_finite() {
                return Err(AtcError::Setting {
                    name,
                    value,
                    expected: "a finite number",
                });
            }
        }
        if self.short_threshold > self.long_threshold {
            let (long, short) = (self.long_threshold, self.short_threshold);
            return Err(AtcError::Thresholds { long, short });
        }
        Ok(())
    }

    /// The nine lengths of each kind.
    pub(crate) fn all_lengths(&self) -> Result<[[u32; SLOTS]; 6], AtcError> {
        let mut all = [[0; SLOTS]; 6];
        for kind in MaKind::ALL {
            all[kind.index()] = self.robustness.lengths(kind, self.length(kind))?;
        }
        Ok(all)
    }

    /// The rates as the recursions use them. The only place that scales.
    pub(crate) fn rates(&self) -> Rates {
        Rates {
            growth: self.lambda / 1000.0,
            decay: self.decay / 100.0,
        }
    }

    /// The bounds beyond which a Layer 1 signal counts, `(long, short)`.
    pub(crate) fn cuts(&self) -> (f64, f64) {
        match self.profile.rules().fixed_cut {
            Some(cut) => (cut, -cut),
            None => (self.long_threshold, self.short_threshold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_setting_is_named() {
        let text = |config: AtcConfig, bars| config.validate(bars).unwrap_err().to_string();
        let base = AtcConfig::default;
        assert_eq!(
            text(
                AtcConfig {
                    decay: 1.5,
                    ..base()
                },
                9
            ),
            "`decay` is 1.5, expected a percentage per bar from 0 to 1"
        );
        assert!(
            text(
                AtcConfig {
                    lambda: f64::NAN,
                    ..base()
                },
                9
            )
            .starts_with("`lambda` is NaN")
        );
        assert!(
            text(
                AtcConfig {
                    kama_weight: -1.0,
                    ..base()
                },
                9
            )
            .contains("KAMA is -1")
        );
        assert!(
            text(
                AtcConfig {
                    long_threshold: -0.2,
                    ..base()
                },
                9
            )
            .contains("exchange")
        );
        assert!(
            text(
                AtcConfig {
                    cutout: 9,
                    ..base()
                },
                9
            )
            .contains("none of 9 bars")
        );
        assert!(
            text(
                AtcConfig {
                    hma_len: u32::MAX,
                    ..base()
                },
                9
            )
            .contains("HMA")
        );
        assert!(base().validate(0).is_err());
        assert!(base().validate(1).is_ok());
    }

    #[test]
    fn keys_read_back_and_strangers_are_refused() {
        let config = AtcConfig {
            profile: Profile::Pine,
            cutout: 7,
            ..AtcConfig::default()
        };
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<AtcConfig>(&text).unwrap(), config);
        let few: AtcConfig =
            serde_json::from_str(r#"{"La": 0.1, "hull_len": 20, "robustness": "Wide"}"#).unwrap();
        assert_eq!(
            (few.lambda, few.hma_len, few.robustness),
            (0.1, 20, Robustness::Wide)
        );
        assert!(serde_json::from_str::<AtcConfig>(r#"{"lamda": 1}"#).is_err());
    }
}
