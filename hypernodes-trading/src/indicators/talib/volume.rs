//! What volume says of prices.

use super::adapter::functions;
use crate::indicators::Average;

functions! {
    "AD", "Chaikin A/D Line", "AD = AD[t-1] + v * ((c - l) - (h - c))/(h - l), starting from 0; a bar with h <= l adds nothing.",
    Ad, ad, ad_open, ad_lookback, AdStream;
    in high High, low Low, close Close, volume Volume;
    set ;
    out (output = "ad") values: f64 = "";
    last -57.243434531573314;

    "ADOSC", "Chaikin A/D Oscillator", "ema(AD, fast) - ema(AD, slow), AD being the accumulation/distribution line; both averages start at the first AD value and the periods are never swapped.",
    Adosc, adosc, adosc_open, adosc_lookback, AdoscStream;
    in high High, low Low, close Close, volume Volume;
    set adosc_fast_period "fast_period": usize = 3, 2.0, 100000.0, adosc_slow_period "slow_period": usize = 10, 2.0, 100000.0;
    out (output = "adosc") values: f64 = "";
    last -546.0980942183558;

    "CMF", "Chaikin Money Flow", "sum(v * ((c - l) - (h - c))/(h - l), n)/sum(v, n); a bar with h <= l adds no flow, and a window without volume gives 0.",
    Cmf, cmf, cmf_open, cmf_lookback, CmfStream;
    in high High, low Low, close Close, volume Volume;
    set cmf_time_period "time_period": usize = 20, 2.0, 100000.0;
    out (output = "cmf") values: f64 = "";
    last -0.11976778562064283;

    "EFI", "Elder's Force Index", "ema((c - c[t-1]) * v, n).",
    Efi, efi, efi_open, efi_lookback, EfiStream;
    in close Close, volume Volume;
    set efi_time_period "time_period": usize = 13, 1.0, 100000.0;
    out (output = "efi") values: f64 = "";
    last -774.4500231525575;

    "EMV", "Arms Ease of Movement", "sma(M/B, n), with M the one-bar change of (h + l)/2 and B = (v/divisor)/(h - l); a bar where h = l or B = 0 counts as 0.",
    Emv, emv, emv_open, emv_lookback, EmvStream;
    in high High, low Low, volume Volume;
    set emv_time_period "time_period": usize = 14, 1.0, 100000.0, emv_volume_divisor "volume_divisor": f64 = 10000.0, 1.0, 3e37;
    out (output = "emv") values: f64 = "";
    last -27.478663816756672;

    "KVO", "Klinger Volume Oscillator", "F = 100 * v * T * |2 * d/cm - 1| (0 if cm = 0), d = h - l, T = the last sign of change of h + l + c, cm = sum of d since T turned, plus the d before; KVO = ema(F, fast) - ema(F, slow), signal = ema(KVO); seeds: first F.",
    Kvo, kvo, kvo_open, kvo_lookback, KvoStream;
    in high High, low Low, close Close, volume Volume;
    set kvo_fast_period "fast_period": usize = 34, 2.0, 100000.0, kvo_slow_period "slow_period": usize = 55, 2.0, 100000.0, kvo_signal_period "signal_period": usize = 13, 2.0, 100000.0;
    out (outputs = ("kvo", "kvo_signal")) kvo: f64 = "kvo", signal: f64 = "signal";
    last -1140.7491131741767, -803.3172112839007;

    "MARKETFI", "Market Facilitation Index", "(h - l)/v; 0 where v = 0.",
    Marketfi, marketfi, marketfi_open, marketfi_lookback, MarketfiStream;
    in high High, low Low, volume Volume;
    set ;
    out (output = "marketfi") values: f64 = "";
    last 0.00327927927927928;

    "NVI", "Negative Volume Index", "y = y[t-1] * c/c[t-1] on a bar whose volume is below the one before, else y[t-1]; starts at 1000, unchanged where c[t-1] = 0.",
    Nvi, nvi, nvi_open, nvi_lookback, NviStream;
    in close Close, volume Volume;
    set ;
    out (output = "nvi") values: f64 = "";
    last 1026.4529237899796;

    "OBV", "On Balance Volume", "y = y[t-1] + v if x > x[t-1], y[t-1] - v if x < x[t-1], else y[t-1]; starts at the first bar's volume.",
    Obv, obv, obv_open, obv_lookback, ObvStream;
    in close Close, volume Volume;
    set ;
    out (output = "obv") values: f64 = "";
    last 4140.0;

    "PVI", "Positive Volume Index", "y = y[t-1] * c/c[t-1] on a bar whose volume is above the one before, else y[t-1]; starts at 1000, unchanged where c[t-1] = 0.",
    Pvi, pvi, pvi_open, pvi_lookback, PviStream;
    in close Close, volume Volume;
    set ;
    out (output = "pvi") values: f64 = "";
    last 1014.0736630776731;

    "PVO", "Percentage Volume Oscillator", "100 * (ma(v, fast) - ma(v, slow))/ma(v, slow), 0 where the slow average is 0; the periods are swapped when slow is below fast.",
    Pvo, pvo, pvo_open, pvo_lookback, PvoStream;
    in volume Volume;
    set pvo_fast_period "fast_period": usize = 12, 2.0, 100000.0, pvo_slow_period "slow_period": usize = 26, 2.0, 100000.0, pvo_ma_type "ma_type": Average = Average::Ema, 0.0, 15.0;
    out (output = "pvo") values: f64 = "";
    last 0.16786477732257926;

    "PVT", "Price Volume Trend", "y = y[t-1] + v * (c - c[t-1])/c[t-1], starting at 0; unchanged where c[t-1] = 0.",
    Pvt, pvt, pvt_open, pvt_lookback, PvtStream;
    in close Close, volume Volume;
    set ;
    out (output = "pvt") values: f64 = "";
    last 47.11598127073451;

    "RVOL", "Relative Volume", "v/mean of the n volumes before this bar; the current bar is not in the mean, and nothing guards a mean of 0.",
    Rvol, rvol, rvol_open, rvol_lookback, RvolStream;
    in volume Volume;
    set rvol_time_period "time_period": usize = 20, 1.0, 100000.0;
    out (output = "rvol") values: f64 = "";
    last 1.0263522884882108;

    "VWAP", "Volume Weighted Average Price", "sum(p * v)/sum(v) from the first bar on, p = (h + l + c)/3; before any volume 0, and a bar that is not finite is skipped.",
    Vwap, vwap, vwap_open, vwap_lookback, VwapStream;
    in high High, low Low, close Close, volume Volume;
    set ;
    out (output = "vwap") values: f64 = "";
    last 100.02224001977507;
}
