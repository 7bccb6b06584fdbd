//! Moving averages, bands and other studies in the unit of the price.

use super::adapter::functions;
use crate::indicators::Average;

functions! {
    "ACCBANDS", "Acceleration Bands", "With f = 4 * (h - l)/(h + l): upper = sma(h * (1 + f), n), middle = sma(c, n), lower = sma(l * (1 - f), n); f counts as 0 where h + l = 0.",
    Accbands, accbands, accbands_open, accbands_lookback, AccbandsStream;
    in high High, low Low, close Close;
    set accbands_time_period "time_period": usize = 20, 2.0, 100000.0;
    out (outputs = ("accbands_upper", "accbands_middle", "accbands_lower")) upper: f64 = "upper", middle: f64 = "middle", lower: f64 = "lower";
    last 106.82121976597031, 99.11999999999989, 92.14121976597038;

    "ALMA", "Arnaud Legoux Moving Average", "sum of w(j) * x(j) over the last n bars, j = 0 oldest; w(j) = exp(-(j - m)^2/(2 * s^2)) scaled to sum to 1, m = floor(offset * (n - 1)), s = n/sigma.",
    Alma, alma, alma_open, alma_lookback, AlmaStream;
    in close Close;
    set alma_time_period "time_period": usize = 9, 1.0, 100000.0, alma_sigma "sigma": f64 = 6.0, 0.01, 3e37, alma_offset "offset": f64 = 0.85, 0.0, 1.0;
    out (output = "alma") values: f64 = "";
    last 95.73040157151766;

    "BBANDS", "Bollinger Bands", "middle = ma(x, n); upper = middle + up * s, lower = middle - dn * s, with s the population standard deviation (ddof 0) of the last n values.",
    Bbands, bbands, bbands_open, bbands_lookback, BbandsStream;
    in close Close;
    set bbands_time_period "time_period": usize = 20, 2.0, 100000.0, bbands_deviations_up "deviations_up": f64 = 2.0, -3e37, 3e37, bbands_deviations_down "deviations_down": f64 = 2.0, -3e37, 3e37, bbands_ma_type "ma_type": Average = Average::Sma, 0.0, 15.0;
    out (outputs = ("bbands_upper", "bbands_middle", "bbands_lower")) upper: f64 = "upper", middle: f64 = "middle", lower: f64 = "lower";
    last 106.98465511004764, 99.11999999999989, 91.25534488995214;

    "CKSP", "Chande Kroll Stop", "first high stop = highest(h, n) - mult * ATR(n), first low stop = lowest(l, n) + mult * ATR(n); outputs: highest(first high stop, q) and lowest(first low stop, q), q the stop period.",
    Cksp, cksp, cksp_open, cksp_lookback, CkspStream;
    in high High, low Low, close Close;
    set cksp_time_period "time_period": usize = 10, 2.0, 100000.0, cksp_multiplier "multiplier": f64 = 1.0, 0.0, 3e37, cksp_stop_period "stop_period": usize = 9, 1.0, 100000.0;
    out (outputs = ("cksp_high", "cksp_low")) high_out: f64 = "high", low_out: f64 = "low";
    last 103.34049440878347, 94.66545265655745;

    "DEMA", "Double Exponential Moving Average", "2 * ema(x, n) - ema(ema(x, n), n).",
    Dema, dema, dema_open, dema_lookback, DemaStream;
    in close Close;
    set dema_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "dema") values: f64 = "";
    last 97.25432532265373;

    "DONCHIAN", "Donchian Channels", "upper = highest(h, n), lower = lowest(l, n), middle = (upper + lower)/2; the current bar is in the window.",
    Donchian, donchian, donchian_open, donchian_lookback, DonchianStream;
    in high High, low Low;
    set donchian_time_period "time_period": usize = 20, 2.0, 100000.0;
    out (outputs = ("donchian_upper", "donchian_middle", "donchian_lower")) upper: f64 = "upper", middle: f64 = "middle", lower: f64 = "lower";
    last 106.24, 98.94, 91.64;

    "EMA", "Exponential Moving Average", "y = y[t-1] + k * (x - y[t-1]), with k = 2/(n + 1), seeded with the mean of the first n values; n = 1 copies the input.",
    Ema, ema, ema_open, ema_lookback, EmaStream;
    in close Close;
    set ema_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "ema") values: f64 = "";
    last 99.05512546412098;

    "FRAMA", "Fractal Adaptive Moving Average", "y = y[t-1] + a * ((h + l)/2 - y[t-1]), a = exp(-4.6 * log2((R1 + R2)/R)); R1, R2 the high-low ranges of the two halves of n bars, R of both; a = 1 if R1 + R2 <= R or a half is flat.",
    Frama, frama, frama_open, frama_lookback, FramaStream;
    in high High, low Low;
    set frama_time_period "time_period": usize = 16, 2.0, 100000.0;
    out (output = "frama") values: f64 = "";
    last 96.31747667434337;

    "HMA", "Hull Moving Average", "wma(2 * wma(x, floor(n/2)) - wma(x, n), floor(sqrt(n))); n = 1 copies the input.",
    Hma, hma, hma_open, hma_lookback, HmaStream;
    in close Close;
    set hma_time_period "time_period": usize = 20, 1.0, 100000.0;
    out (output = "hma") values: f64 = "";
    last 94.37402597402556;

    "HT_TRENDLINE", "Hilbert Transform - Instantaneous Trendline", "(4 * m + 3 * m[t-1] + 2 * m[t-2] + m[t-3])/10, m the mean of the last P prices, P the dominant cycle period (HT_DCPERIOD) rounded to a whole bar.",
    HtTrendline, ht_trendline, ht_trendline_open, ht_trendline_lookback, HtTrendlineStream;
    in close Close;
    set ;
    out (output = "ht_trendline") values: f64 = "";
    last 99.16444444444444;

    "ICHIMOKU", "Ichimoku Kinko Hyo", "With mid(k) = (highest(h, k) + lowest(l, k))/2: conversion = mid(tenkan), base = mid(kijun), span A = (conversion + base)/2, span B = mid(senkou B); the spans are not shifted in the output.",
    Ichimoku, ichimoku, ichimoku_open, ichimoku_lookback, IchimokuStream;
    in high High, low Low;
    set ichimoku_tenkan_period "tenkan_period": usize = 9, 2.0, 100000.0, ichimoku_kijun_period "kijun_period": usize = 26, 2.0, 100000.0, ichimoku_senkou_b_period "senkou_b_period": usize = 52, 2.0, 100000.0;
    out (outputs = ("ichimoku_tenkan", "ichimoku_kijun", "ichimoku_senkou_a", "ichimoku_senkou_b")) tenkan: f64 = "tenkan", kijun: f64 = "kijun", senkou_a: f64 = "senkou_a", senkou_b: f64 = "senkou_b";
    last 95.1, 100.68, 97.89, 100.32;

    "KAMA", "Kaufman Adaptive Moving Average", "y = y[t-1] + a * (x - y[t-1]), with a = (ER * (2/3 - 2/31) + 2/31)^2 and ER the n-bar efficiency ratio (1 on a flat window); seeded with the price one bar before.",
    Kama, kama, kama_open, kama_lookback, KamaStream;
    in close Close;
    set kama_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "kama") values: f64 = "";
    last 101.00160889180268;

    "KC", "Keltner Channels", "middle = ema((h + l + c)/3, n), upper = middle + dev * ATR(atr period), lower = middle - dev * ATR(atr period).",
    Kc, kc, kc_open, kc_lookback, KcStream;
    in high High, low Low, close Close;
    set kc_time_period "time_period": usize = 20, 2.0, 100000.0, kc_atr_period "atr_period": usize = 10, 1.0, 100000.0, kc_deviations "deviations": f64 = 2.0, -3e37, 3e37;
    out (outputs = ("kc_upper", "kc_middle", "kc_lower")) upper: f64 = "upper", middle: f64 = "middle", lower: f64 = "lower";
    last 104.35814317396377, 98.30723786085302, 92.25633254774228;

    "MA", "Moving average", "The moving average of period n of the chosen type, from SMA to ALMA; n = 1 and the type DISABLED copy the input.",
    Ma, ma, ma_open, ma_lookback, MaStream;
    in close Close;
    set ma_time_period "time_period": usize = 30, 1.0, 100000.0, ma_ma_type "ma_type": Average = Average::Sma, 0.0, 15.0;
    out (output = "ma") values: f64 = "";
    last 101.58;

    "MAMA", "MESA Adaptive Moving Average", "M = M[t-1] + a * (x - M[t-1]), F = F[t-1] + a/2 * (M - F[t-1]); a = max(slow, fast/d), d = max(1, fall of the phase in degrees since the last bar), phase = atan(Q/I) of the Hilbert transform.",
    Mama, mama, mama_open, mama_lookback, MamaStream;
    in close Close;
    set mama_fast_limit "fast_limit": f64 = 0.5, 0.01, 0.99, mama_slow_limit "slow_limit": f64 = 0.05, 0.01, 0.99;
    out (outputs = ("mama", "mama_fama")) mama: f64 = "mama", fama: f64 = "fama";
    last 95.26074541423384, 99.49710618888741;

    "MAVP", "Moving average with variable period", "ma(x, p) with p taken for each bar from the periods series, clamped to min..max and cut to a whole number.",
    Mavp, mavp, mavp_open, mavp_lookback, MavpStream;
    in close Close, periods Periods;
    set mavp_min_period "min_period": usize = 2, 1.0, 10000.0, mavp_max_period "max_period": usize = 30, 1.0, 10000.0, mavp_ma_type "ma_type": Average = Average::Sma, 0.0, 15.0;
    out (output = "mavp") values: f64 = "";
    last 95.93090909090914;

    "MCGD", "McGinley Dynamic", "y = y[t-1] + (x - y[t-1])/(n * (x/y[t-1])^4), seeded with the first value; a step that is not finite is skipped.",
    Mcgd, mcgd, mcgd_open, mcgd_lookback, McgdStream;
    in close Close;
    set mcgd_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "mcgd") values: f64 = "";
    last 98.07548410399936;

    "MIDPOINT", "MidPoint over period", "(highest(x, n) + lowest(x, n))/2.",
    Midpoint, midpoint, midpoint_open, midpoint_lookback, MidpointStream;
    in close Close;
    set midpoint_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "midpoint") values: f64 = "";
    last 97.30000000000001;

    "MIDPRICE", "Midpoint Price over period", "(highest(h, n) + lowest(l, n))/2.",
    Midprice, midprice, midprice_open, midprice_lookback, MidpriceStream;
    in high High, low Low;
    set midprice_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "midprice") values: f64 = "";
    last 98.12;

    "RMA", "Wilder's Smoothed Moving Average", "y = y[t-1] + (x - y[t-1])/n, seeded with the mean of the first n values.",
    Rma, rma, rma_open, rma_lookback, RmaStream;
    in close Close;
    set rma_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "rma") values: f64 = "";
    last 99.83098745589587;

    "SAR", "Parabolic SAR", "SAR = SAR[t-1] + af * (EP - SAR[t-1]), not past the lows (long) or highs (short) of two bars; af grows by acceleration at each new extreme EP up to the maximum; when price reaches the SAR it turns and restarts at EP.",
    Sar, sar, sar_open, sar_lookback, SarStream;
    in high High, low Low;
    set sar_acceleration "acceleration": f64 = 0.02, 0.0, 3e37, sar_maximum "maximum": f64 = 0.2, 0.0, 3e37;
    out (output = "sar") values: f64 = "";
    last 98.56;

    "SAREXT", "Parabolic SAR - Extended", "As SAR, with its own initial af, step and maximum for long and short, a start value (0 = by the first bars' DM) and an offset factor applied at each turn; short values come out negative.",
    Sarext, sarext, sarext_open, sarext_lookback, SarextStream;
    in high High, low Low;
    set sarext_start_value "start_value": f64 = 0.0, -3e37, 3e37, sarext_offset_on_reverse "offset_on_reverse": f64 = 0.0, 0.0, 3e37, sarext_acceleration_init_long "acceleration_init_long": f64 = 0.02, 0.0, 3e37, sarext_acceleration_long "acceleration_long": f64 = 0.02, 0.0, 3e37, sarext_acceleration_max_long "acceleration_max_long": f64 = 0.2, 0.0, 3e37, sarext_acceleration_init_short "acceleration_init_short": f64 = 0.02, 0.0, 3e37, sarext_acceleration_short "acceleration_short": f64 = 0.02, 0.0, 3e37, sarext_acceleration_max_short "acceleration_max_short": f64 = 0.2, 0.0, 3e37;
    out (output = "sarext") values: f64 = "";
    last -98.56;

    "SMA", "Simple Moving Average", "The mean of the last n values: sum(x, n)/n.",
    Sma, sma, sma_open, sma_lookback, SmaStream;
    in close Close;
    set sma_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "sma") values: f64 = "";
    last 101.58;

    "SUPERTREND", "SuperTrend", "bands = (h + l)/2 +/- mult * ATR(n); upper only falls and lower only rises unless c[t-1] was beyond it; the line is the lower band while up (+1), the upper while down (-1), flipping when c crosses it; starts up.",
    Supertrend, supertrend, supertrend_open, supertrend_lookback, SupertrendStream;
    in high High, low Low, close Close;
    set supertrend_time_period "time_period": usize = 10, 2.0, 100000.0, supertrend_multiplier "multiplier": f64 = 3.0, 0.0, 3e37;
    out (outputs = ("supertrend_line", "supertrend_dir")) line: f64 = "line", dir: i32 = "dir";
    last 102.53635796967235, -1.0;

    "SWAK_BUTTER", "Swiss Army Knife - Butterworth Filter", "y = 2 * q * y[t-1] - q^2 * y[t-2] + a^2/4 * (x + 2 * x[t-1] + x[t-2]), q = 1 - a, a = sqrt(b^2 + 2 * b) - b, b = 2.415 * (1 - cos(2 * pi/n)); starts as if flat at the first x.",
    SwakButter, swak_butter, swak_butter_open, swak_butter_lookback, SwakButterStream;
    in close Close;
    set swak_butter_time_period "time_period": usize = 20, 2.0, 10000.0;
    out (output = "swak_butter") values: f64 = "";
    last 96.420632149104;

    "SWAK_GAUSS", "Swiss Army Knife - Gaussian Filter", "y = a^2 * x + 2 * q * y[t-1] - q^2 * y[t-2], q = 1 - a, a = sqrt(b^2 + 2 * b) - b, b = 2.415 * (1 - cos(2 * pi/n)); y starts at the first x.",
    SwakGauss, swak_gauss, swak_gauss_open, swak_gauss_lookback, SwakGaussStream;
    in close Close;
    set swak_gauss_time_period "time_period": usize = 20, 2.0, 10000.0;
    out (output = "swak_gauss") values: f64 = "";
    last 95.75676478082565;

    "T3", "Triple Exponential Moving Average (T3)", "GD(GD(GD(x))) with GD(x) = (1 + f) * ema(x, n) - f * ema(ema(x, n), n), f the volume factor; n = 1 copies the input.",
    T3, t3, t3_open, t3_lookback, T3Stream;
    in close Close;
    set t3_time_period "time_period": usize = 5, 1.0, 100000.0, t3_v_factor "v_factor": f64 = 0.7, 0.0, 1.0;
    out (output = "t3") values: f64 = "";
    last 95.3213424758098;

    "TEMA", "Triple Exponential Moving Average", "3 * E1 - 3 * E2 + E3, with E1 = ema(x, n), E2 = ema(E1, n), E3 = ema(E2, n).",
    Tema, tema, tema_open, tema_lookback, TemaStream;
    in close Close;
    set tema_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "tema") values: f64 = "";
    last 95.26776215240756;

    "TRIMA", "Triangular Moving Average", "sma(sma(x, a), b) with a = b = (n + 1)/2 for odd n, and a = n/2, b = n/2 + 1 for even n: triangular weights.",
    Trima, trima, trima_open, trima_lookback, TrimaStream;
    in close Close;
    set trima_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "trima") values: f64 = "";
    last 101.82499999999997;

    "VIDYA", "Variable Index Dynamic Average", "y = y[t-1] + a * (x - y[t-1]), a = 2/(n + 1) * |CMOU(x, cmo period)|/100, and 0 on a flat window; seeded on a price, n = 1 copies the input.",
    Vidya, vidya, vidya_open, vidya_lookback, VidyaStream;
    in close Close;
    set vidya_time_period "time_period": usize = 12, 1.0, 100000.0, vidya_cmo_period "cmo_period": usize = 9, 2.0, 100000.0;
    out (output = "vidya") values: f64 = "";
    last 98.43227496190313;

    "VWMA", "Volume Weighted Moving Average", "sum(x * v, n)/sum(v, n); a window without volume gives NaN. n = 1 copies the input.",
    Vwma, vwma, vwma_open, vwma_lookback, VwmaStream;
    in close Close, volume Volume;
    set vwma_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "vwma") values: f64 = "";
    last 101.57605966438778;

    "WMA", "Weighted Moving Average", "sum of k * x over the last n values divided by n * (n + 1)/2, k = 1 for the oldest and n for the newest.",
    Wma, wma, wma_open, wma_lookback, WmaStream;
    in close Close;
    set wma_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "wma") values: f64 = "";
    last 99.02064516129029;

    "ZIGZAG", "Zig Zag", "Up leg: pivot = highest h so far; it turns down when l <= pivot * (1 - pct/100) at least min-length bars after the pivot's bar; mirrored down. Outputs pivot, its bar index and +1/-1; seeded as a down leg on a low.",
    Zigzag, zigzag, zigzag_open, zigzag_lookback, ZigzagStream;
    in high High, low Low;
    set zigzag_sensitivity "sensitivity": f64 = 5.0, 0.0, 100.0, zigzag_min_trend_length "min_trend_length": usize = 1, 1.0, 100000.0;
    out (outputs = ("zigzag_line", "zigzag_dir", "zigzag_pivot")) line: f64 = "line", dir: i32 = "dir", pivot: i32 = "pivot";
    last 91.64, -1.0, 249.0;

    "ZLEMA", "Zero-Lag Exponential Moving Average", "ema(2 * x - x[t-k], n), with k = (n - 1)/2 in whole bars; n = 1 copies the input.",
    Zlema, zlema, zlema_open, zlema_lookback, ZlemaStream;
    in close Close;
    set zlema_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "zlema") values: f64 = "";
    last 94.98700245735803;
}
