//! How far prices range.

use super::adapter::functions;
use crate::indicators::Average;

functions! {
    "ADR", "Average Day Range", "sma(h - l, n): the mean of the last n bar ranges.",
    Adr, adr, adr_open, adr_lookback, AdrStream;
    in high High, low Low;
    set adr_time_period "time_period": usize = 14, 1.0, 100000.0;
    out (output = "adr") values: f64 = "";
    last 3.0914285714285703;

    "ATR", "Average True Range", "rma(TR, n) with TR = max(h - l, |h - c[t-1]|, |l - c[t-1]|), the first TR being that of the second bar.",
    Atr, atr, atr_open, atr_lookback, AtrStream;
    in high High, low Low, close Close;
    set atr_time_period "time_period": usize = 14, 1.0, 100000.0;
    out (output = "atr") values: f64 = "";
    last 3.0090762864556715;

    "BBW", "Bollinger BandWidth", "100 * (upper - lower)/middle of the Bollinger bands (deviation with ddof 0); 0 where the middle band is 0.",
    Bbw, bbw, bbw_open, bbw_lookback, BbwStream;
    in close Close;
    set bbw_time_period "time_period": usize = 20, 2.0, 100000.0, bbw_deviations_up "deviations_up": f64 = 2.0, -3e37, 3e37, bbw_deviations_down "deviations_down": f64 = 2.0, -3e37, 3e37, bbw_ma_type "ma_type": Average = Average::Sma, 0.0, 15.0;
    out (output = "bbw") values: f64 = "";
    last 15.868957042065695;

    "CVI", "Chaikin's Volatility", "100 * (E - E[t-r])/E[t-r], with E = ema(h - l, n) and r the rate-of-change period; 0 where E[t-r] = 0.",
    Cvi, cvi, cvi_open, cvi_lookback, CviStream;
    in high High, low Low;
    set cvi_time_period "time_period": usize = 10, 2.0, 100000.0, cvi_roc_period "roc_period": usize = 10, 1.0, 100000.0;
    out (output = "cvi") values: f64 = "";
    last -5.135295015755762;

    "MASSI", "Mass Index", "sum(E1/E2, slow), with E1 = ema(h - l, fast) and E2 = ema(E1, fast); the ratio counts as 1 where E2 = 0.",
    Massi, massi, massi_open, massi_lookback, MassiStream;
    in high High, low Low;
    set massi_fast_period "fast_period": usize = 9, 2.0, 100000.0, massi_slow_period "slow_period": usize = 25, 2.0, 100000.0;
    out (output = "massi") values: f64 = "";
    last 24.76100105602862;

    "NATR", "Normalized Average True Range", "100 * ATR(n)/c; 0 where c = 0. n = 1 gives the true range, not scaled.",
    Natr, natr, natr_open, natr_lookback, NatrStream;
    in high High, low Low, close Close;
    set natr_time_period "time_period": usize = 14, 1.0, 100000.0;
    out (output = "natr") values: f64 = "";
    last 3.2481393420290066;

    "PERCENTB", "Bollinger Bands %B", "(x - lower)/(upper - lower) of the Bollinger bands (deviation with ddof 0); 0.5 where the bands meet.",
    Percentb, percentb, percentb_open, percentb_lookback, PercentbStream;
    in close Close;
    set percentb_time_period "time_period": usize = 20, 2.0, 100000.0, percentb_deviations_up "deviations_up": f64 = 2.0, -3e37, 3e37, percentb_deviations_down "deviations_down": f64 = 2.0, -3e37, 3e37, percentb_ma_type "ma_type": Average = Average::Sma, 0.0, 15.0;
    out (output = "percentb") values: f64 = "";
    last 0.08803024993930424;

    "ROGERSSATCHELL", "Rogers-Satchell Volatility", "sqrt(annualization) * sqrt(mean of ln(h/c) * ln(h/o) + ln(l/c) * ln(l/o) over the last n bars); a bar with a price at or below 0 adds 0, and a mean at or below 0 gives 0.",
    Rogerssatchell, rogerssatchell, rogerssatchell_open, rogerssatchell_lookback, RogerssatchellStream;
    in open Open, high High, low Low, close Close;
    set rogerssatchell_time_period "time_period": usize = 10, 1.0, 100000.0, rogerssatchell_annualization "annualization": f64 = 252.0, 0.0, 3e37;
    out (output = "rogerssatchell") values: f64 = "";
    last 0.32054476931109405;

    "RVI", "Relative Volatility Index", "100 * U/(U + D), U = rma of s on up bars (else 0), D the same on down bars, s the standard deviation (ddof 0) of the last stddev-period values; a tie feeds neither; 50 where both are 0.",
    Rvi, rvi, rvi_open, rvi_lookback, RviStream;
    in close Close;
    set rvi_time_period "time_period": usize = 14, 1.0, 100000.0, rvi_std_dev_period "std_dev_period": usize = 10, 2.0, 100000.0;
    out (output = "rvi") values: f64 = "";
    last 56.152293795609644;

    "RVIR", "Relative Volatility Index, refined high/low form", "(RVI(h) + RVI(l))/2, the relative volatility index taken over the highs and over the lows with the same periods.",
    Rvir, rvir, rvir_open, rvir_lookback, RvirStream;
    in high High, low Low;
    set rvir_time_period "time_period": usize = 14, 1.0, 100000.0, rvir_std_dev_period "std_dev_period": usize = 10, 2.0, 100000.0;
    out (output = "rvir") values: f64 = "";
    last 55.50085902886752;

    "TRANGE", "True Range", "max(h - l, |h - c[t-1]|, |l - c[t-1]|), from the second bar on.",
    Trange, trange, trange_open, trange_lookback, TrangeStream;
    in high High, low Low, close Close;
    set ;
    out (output = "trange") values: f64 = "";
    last 3.6400000000000006;
}
