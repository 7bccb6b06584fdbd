//! How much memory may be used, and what happens on the way there.

use serde::{Deserialize, Serialize};

use super::format_size;
use super::size::bytes;
use crate::event::MemoryLevel;

/// A level is left only this far below where it begins, so that a run does not swing between two.
const SLACK: f64 = 0.02;

/// Settings of resources that contradict themselves.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitsError {
    /// No memory may be used.
    #[error("the memory limit is 0 bytes; give a size as `2GB`, or none at all")]
    NoMemory,
    /// A part is not above 0, or above 1.
    #[error(
        "the memory level `{name}` is {value}; expected a part of the limit, above 0 and up to 1"
    )]
    Part {
        /// The level.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// A level begins below the one before it.
    #[error(
        "the memory level `{name}` ({value}) is below `{before}` ({least}); expected target <= spill <= pause <= terminate"
    )]
    Order {
        /// The level.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The level that must not be higher.
        before: &'static str,
        /// Where that begins.
        least: f64,
    },
    /// A percentage is not above 0, or above 100.
    #[error("`{name}` is {value}; expected a percentage above 0 and up to 100")]
    Percent {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: f64,
    },
}

/// How many bytes may be used, and at which part of them each [level](MemoryLevel) begins.
///
/// In a file the limit may be a number or a text as `2GB`, and what is left out has its default.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{MemoryLevel, MemoryLimits};
/// let limits = MemoryLimits::new(1000);
/// assert_eq!(limits.level(650), MemoryLevel::Target);
/// assert_eq!(limits.level(960), MemoryLevel::Terminate);
///
/// let wrong = serde_json::from_str::<MemoryLimits>(r#"{"limit_bytes": "2GB", "spill": 0.5}"#);
/// assert!(wrong.unwrap_err().to_string().contains("`spill` (0.5) is below `target` (0.6)"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct MemoryLimits {
    /// How many bytes may be used.
    pub limit_bytes: u64,
    /// From here on no more is taken in ahead than is needed: 0.6.
    pub target: f64,
    /// From here on finished columns go to disk: 0.7.
    pub spill: f64,
    /// From here on no further chunk is begun: 0.8.
    pub pause: f64,
    /// From here on the run ends: 0.95.
    pub terminate: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    #[serde(deserialize_with = "bytes")]
    limit_bytes: u64,
    target: Option<f64>,
    spill: Option<f64>,
    pause: Option<f64>,
    terminate: Option<f64>,
}

impl TryFrom<Unchecked> for MemoryLimits {
    type Error = LimitsError;

    fn try_from(given: Unchecked) -> Result<Self, LimitsError> {
        let usual = Self::new(given.limit_bytes);
        let limits = Self {
            limit_bytes: given.limit_bytes,
            target: given.target.unwrap_or(usual.target),
            spill: given.spill.unwrap_or(usual.spill),
            pause: given.pause.unwrap_or(usual.pause),
            terminate: given.terminate.unwrap_or(usual.terminate),
        };
        limits.validate().map(|()| limits)
    }
}

impl MemoryLimits {
    /// The usual levels of this many bytes.
    #[must_use]
    pub fn new(limit_bytes: u64) -> Self {
        Self {
            limit_bytes,
            target: 0.6,
            spill: 0.7,
            pause: 0.8,
            terminate: 0.95,
        }
    }

    /// Checks `0 < target <= spill <= pause <= terminate <= 1` and that there is a limit.
    ///
    /// # Errors
    /// Says which level is wrong.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::MemoryLimits;
    /// assert!(MemoryLimits::new(1000).validate().is_ok());
    /// assert!(MemoryLimits { target: 1.5, ..MemoryLimits::new(1000) }.validate().is_err());
    /// ```
    pub fn validate(&self) -> Result<(), LimitsError> {
        if self.limit_bytes == 0 {
            return Err(LimitsError::NoMemory);
        }
        let mut last: Option<(&'static str, f64)> = None;
        for (_, name, value) in self.begins().into_iter().rev() {
            if !(value > 0.0 && value <= 1.0) {
                return Err(LimitsError::Part { name, value });
            }
            if let Some((before, least)) = last.filter(|(_, least)| value < *least) {
                return Err(LimitsError::Order {
                    name,
                    value,
                    before,
                    least,
                });
            }
            last = Some((name, value));
        }
        Ok(())
    }

    /// The level of this many bytes in use, whatever was before.
    #[must_use]
    pub fn level(&self, used: u64) -> MemoryLevel {
        self.level_after(MemoryLevel::Normal, used)
    }

    /// The level of this many bytes in use, when another one held before: a level is reached at once, and left only
    /// when use has fallen by another 2 % of the limit.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{MemoryLevel, MemoryLimits};
    /// let limits = MemoryLimits::new(1000);
    /// assert_eq!(limits.level_after(MemoryLevel::Pause, 790), MemoryLevel::Pause);
    /// assert_eq!(limits.level_after(MemoryLevel::Pause, 770), MemoryLevel::Spill);
    /// ```
    #[must_use]
    pub fn level_after(&self, before: MemoryLevel, used: u64) -> MemoryLevel {
        let part = used as f64 / self.limit_bytes.max(1) as f64;
        let holds = |(level, begin): (MemoryLevel, f64)| {
            part >= if level <= before {
                begin - SLACK
            } else {
                begin
            }
        };
        self.begins()
            .into_iter()
            .map(|(level, _, begin)| (level, begin))
            .find(|begin| holds(*begin))
            .map_or(MemoryLevel::Normal, |(level, _)| level)
    }

    /// The levels in words: ``2 GiB: target 60 %, ..``.
    #[must_use]
    pub fn explain(&self) -> String {
        let levels = self.begins().into_iter().rev();
        let levels: Vec<String> = levels
            .map(|(_, name, begin)| format!("{name} {:.0} %", begin * 100.0))
            .collect();
        format!("{}: {}", format_size(self.limit_bytes), levels.join(", "))
    }

    /// From the highest level down.
    fn begins(&self) -> [(MemoryLevel, &'static str, f64); 4] {
        [
            (MemoryLevel::Terminate, "terminate", self.terminate),
            (MemoryLevel::Pause, "pause", self.pause),
            (MemoryLevel::Spill, "spill", self.spill),
            (MemoryLevel::Target, "target", self.target),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_begins_at_its_part() {
        let limits = MemoryLimits::new(1000);
        let cases = [
            (0, MemoryLevel::Normal),
            (599, MemoryLevel::Normal),
            (600, MemoryLevel::Target),
            (700, MemoryLevel::Spill),
            (799, MemoryLevel::Spill),
            (800, MemoryLevel::Pause),
            (950, MemoryLevel::Terminate),
            (u64::MAX, MemoryLevel::Terminate),
        ];
        for (used, level) in cases {
            assert_eq!(limits.level(used), level, "{used}");
        }
    }

    #[test]
    fn a_level_is_left_only_below_its_slack() {
        let limits = MemoryLimits::new(1000);
        let mut level = MemoryLevel::Normal;
        let mut heard = Vec::new();
        for used in [799, 801, 799, 790, 781, 779, 799, 801, 500] {
            let next = limits.level_after(level, used);
            if next != level {
                heard.push((used, next));
            }
            level = next;
        }
        assert_eq!(
            heard,
            [
                (799, MemoryLevel::Spill),
                (801, MemoryLevel::Pause),
                (779, MemoryLevel::Spill),
                (801, MemoryLevel::Pause),
                (500, MemoryLevel::Normal),
            ]
        );
        // Falling by several levels at once: the lower ones have their slack too.
        assert_eq!(
            limits.level_after(MemoryLevel::Terminate, 690),
            MemoryLevel::Spill
        );
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let usual = MemoryLimits::new(100);
        assert_eq!(usual.validate(), Ok(()));
        let all = MemoryLimits {
            target: 1.0,
            spill: 1.0,
            pause: 1.0,
            terminate: 1.0,
            ..usual
        };
        assert_eq!(all.validate(), Ok(()));
        let wrong = [
            MemoryLimits::new(0),
            MemoryLimits {
                target: 0.0,
                ..usual
            },
            MemoryLimits {
                target: f64::NAN,
                ..usual
            },
            MemoryLimits {
                terminate: 1.01,
                ..usual
            },
            MemoryLimits {
                spill: 0.59,
                ..usual
            },
            MemoryLimits {
                pause: 0.69,
                ..usual
            },
            MemoryLimits {
                terminate: 0.79,
                ..usual
            },
            MemoryLimits {
                pause: f64::INFINITY,
                ..usual
            },
        ];
        for limits in wrong {
            assert!(limits.validate().is_err(), "{limits:?}");
        }
        let text = MemoryLimits {
            pause: 0.69,
            ..usual
        }
        .validate()
        .unwrap_err();
        insta::assert_snapshot!(text, @"the memory level `pause` (0.69) is below `spill` (0.7); expected target <= spill <= pause <= terminate");
    }

    #[test]
    fn settings_are_checked_when_read() {
        let read = |text: &str| serde_json::from_str::<MemoryLimits>(text);
        let limits = read(r#"{"limit_bytes": "1GiB", "target": 0.5}"#).unwrap();
        assert_eq!((limits.limit_bytes, limits.target), (1 << 30, 0.5));
        assert_eq!(
            read(&serde_json::to_string(&limits).unwrap()).unwrap(),
            limits
        );
        assert_eq!(
            limits.explain(),
            "1 GiB: target 50 %, spill 70 %, pause 80 %, terminate 95 %"
        );
        for wrong in [
            "{}",
            r#"{"limit_bytes": 0}"#,
            r#"{"limit_bytes": 9, "spil": 0.7}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
