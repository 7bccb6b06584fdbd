//! Which published behaviour ATC follows, and how far the nine lengths spread.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{AtcError, MaKind, SLOTS};
use crate::bars::{UnknownName, by_name};
use crate::kernels::{DemaSeed, EmaStep, KamaStart, NeutralRule};

/// Which of the public implementations ATC follows, bit by bit; they disagree.
///
/// | | `lts` | `pine` |
/// |---|---|---|
/// | HMA | Hull | simple average |
/// | DEMA | second EMA starts with a value | with a mean, `n - 1` bars later |
/// | KAMA | starts at the first price | climbs from 0 |
/// | Layer 1 signal counts from | the thresholds | the constants +0.49 and -0.49 |
/// | rounding | half to even | half away from zero |
/// | signal 0.00 earns | nothing | the last return again |
/// | average before the cutout | 0 | undefined |
/// | strategy mode | one bar later | no effect |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The Python module `adaptive_trend_LTS` with two repairs: the cutout acts in both layers,
    /// and weights, cutout and strategy mode are honoured on every path.
    #[default]
    Lts,
    /// The TradingView script.
    Pine,
}

/// What HMA stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HmaFlavour {
    Hull,
    Simple,
}

/// The switches behind a [`Profile`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rules {
    pub(crate) hma: HmaFlavour,
    pub(crate) dema_seed: DemaSeed,
    pub(crate) kama_start: KamaStart,
    pub(crate) ema_step: EmaStep,
    pub(crate) neutral: NeutralRule,
    /// Layer 1 signals count beyond this constant instead of beyond the thresholds.
    pub(crate) fixed_cut: Option<f64>,
    pub(crate) round_half_even: bool,
    /// `Average_Signal` where it cannot be computed.
    pub(crate) undefined: f64,
    pub(crate) strategy_shift: bool,
}

impl Profile {
    /// Every profile, the default first.
    pub const ALL: [Self; 2] = [Self::Lts, Self::Pine];

    /// Its name as options and files spell it: `lts`, `pine`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lts => "lts",
            Self::Pine => "pine",
        }
    }

    pub(crate) fn rules(self) -> Rules {
        match self {
            Self::Lts => Rules {
                hma: HmaFlavour::Hull,
                dema_seed: DemaSeed::Value,
                kama_start: KamaStart::Price,
                ema_step: EmaStep::Blend,
                neutral: NeutralRule::Zero,
                fixed_cut: None,
                round_half_even: true,
                undefined: 0.0,
                strategy_shift: true,
            },
            Self::Pine => Rules {
                hma: HmaFlavour::Simple,
                dema_seed: DemaSeed::Mean,
                kama_start: KamaStart::Zero,
                ema_step: EmaStep::Increment,
                neutral: NeutralRule::Hold,
                fixed_cut: Some(0.49),
                round_half_even: false,
                undefined: f64::NAN,
                strategy_shift: false,
            },
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        by_name("profile", text, &Self::ALL, Profile::name)
    }
}

/// How far the nine lengths spread around the base length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Robustness {
    /// Up to 4 bars either way.
    #[serde(alias = "Narrow")]
    Narrow,
    /// Up to 6 bars either way.
    #[default]
    #[serde(alias = "Medium")]
    Medium,
    /// Up to 7 bars either way.
    #[serde(alias = "Wide")]
    Wide,
}

impl Robustness {
    /// Every value, from narrow to wide.
    pub const ALL: [Self; 3] = [Self::Narrow, Self::Medium, Self::Wide];

    /// Its name as options and files spell it: `narrow`, `medium`, `wide`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Narrow => "narrow",
            Self::Medium => "medium",
            Self::Wide => "wide",
        }
    }

    fn offsets(self) -> [u32; 4] {
        match self {
            Self::Narrow => [1, 2, 3, 4],
            Self::Medium => [1, 2, 4, 6],
            Self::Wide => [1, 3, 5, 7],
        }
    }

    /// The nine lengths around `base`: itself, the four longer ones, the four shorter ones.
    ///
    /// # Errors
    /// [`AtcError::Length`] for `kind` when the shortest would be 0 or less: a base of at
    /// least 5 (narrow), 7 (medium) or 8 (wide) is needed.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::atc::{MaKind, Robustness};
    /// let nine = Robustness::Medium.lengths(MaKind::Ema, 28)?;
    /// assert_eq!(nine, [28, 29, 30, 32, 34, 27, 26, 24, 22]);
    /// assert!(Robustness::Wide.lengths(MaKind::Ema, 7).is_err());
    /// # Ok::<(), hypernodes_trading::atc::AtcError>(())
    /// ```
    pub fn lengths(self, kind: MaKind, base: u32) -> Result<[u32; 9], AtcError> {
        let offsets = self.offsets();
        let least = offsets[3] + 1;
        if base < least || base > u32::MAX - offsets[3] {
            return Err(AtcError::Length {
                kind,
                length: base,
                robustness: self,
                least,
            });
        }
        let mut all = [base; SLOTS];
        for (i, offset) in offsets.into_iter().enumerate() {
            all[1 + i] = base + offset;
            all[5 + i] = base - offset;
        }
        Ok(all)
    }
}

impl fmt::Display for Robustness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Robustness {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        by_name("robustness", text, &Self::ALL, Robustness::name)
    }
}
