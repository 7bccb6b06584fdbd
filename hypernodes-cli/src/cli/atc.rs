//! The options of ATC and of the scan.

use clap::Args;
use clap::builder::TypedValueParser;
use hypernodes::trading::PriceSource;
use hypernodes::trading::atc::{AtcConfig, Profile, Robustness};
use hypernodes::trading::scan::{Expr, Order, ScanConfig, ScanError, ScanSpec, SpecError};

use super::{DataArgs, at_least_one, choice, number, whole};
use crate::error::CommandError;

#[derive(Debug, Args)]
pub(crate) struct AtcCommand {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) atc: AtcArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ScanCommand {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) scan: ScanArgs,
    #[command(flatten)]
    pub(crate) atc: AtcArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Scan")]
pub(crate) struct ScanArgs {
    /// List the symbols for which this holds at the last bar, such as `RSI_14 < 30 and close > SMA_200`
    ///
    /// Columns: open high low close volume, hl2 hlc3 ohlc4, `atc_signal`, and indicators by name, as in
    /// `SMA_200` or `MACD_12_26_9.signal`. Arithmetic + - * / %, comparisons < <= > >= == !=, and or
    /// not, parentheses. close[1] is the bar before. Functions: abs(x), min(a, b), max(a, b),
    /// highest(x, bars), lowest(x, bars), change(x, bars), `crosses_above(a, b)`, `crosses_below(a, b)`. A
    /// value without enough bars, and one divided by 0, is undefined; so is what is made of it. A
    /// symbol for which the whole is undefined is skipped, and why is told.
    #[arg(long = "where", value_name = "EXPR", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Rank symbols by an indicator or an expression, such as `RSI_14` or `close / SMA_200`
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    rank_by: Option<String>,
    /// Whether the largest or the smallest of `--rank-by` comes first
    #[arg(long, value_parser = order(), ignore_case = true, default_value_t, value_name = "ORDER")]
    order: Order,
    /// Use the newest N bars; a symbol with fewer is skipped [default: 1500; with `--where` or
    /// `--rank-by` all bars there are]
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    limit: Option<usize>,
    /// List signals of at least this size, up or down
    #[arg(long, value_name = "X", value_parser = number, default_value_t = ScanConfig::default().min_signal)]
    #[arg(allow_negative_numbers = true)]
    min_signal: f64,
    /// At most K rows of a table
    #[arg(long, value_name = "K", value_parser = at_least_one, allow_negative_numbers = true)]
    top: Option<usize>,
}

impl ScanArgs {
    /// The scan by expression; `None` where neither `--where` nor `--rank-by` is given.
    pub(crate) fn spec(&self) -> Result<Option<ScanSpec>, CommandError> {
        if self.filter.is_none() && self.rank_by.is_none() {
            return Ok(None);
        }
        if self.limit == Some(0) {
            return Err(ScanError::Limit.into());
        }
        let read = |option: &'static str, text: &Option<String>| {
            let parsed = text.as_deref().map(str::parse::<Expr>).transpose();
            parsed.map_err(|error| {
                let error = Box::new(error);
                CommandError::Expression { option, error }
            })
        };
        let filter = read("--where", &self.filter)?;
        let rank_by = read("--rank-by", &self.rank_by)?;
        let refused = |error: SpecError| {
            let option = match &error {
                SpecError::NoNumber { .. } => "--rank-by",
                _ => "--where",
            };
            CommandError::Usage(format!("`{option}`: {error}"))
        };
        let mut spec = ScanSpec::new(filter, rank_by).map_err(refused)?;
        (spec.order, spec.top, spec.limit) = (self.order, self.top, self.limit);
        Ok(Some(spec))
    }

    pub(crate) fn config(&self, atc: &AtcArgs) -> ScanConfig {
        ScanConfig {
            limit: self.limit.unwrap_or(ScanConfig::default().limit),
            min_signal: self.min_signal,
            top: self.top,
            source: atc.source,
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Adaptive Trend Classification")]
pub(crate) struct AtcArgs {
    /// Which published behaviour to follow
    #[arg(long, value_parser = profile(), ignore_case = true, default_value_t)]
    profile: Profile,
    /// Base length of all six kinds, in bars [default: 28]
    #[arg(long, value_name = "N", value_parser = whole::<u32>, allow_negative_numbers = true)]
    ma_len: Option<u32>,
    /// Base length of one kind, in place of `--ma-len`
    #[arg(long, value_name = "N", value_parser = whole::<u32>, allow_negative_numbers = true)]
    ema_len: Option<u32>,
    #[arg(long, value_name = "N", value_parser = whole::<u32>, allow_negative_numbers = true, help = "As --ema-len")]
    hma_len: Option<u32>,
    #[arg(long, value_name = "N", value_parser = whole::<u32>, allow_negative_numbers = true, help = "As --ema-len")]
    wma_len: Option<u32>,
    #[arg(long, value_name = "N", value_parser = whole::<u32>, allow_negative_numbers = true, help = "As --ema-len")]
    dema_len: Option<u32>,
    #[arg(long, value_name = "N", value_parser = whole::<u32>, allow_negative_numbers = true, help = "As --ema-len")]
    lsma_len: Option<u32>,
    #[arg(long, value_name = "N", value_parser = whole::<u32>, allow_negative_numbers = true, help = "As --ema-len")]
    kama_len: Option<u32>,
    /// Starting equity of one kind
    #[arg(
        long,
        value_name = "W", value_parser = number,
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    ema_weight: f64,
    #[arg(
        long,
        value_name = "W", value_parser = number,
        default_value_t = 1.0,
        help = "As --ema-weight"
    )]
    #[arg(allow_negative_numbers = true)]
    hma_weight: f64,
    #[arg(
        long,
        value_name = "W", value_parser = number,
        default_value_t = 1.0,
        help = "As --ema-weight"
    )]
    #[arg(allow_negative_numbers = true)]
    wma_weight: f64,
    #[arg(
        long,
        value_name = "W", value_parser = number,
        default_value_t = 1.0,
        help = "As --ema-weight"
    )]
    #[arg(allow_negative_numbers = true)]
    dema_weight: f64,
    #[arg(
        long,
        value_name = "W", value_parser = number,
        default_value_t = 1.0,
        help = "As --ema-weight"
    )]
    #[arg(allow_negative_numbers = true)]
    lsma_weight: f64,
    #[arg(
        long,
        value_name = "W", value_parser = number,
        default_value_t = 1.0,
        help = "As --ema-weight"
    )]
    #[arg(allow_negative_numbers = true)]
    kama_weight: f64,
    /// How far the nine lengths spread around the base length
    #[arg(long, value_parser = robustness(), ignore_case = true, default_value_t)]
    robustness: Robustness,
    /// Growth rate, in thousandths per bar
    #[arg(long, value_name = "X", value_parser = number, default_value_t = AtcConfig::default().lambda)]
    #[arg(allow_negative_numbers = true)]
    lambda: f64,
    /// Equity lost per bar, in percent from 0 to 1
    #[arg(long, value_name = "X", value_parser = number, default_value_t = AtcConfig::default().decay)]
    #[arg(allow_negative_numbers = true)]
    decay: f64,
    /// Bars left out at the start
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true, default_value_t = 0)]
    cutout: usize,
    /// A signal above this counts as long
    #[arg(long, value_name = "X", value_parser = number, default_value_t = AtcConfig::default().long_threshold)]
    #[arg(allow_negative_numbers = true)]
    long_threshold: f64,
    /// A signal below this counts as short
    #[arg(long, value_name = "X", value_parser = number, default_value_t = AtcConfig::default().short_threshold)]
    #[arg(allow_negative_numbers = true)]
    short_threshold: f64,
    /// Shift the average one bar later, so that it can be traded as it stands
    #[arg(long)]
    strategy_mode: bool,
    /// The prices that the averages are taken over
    #[arg(long, value_parser = source(), ignore_case = true, default_value_t)]
    pub(crate) source: PriceSource,
}

impl AtcArgs {
    pub(crate) fn config(&self) -> AtcConfig {
        let base = AtcConfig::new(self.profile);
        let base = match self.ma_len {
            Some(bars) => base.with_length(bars),
            None => base,
        };
        AtcConfig {
            ema_len: self.ema_len.unwrap_or(base.ema_len),
            hma_len: self.hma_len.unwrap_or(base.hma_len),
            wma_len: self.wma_len.unwrap_or(base.wma_len),
            dema_len: self.dema_len.unwrap_or(base.dema_len),
            lsma_len: self.lsma_len.unwrap_or(base.lsma_len),
            kama_len: self.kama_len.unwrap_or(base.kama_len),
            ema_weight: self.ema_weight,
            hma_weight: self.hma_weight,
            wma_weight: self.wma_weight,
            dema_weight: self.dema_weight,
            lsma_weight: self.lsma_weight,
            kama_weight: self.kama_weight,
            robustness: self.robustness,
            lambda: self.lambda,
            decay: self.decay,
            cutout: self.cutout,
            long_threshold: self.long_threshold,
            short_threshold: self.short_threshold,
            strategy_mode: self.strategy_mode,
            ..base
        }
    }
}

fn profile() -> impl TypedValueParser<Value = Profile> {
    choice(Profile::ALL.map(Profile::name))
}

fn robustness() -> impl TypedValueParser<Value = Robustness> {
    choice(Robustness::ALL.map(Robustness::name))
}

fn source() -> impl TypedValueParser<Value = PriceSource> {
    choice(PriceSource::ALL.map(PriceSource::name))
}

fn order() -> impl TypedValueParser<Value = Order> {
    choice(Order::ALL.map(Order::name))
}
