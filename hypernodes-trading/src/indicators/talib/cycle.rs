//! Cycles, by the Hilbert transform.

use super::adapter::functions;

functions! {
    "HT_DCPERIOD", "Hilbert Transform - Dominant Cycle Period", "y = 0.67 * y[t-1] + 0.33 * P, P the dominant period of the Hilbert homodyne discriminator on wma(x, 4): moves held to 0.67..1.5 times the last P, clamped to 6..50, then 0.2/0.8 smoothed.",
    HtDcperiod, ht_dcperiod, ht_dcperiod_open, ht_dcperiod_lookback, HtDcperiodStream;
    in close Close;
    set ;
    out (output = "ht_dcperiod") values: f64 = "";
    last 18.25658401055968;

    "HT_DCPHASE", "Hilbert Transform - Dominant Cycle Phase", "90 + atan(S/C) in degrees plus the lag term 360/period, 180 more when C < 0, then 360 less above 315; S, C the sine and cosine sums of wma(x, 4) over one dominant period.",
    HtDcphase, ht_dcphase, ht_dcphase_open, ht_dcphase_lookback, HtDcphaseStream;
    in close Close;
    set ;
    out (output = "ht_dcphase") values: f64 = "";
    last 31.768266518593254;

    "HT_PHASOR", "Hilbert Transform - Phasor Components", "With D the Hilbert detrender of wma(x, 4): in-phase = D[t-3], quadrature = the Hilbert transform of D; both tuned by 0.075 * period + 0.54.",
    HtPhasor, ht_phasor, ht_phasor_open, ht_phasor_lookback, HtPhasorStream;
    in close Close;
    set ;
    out (outputs = ("ht_phasor_in_phase", "ht_phasor_quadrature")) in_phase: f64 = "in_phase", quadrature: f64 = "quadrature";
    last 0.60379016747948, 2.0504470783592272;

    "HT_SINE", "Hilbert Transform - SineWave", "sine = sin(phase), lead = sin(phase + 45 degrees), the phase being HT_DCPHASE.",
    HtSine, ht_sine, ht_sine_open, ht_sine_lookback, HtSineStream;
    in close Close;
    set ;
    out (outputs = ("ht_sine_sine", "ht_sine_lead_sine")) sine: f64 = "sine", lead_sine: f64 = "lead_sine";
    last 0.5264849984566292, 0.9734522805730419;

    "HT_TRENDMODE", "Hilbert Transform - Trend vs Cycle Mode", "1, but 0 for half a period after a sine/lead cross, or if the phase step is 0.67..1.5 times 360/period; always 1 if wma(x, 4) is 1.5 percent or more off HT_TRENDLINE.",
    HtTrendmode, ht_trendmode, ht_trendmode_open, ht_trendmode_lookback, HtTrendmodeStream;
    in close Close;
    set ;
    out (output = "ht_trendmode") values: i32 = "";
    last 1.0;

    "SWAK_2PHP", "Swiss Army Knife - Two-Pole High-Pass Filter", "y = 2 * q * y[t-1] - q^2 * y[t-2] + (1 - a/2)^2 * (x - 2 * x[t-1] + x[t-2]), q = 1 - a, a = sqrt(b^2 + 2 * b) - b, b = 2.415 * (1 - cos(2 * pi/n)); y starts at 0.",
    Swak2php, swak_2php, swak_2php_open, swak_2php_lookback, Swak2phpStream;
    in close Close;
    set swak_2php_time_period "time_period": usize = 20, 2.0, 10000.0;
    out (output = "swak_2php") values: f64 = "";
    last -1.2703890239009108;

    "SWAK_BP", "Swiss Army Knife - Band-Pass Filter", "y = cos(2 * pi/n) * (1 + a) * y[t-1] - a * y[t-2] + (1 - a)/2 * (x - x[t-2]), a = (1 - sin(T))/cos(T), T = 4 * pi * delta/n; y starts at 0.",
    SwakBp, swak_bp, swak_bp_open, swak_bp_lookback, SwakBpStream;
    in close Close;
    set swak_bp_time_period "time_period": usize = 20, 5.0, 2000.0, swak_bp_delta "delta": f64 = 0.1, 0.05, 0.5;
    out (output = "swak_bp") values: f64 = "";
    last 0.29159029778658485;

    "SWAK_HP", "Swiss Army Knife - High-Pass Filter", "y = (1 - a) * y[t-1] + (1 - a/2) * (x - x[t-1]), a = (cos(w) + sin(w) - 1)/cos(w), w = 2 * pi/n; y starts at 0.",
    SwakHp, swak_hp, swak_hp_open, swak_hp_lookback, SwakHpStream;
    in close Close;
    set swak_hp_time_period "time_period": usize = 20, 5.0, 100000.0;
    out (output = "swak_hp") values: f64 = "";
    last -3.0644486608436283;
}
