//! Statistics over a window.

use super::adapter::functions;

functions! {
    "BETA", "Beta", "With r the one-bar returns x/x[t-1] - 1 of both series: (n * sum(r0 * r1) - sum(r0) * sum(r1))/(n * sum(r0^2) - sum(r0)^2) over n returns; 0 where r0 is flat.",
    Beta, beta, beta_open, beta_lookback, BetaStream;
    in high High, low Low;
    set beta_time_period "time_period": usize = 5, 1.0, 100000.0;
    out (output = "beta") values: f64 = "";
    last 0.8825723614186732;

    "CORREL", "Pearson's Correlation Coefficient (r)", "Pearson r of the last n pairs: sum((x - mx) * (y - my))/sqrt(sum((x - mx)^2) * sum((y - my)^2)), clamped to -1..1; 0 where either side is flat.",
    Correl, correl, correl_open, correl_lookback, CorrelStream;
    in high High, low Low;
    set correl_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "correl") values: f64 = "";
    last 0.9908453464189454;

    "KURTOSIS", "Rolling Excess Kurtosis", "n * (n + 1)/((n-1)(n-2)(n-3)) * sum((x - m)^4)/s^4 - 3 * (n-1)^2/((n-2)(n-3)), with m the mean and s^2 the variance with ddof 1; NaN on a flat window.",
    Kurtosis, kurtosis, kurtosis_open, kurtosis_lookback, KurtosisStream;
    in close Close;
    set kurtosis_time_period "time_period": usize = 30, 4.0, 10000.0;
    out (output = "kurtosis") values: f64 = "";
    last -1.3693656415187503;

    "LINEARREG", "Linear Regression", "b + m * (n - 1): the end point of the least-squares line y = b + m * k through the last n values, k = 0 being the oldest.",
    Linearreg, linearreg, linearreg_open, linearreg_lookback, LinearregStream;
    in close Close;
    set linearreg_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "linearreg") values: f64 = "";
    last 94.0685714285706;

    "LINEARREG_ANGLE", "Linear Regression Angle", "atan(m) in degrees, m being the slope of the least-squares line through the last n values.",
    LinearregAngle, linearreg_angle, linearreg_angle_open, linearreg_angle_lookback, LinearregAngleStream;
    in close Close;
    set linearreg_angle_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "linearreg_angle") values: f64 = "";
    last -23.32613019803673;

    "LINEARREG_INTERCEPT", "Linear Regression Intercept", "b of the least-squares line y = b + m * k through the last n values, that is its value at the oldest bar, k = 0.",
    LinearregIntercept, linearreg_intercept, linearreg_intercept_open, linearreg_intercept_lookback, LinearregInterceptStream;
    in close Close;
    set linearreg_intercept_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "linearreg_intercept") values: f64 = "";
    last 99.6742857142866;

    "LINEARREG_SLOPE", "Linear Regression Slope", "m of the least-squares line y = b + m * k through the last n values: (n * sum(k * x) - sum(k) * sum(x))/(n * sum(k^2) - sum(k)^2), k = 0 being the oldest.",
    LinearregSlope, linearreg_slope, linearreg_slope_open, linearreg_slope_lookback, LinearregSlopeStream;
    in close Close;
    set linearreg_slope_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "linearreg_slope") values: f64 = "";
    last -0.43120879120892186;

    "MEDIAN", "Rolling Median", "The middle of the last n values in order; the mean of the two middle ones when n is even.",
    Median, median, median_open, median_lookback, MedianStream;
    in close Close;
    set median_time_period "time_period": usize = 30, 2.0, 10000.0;
    out (output = "median") values: f64 = "";
    last 103.25999999999999;

    "PERCENTILE", "Percentile (nearest rank)", "The r-th smallest of the last n values, r = ceil(percent * n/100) held to 1..n: nearest rank, no interpolation.",
    Percentile, percentile, percentile_open, percentile_lookback, PercentileStream;
    in close Close;
    set percentile_time_period "time_period": usize = 100, 2.0, 10000.0, percentile_percent "percent": f64 = 50.0, 0.0, 100.0;
    out (output = "percentile") values: f64 = "";
    last 100.52;

    "PERCENTRANK", "Percent Rank", "100 * (how many of the n values before this bar are strictly below x)/n; the current bar is not in the window.",
    Percentrank, percentrank, percentrank_open, percentrank_lookback, PercentrankStream;
    in close Close;
    set percentrank_time_period "time_period": usize = 100, 2.0, 10000.0;
    out (output = "percentrank") values: f64 = "";
    last 3.0;

    "STDDEV", "Standard Deviation", "nbdev * sqrt(mean of (x - m)^2 over the last n values), m their mean: the population form, ddof 0.",
    Stddev, stddev, stddev_open, stddev_lookback, StddevStream;
    in close Close;
    set stddev_time_period "time_period": usize = 5, 2.0, 100000.0, stddev_deviations "deviations": f64 = 1.0, -3e37, 3e37;
    out (output = "stddev") values: f64 = "";
    last 1.8426068490049594;

    "TSF", "Time Series Forecast", "b + m * n: the least-squares line y = b + m * k through the last n values, k = 0 oldest, extended one bar past its end.",
    Tsf, tsf, tsf_open, tsf_lookback, TsfStream;
    in close Close;
    set tsf_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "tsf") values: f64 = "";
    last 93.63736263736169;

    "VAR", "Variance", "Mean of (x - m)^2 over the last n values, m their mean: the population form, ddof 0; nbdev is not used.",
    Var, var, var_open, var_lookback, VarStream;
    in close Close;
    set var_time_period "time_period": usize = 5, 1.0, 100000.0, var_deviations "deviations": f64 = 1.0, -3e37, 3e37;
    out (output = "var") values: f64 = "";
    last 3.395199999999985;
}
