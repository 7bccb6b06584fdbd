//! [`AtcWorkspace`]: the memory of the kernel, and the walk over the blocks.

use super::history::History;
use super::layers::{LayerRules, Layers, average};
use super::plan::Plan;
use super::recursive::Recursive;
use super::windows::Windows;
use super::{BLOCK, LANES, Row};
use crate::atc::{AtcConfig, AtcError, AtcOutput, MaKind, SLOTS};

/// Prices outside this range could overflow inside the kernel.
pub(crate) const PRICES: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// ATC's values at the last bar of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LastBar {
    /// The average signal, from -1 to 1.
    pub average_signal: f64,
    /// The Layer 1 signals by [`MaKind::index`].
    pub signals: [f64; 6],
    /// The Layer 2 equities by [`MaKind::index`].
    pub equities: [f64; 6],
}

/// Computes ATC for series after series with the same settings, in the same memory.
///
/// The first series of the longest length allocates; after that nothing does. Results never
/// depend on what was computed before. Its memory is about 100 KiB plus 8 bytes per bar.
///
/// # Example
/// ```
/// use hypernodes_trading::atc::{AtcConfig, AtcWorkspace};
/// let mut workspace = AtcWorkspace::new(&AtcConfig::default())?;
/// let close: Vec<f64> = (0..200).map(|i| 100.0 + f64::from(i % 37)).collect();
/// let all = workspace.run(&close, None)?;
/// let last = workspace.last(&close, None)?;
/// assert_eq!(last.average_signal, all.average_signal()[199]);
/// # Ok::<(), hypernodes_trading::atc::AtcError>(())
/// ```
#[derive(Debug, Clone)]
pub struct AtcWorkspace {
    config: AtcConfig,
    plan: Plan,
    layer_rules: LayerRules,
    history: History,
    recursive: Recursive,
    windows: Windows,
    layers: Layers,
    /// The averages of the block; the bar before it in front.
    rows: Vec<Row>,
    /// Growth factor by bar; the same for every series.
    growth: Vec<f64>,
    dispatch: bool,
}

/// Every column of ATC for one series of closing prices.
///
/// `source` is what the averages are taken over, `None` for the close itself; crossings always
/// look at the close. For many series keep an [`AtcWorkspace`].
///
/// # Shapes and units
/// `close`, `source` of n prices in, columns of n values out. An average longer than the series
/// stays undefined and its signal 0.
///
/// # Missing values
/// None are accepted: every price must be a number from 1e-100 to 1e100.
///
/// # Errors
/// What [`AtcConfig::validate`] reports; [`AtcError::SourceLength`], [`AtcError::Price`] for the
/// first bad price, [`AtcError::GrowthOverflow`].
///
/// # Complexity
/// O(n · longest length) additions, no allocation but the output's.
///
/// # Example
/// ```
/// use hypernodes_trading::atc::{atc, AtcConfig, AtcError};
/// let close: Vec<f64> = (0..100).map(|i| 100.0 + f64::from(i)).collect();
/// let out = atc(&close, None, &AtcConfig::default())?;
/// // The close rises above KAMA at bar 1 and stays there: of the six kinds only KAMA has a
/// // signal, and its equity has grown to about 1.91 of a total of 6.77.
/// let average = out.average_signal()[99];
/// assert!((average - 0.28).abs() < 0.01, "{average}");
/// assert!(matches!(atc(&[1.0, -1.0], None, &AtcConfig::default()),
///     Err(AtcError::Price { bar: 1, .. })));
/// # Ok::<(), AtcError>(())
/// ```
pub fn atc(
    close: &[f64],
    source: Option<&[f64]>,
    config: &AtcConfig,
) -> Result<AtcOutput, AtcError> {
    AtcWorkspace::new(config)?.run(close, source)
}

impl AtcWorkspace {
    /// A workspace for `config`.
    ///
    /// # Errors
    /// What [`AtcConfig::validate`] reports of the settings alone.
    pub fn new(config: &AtcConfig) -> Result<Self, AtcError> {
        config.check_settings()?;
        let plan = Plan::new(config)?;
        let weights = MaKind::ALL.map(|kind| config.weight(kind));
        let decay = config.rates().decay;
        Ok(Self {
            layer_rules: LayerRules::new(&plan.rules, decay, config.cutout, weights),
            config: config.clone(),
            plan,
            history: History::default(),
            recursive: Recursive::default(),
            windows: Windows::default(),
            layers: Layers::default(),
            rows: vec![[[f64::NAN; LANES]; SLOTS]; BLOCK + 1],
            growth: Vec::new(),
            dispatch: true,
        })
    }

    /// The settings it computes with.
    #[must_use]
    pub fn config(&self) -> &AtcConfig {
        &self.config
    }

    /// The same, in baseline instructions only; for tests and measurements.
    #[doc(hidden)]
    #[must_use]
    pub fn without_dispatch(self) -> Self {
        Self {
            dispatch: false,
            ..self
        }
    }

    /// Every column of ATC for one series; see [`atc()`].
    ///
    /// # Errors
    /// As [`atc()`].
    pub fn run(&mut self, close: &[f64], source: Option<&[f64]>) -> Result<AtcOutput, AtcError> {
        let mut out = AtcOutput::default();
        self.run_into(close, source, &mut out)?;
        Ok(out)
    }

    /// As [`AtcWorkspace::run`], into an output whose memory is used again.
    ///
    /// # Errors
    /// As [`atc()`]; `out` is then of no use.
    pub fn run_into(
        &mut self,
        close: &[f64],
        source: Option<&[f64]>,
        out: &mut AtcOutput,
    ) -> Result<(), AtcError> {
        out.resize(close.len());
        self.walk(close, source, Some(out)).map(drop)
    }

    /// Only the values at the last bar: what a market scan needs, without any column.
    ///
    /// Always the same bits as the last bar of [`AtcWorkspace::run`].
    ///
    /// # Errors
    /// As [`atc()`].
    pub fn last(&mut self, close: &[f64], source: Option<&[f64]>) -> Result<LastBar, AtcError> {
        self.walk(close, source, None)
    }

    fn walk(
        &mut self,
        close: &[f64],
        source: Option<&[f64]>,
        out: Option<&mut AtcOutput>,
    ) -> Result<LastBar, AtcError> {
        let source = source.unwrap_or(close);
        if source.len() != close.len() {
            let (expected, found) = (close.len(), source.len());
            return Err(AtcError::SourceLength { expected, found });
        }
        self.config.validate(close.len())?;
        self.start(close.len());
        if self.dispatch {
            pulp::Arch::new().dispatch(
                #[inline(always)]
                || self.blocks(close, source, out),
            )
        } else {
            self.blocks(close, source, out)
        }
    }

    /// Fits the tables that depend on nothing but the number of bars.
    fn start(&mut self, bars: usize) {
        if self.plan.bars != bars {
            self.plan.fit(bars);
        }
        let (rate, cutout) = (self.config.rates().growth, self.config.cutout);
        for bar in self.growth.len()..bars {
            let growth = if bar < cutout {
                1.0
            } else {
                (rate * (bar - cutout) as f64).exp()
            };
            self.growth.push(growth);
        }
    }

    #[inline(always)]
    fn blocks(
        &mut self,
        close: &[f64],
        source: &[f64],
        mut out: Option<&mut AtcOutput>,
    ) -> Result<LastBar, AtcError> {
        check_prices("close", close)?;
        if !std::ptr::eq(close, source) {
            check_prices("source", source)?;
        }
        let bars = close.len();
        self.history.reset(self.plan.look, self.plan.kama_spread());
        self.recursive.reset(&self.plan, source);
        self.windows.reset(&self.plan);
        self.layers.reset();
        let mut tail = [([f64::NAN; LANES], [f64::NAN; LANES]); 2];
        for first in (0..bars).step_by(BLOCK) {
            let count = BLOCK.min(bars - first);
            let block = &close[first..first + count];
            // The block's closes with the one before; bar 0 stands in for the bar before it.
            let mut closes = [close[first.saturating_sub(1)]; BLOCK + 1];
            closes[1..=count].copy_from_slice(block);
            self.history.load(source, first, count);
            let rows = &mut self.rows[1..];
            self.recursive
                .block(&self.plan, &self.history, first, count, rows);
            self.windows
                .block(&self.plan, &self.history, first, block, &mut rows[..count]);

            let mut ret = [0.0; BLOCK];
            let mut returns = [0.0; BLOCK];
            for i in 0..BLOCK {
                ret[i] = (closes[i + 1] - closes[i]) / closes[i];
            }
            for (i, growth) in self.growth[first..first + count].iter().enumerate() {
                returns[i] = ret[i] * growth;
            }
            if let Some(i) = returns[..count].iter().position(|r| !r.is_finite()) {
                return Err(AtcError::GrowthOverflow { bar: first + i });
            }
            let rules = self.layer_rules;
            self.layers.block(
                &rules,
                first,
                &closes[..=count],
                &returns[..count],
                &self.rows,
            );
            self.rows[0] = self.rows[count];

            for (back, kept) in tail.iter_mut().enumerate() {
                // The last bar, and the one before it for strategy mode.
                if let Some(i) = (bars - 1).checked_sub(back + first)
                    && i < count
                {
                    *kept = (self.layers.signals[i], self.layers.equities[i]);
                }
            }
            if let Some(out) = out.as_deref_mut() {
                self.keep(first, &ret[..count], out);
            }
        }
        if let Some(out) = out {
            out.ret[0] = f64::NAN;
            if self.is_shifted() {
                out.average.copy_within(..bars - 1, 1);
                out.average[0] = 0.0;
            }
        }
        let strategy = usize::from(self.is_shifted());
        let average_signal = if bars > strategy {
            self.average(bars - 1 - strategy, &tail[strategy])
        } else {
            0.0
        };
        let six = |lanes: &[f64; LANES]| MaKind::ALL.map(|kind| lanes[kind.index()]);
        let signals = six(&tail[0].0).map(|hundredths| hundredths / 100.0);
        Ok(LastBar {
            average_signal,
            signals,
            equities: six(&tail[0].1),
        })
    }

    fn is_shifted(&self) -> bool {
        self.config.strategy_mode && self.plan.rules.strategy_shift
    }

    #[inline(always)]
    fn average(&self, bar: usize, (signals, equities): &([f64; LANES], [f64; LANES])) -> f64 {
        let undefined = self.plan.rules.undefined;
        if bar < self.config.cutout {
            return undefined;
        }
        average(signals, equities, self.config.cuts(), undefined)
    }

    /// Copies a block into the columns.
    #[inline(always)]
    fn keep(&self, first: usize, ret: &[f64], out: &mut AtcOutput) {
        let count = ret.len();
        out.ret[first..first + count].copy_from_slice(ret);
        for kind in 0..6 {
            let signals = out.signals[kind][first..first + count].iter_mut();
            for (to, lanes) in signals.zip(&self.layers.signals) {
                *to = lanes[kind] / 100.0;
            }
            let equities = out.equities[kind][first..first + count].iter_mut();
            for (to, lanes) in equities.zip(&self.layers.equities) {
                *to = lanes[kind];
            }
        }
        for i in 0..count {
            let values = (self.layers.signals[i], self.layers.equities[i]);
            out.average[first + i] = self.average(first + i, &values);
        }
    }
}

#[inline(always)]
fn check_prices(input: &'static str, prices: &[f64]) -> Result<(), AtcError> {
    let mut bad = 0_u64;
    for &p in prices {
        bad += u64::from(!((p >= *PRICES.start()) & (p <= *PRICES.end())));
    }
    if bad == 0 {
        return Ok(());
    }
    let bar = prices.iter().position(|p| !PRICES.contains(p)).unwrap_or(0);
    Err(AtcError::Price {
        input,
        bar,
        value: prices[bar],
    })
}
