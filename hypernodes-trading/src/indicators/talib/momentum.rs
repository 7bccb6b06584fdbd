//! How fast prices move.

use super::adapter::functions;
use crate::indicators::Average;

functions! {
    "AC", "Accelerator/Decelerator Oscillator", "AO - sma(AO, signal), with AO = sma((h + l)/2, fast) - sma((h + l)/2, slow); the periods are never swapped.",
    Ac, ac, ac_open, ac_lookback, AcStream;
    in high High, low Low;
    set ac_fast_period "fast_period": usize = 5, 2.0, 100000.0, ac_slow_period "slow_period": usize = 34, 2.0, 100000.0, ac_signal_period "signal_period": usize = 5, 2.0, 100000.0;
    out (output = "ac") values: f64 = "";
    last -0.21764705882351087;

    "ADX", "Average Directional Movement Index", "rma(DX, n) with DX = 100 * |PDI - MDI|/(PDI + MDI), the first value being the mean of n DX; a bar whose PDI + MDI is 0 leaves the line unchanged.",
    Adx, adx, adx_open, adx_lookback, AdxStream;
    in high High, low Low, close Close;
    set adx_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "adx") values: f64 = "";
    last 31.135197692292913;

    "ADXR", "Average Directional Movement Index Rating", "(ADX + ADX[t-(n-1)])/2.",
    Adxr, adxr, adxr_open, adxr_lookback, AdxrStream;
    in high High, low Low, close Close;
    set adxr_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "adxr") values: f64 = "";
    last 26.75231348707696;

    "AO", "Awesome Oscillator", "sma((h + l)/2, fast) - sma((h + l)/2, slow); the periods are never swapped.",
    Ao, ao, ao_open, ao_lookback, AoStream;
    in high High, low Low;
    set ao_fast_period "fast_period": usize = 5, 2.0, 100000.0, ao_slow_period "slow_period": usize = 34, 2.0, 100000.0;
    out (output = "ao") values: f64 = "";
    last -5.756470588235345;

    "APO", "Absolute Price Oscillator", "ma(x, fast) - ma(x, slow) with the chosen average type; the two periods are swapped when slow is below fast.",
    Apo, apo, apo_open, apo_lookback, ApoStream;
    in close Close;
    set apo_fast_period "fast_period": usize = 12, 2.0, 100000.0, apo_slow_period "slow_period": usize = 26, 2.0, 100000.0, apo_ma_type "ma_type": Average = Average::Ema, 0.0, 15.0;
    out (output = "apo") values: f64 = "";
    last -2.104923352681098;

    "AROON", "Aroon", "up = 100 * (n - bars since the highest high)/n, down = 100 * (n - bars since the lowest low)/n, over the last n + 1 bars; on a tie the latest bar counts.",
    Aroon, aroon, aroon_open, aroon_lookback, AroonStream;
    in high High, low Low;
    set aroon_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (outputs = ("aroon_down", "aroon_up")) down: f64 = "down", up: f64 = "up";
    last 100.0, 0.0;

    "AROONOSC", "Aroon Oscillator", "AroonUp - AroonDown = 100 * (bars since the lowest low - bars since the highest high)/n, over the last n + 1 bars.",
    Aroonosc, aroonosc, aroonosc_open, aroonosc_lookback, AroonoscStream;
    in high High, low Low;
    set aroonosc_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "aroonosc") values: f64 = "";
    last -100.0;

    "ASI", "Wilder Accumulative Swing Index", "ASI = ASI[t-1] + SI, the running total of the swing index SI, starting at 0 on the first bar.",
    Asi, asi, asi_open, asi_lookback, AsiStream;
    in open Open, high High, low Low, close Close;
    set asi_limit_move "limit_move": f64 = 3.0, 1e-08, 3e37;
    out (output = "asi") values: f64 = "";
    last 40.567644590571305;

    "BOP", "Balance Of Power", "(c - o)/(h - l); 0 where h <= l.",
    Bop, bop, bop_open, bop_lookback, BopStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "bop") values: f64 = "";
    last -0.4505494505494506;

    "CCI", "Commodity Channel Index", "(p - m)/(0.015 * d), with p = (h + l + c)/3, m = sma(p, n) and d the mean of |p - m| over the same n bars; 0 on a flat window.",
    Cci, cci, cci_open, cci_lookback, CciStream;
    in high High, low Low, close Close;
    set cci_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "cci") values: f64 = "";
    last -153.89636233383763;

    "CG", "Center of Gravity Oscillator", "-sum(k * x[t-k+1])/sum(x[t-k+1]) for k = 1..n, k = 1 being the current bar; -(n + 1)/2 where the sum of the values is 0.",
    Cg, cg, cg_open, cg_lookback, CgStream;
    in close Close;
    set cg_time_period "time_period": usize = 10, 2.0, 100000.0;
    out (output = "cg") values: f64 = "";
    last -5.517011062408684;

    "CHOP", "Choppiness Index", "100 * log10(sum(TR, n)/(highest high - lowest low))/log10(n), the extremes over the last n bars; 100 where the box or the sum is 0.",
    Chop, chop, chop_open, chop_lookback, ChopStream;
    in high High, low Low, close Close;
    set chop_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "chop") values: f64 = "";
    last 45.69142663489965;

    "CHOPTR", "Choppiness Index (True Range Box)", "100 * log10(sum(TR, n)/(H - L))/log10(n), H the highest of max(h, c[t-1]) and L the lowest of min(l, c[t-1]) over the last n bars; 100 where the sum is 0.",
    Choptr, choptr, choptr_open, choptr_lookback, ChoptrStream;
    in high High, low Low, close Close;
    set choptr_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "choptr") values: f64 = "";
    last 45.69142663489965;

    "CMO", "Chande Momentum Oscillator", "100 * (G - L)/(G + L), with G = rma(gains, n) and L = rma(losses, n) of the one-bar changes; 0 where both are 0.",
    Cmo, cmo, cmo_open, cmo_lookback, CmoStream;
    in close Close;
    set cmo_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "cmo") values: f64 = "";
    last -47.306222707662116;

    "CMOU", "Chande Momentum Oscillator (Unsmoothed)", "100 * (G - L)/(G + L), with G and L the plain sums of the gains and of the losses over the last n changes; 0 on a flat window.",
    Cmou, cmou, cmou_open, cmou_lookback, CmouStream;
    in close Close;
    set cmou_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "cmou") values: f64 = "";
    last -71.72774869109949;

    "COPPOCK", "Coppock Curve", "wma(ROC(x, roc1) + ROC(x, roc2), wma period), with ROC(x, k) = 100 * (x/x[t-k] - 1), or 0 where x[t-k] = 0; the sum is not halved.",
    Coppock, coppock, coppock_open, coppock_lookback, CoppockStream;
    in close Close;
    set coppock_wma_period "wma_period": usize = 10, 1.0, 100000.0, coppock_roc1_period "roc1_period": usize = 11, 1.0, 100000.0, coppock_roc2_period "roc2_period": usize = 14, 1.0, 100000.0;
    out (output = "coppock") values: f64 = "";
    last -15.047951224263906;

    "CRSI", "Connors Relative Strength Index", "(RSI(x, n) + RSI(streak, streak period) + PERCENTRANK(x/x[t-1] - 1, rank period))/3; streak counts consecutive rises (positive) or falls (negative) and is 0 on a tie.",
    Crsi, crsi, crsi_open, crsi_lookback, CrsiStream;
    in close Close;
    set crsi_time_period "time_period": usize = 3, 2.0, 100000.0, crsi_streak_period "streak_period": usize = 2, 2.0, 100000.0, crsi_rank_period "rank_period": usize = 100, 2.0, 10000.0;
    out (output = "crsi") values: f64 = "";
    last 5.081996114913437;

    "CTI", "Correlation Trend Indicator", "Pearson r of the last n values against a rising straight line 1..n, clamped to -1..1; 0 on a flat window.",
    Cti, cti, cti_open, cti_lookback, CtiStream;
    in close Close;
    set cti_time_period "time_period": usize = 20, 2.0, 100000.0;
    out (output = "cti") values: f64 = "";
    last -0.9076112263337447;

    "DOSC", "Derivative Oscillator", "D - sma(D, signal), with D = ema(ema(RSI(x, n), first), second).",
    Dosc, dosc, dosc_open, dosc_lookback, DoscStream;
    in close Close;
    set dosc_time_period "time_period": usize = 14, 2.0, 100000.0, dosc_first_period "first_period": usize = 5, 2.0, 100000.0, dosc_second_period "second_period": usize = 3, 2.0, 100000.0, dosc_signal_period "signal_period": usize = 9, 2.0, 100000.0;
    out (output = "dosc") values: f64 = "";
    last -1.7833854689440471;

    "DPO", "Detrended Price Oscillator", "x[t-k] - sma(x, n), with k = n/2 + 1 in whole bars and the average ending at the current bar.",
    Dpo, dpo, dpo_open, dpo_lookback, DpoStream;
    in close Close;
    set dpo_time_period "time_period": usize = 20, 2.0, 100000.0;
    out (output = "dpo") values: f64 = "";
    last -0.43999999999988404;

    "DX", "Directional Movement Index", "100 * |PDI - MDI|/(PDI + MDI), PDI and MDI being the directional indicators of period n; a bar whose sum is 0 repeats the last value (0 at the start).",
    Dx, dx, dx_open, dx_lookback, DxStream;
    in high High, low Low, close Close;
    set dx_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "dx") values: f64 = "";
    last 48.96458182169409;

    "ER", "Kaufman Efficiency Ratio", "|x - x[t-n]|/sum(|x - x[t-1]|, n), at most 1; a flat window gives 1.",
    Er, er, er_open, er_lookback, ErStream;
    in close Close;
    set er_time_period "time_period": usize = 10, 2.0, 100000.0;
    out (output = "er") values: f64 = "";
    last 0.5045871559633026;

    "ERI", "Elder Ray Index (Bull Power / Bear Power)", "bull = h - ema(c, n), bear = l - ema(c, n).",
    Eri, eri, eri_open, eri_lookback, EriStream;
    in high High, low Low, close Close;
    set eri_time_period "time_period": usize = 13, 1.0, 100000.0;
    out (outputs = ("eri_bull", "eri_bear")) bull: f64 = "bull", bear: f64 = "bear";
    last -1.6029837202063533, -5.242983720206354;

    "FISHER", "Fisher Transform", "s = 0.67 * s[t-1] + 0.66 * (p - 0.5), set to +/-0.999 beyond +/-0.99, p the place of (h + l)/2 in its n-bar range (0.5 if flat); F = 0.5 * ln((1 + s)/(1 - s)) + 0.5 * F[t-1]; trigger = F[t-1].",
    Fisher, fisher, fisher_open, fisher_lookback, FisherStream;
    in high High, low Low;
    set fisher_time_period "time_period": usize = 10, 2.0, 100000.0;
    out (outputs = ("fisher", "fisher_trigger")) fisher: f64 = "fisher", trigger: f64 = "trigger";
    last -1.9507128794800463, -1.6905491820585636;

    "FOSC", "Forecast Oscillator", "100 * (x - TSF(x, n)[t-1])/x, the forecast being the one made a bar earlier for this bar; 0 where x = 0.",
    Fosc, fosc, fosc_open, fosc_lookback, FoscStream;
    in close Close;
    set fosc_time_period "time_period": usize = 5, 2.0, 100000.0;
    out (output = "fosc") values: f64 = "";
    last -1.9430051813482976;

    "FRACTAL", "Williams Fractal", "Pivot = the bar right bars back. swing high = 100 if its high is strictly above the highs of the left bars before it and of the right bars after it, else 0; swing low the same on lows, strictly below.",
    Fractal, fractal, fractal_open, fractal_lookback, FractalStream;
    in high High, low Low;
    set fractal_left_bars "left_bars": usize = 2, 1.0, 100000.0, fractal_right_bars "right_bars": usize = 2, 1.0, 100000.0;
    out (outputs = ("fractal_high", "fractal_low")) high_out: i32 = "high", low_out: i32 = "low";
    last 0.0, 0.0;

    "IBS", "Internal Bar Strength", "(c - l)/(h - l); 0.5 where h <= l.",
    Ibs, ibs, ibs_open, ibs_lookback, IbsStream;
    in high High, low Low, close Close;
    set ;
    out (output = "ibs") values: f64 = "";
    last 0.2747252747252747;

    "IMI", "Intraday Momentum Index", "100 * U/(U + D), with U the sum of c - o over up bars and D the sum of o - c over down bars of the last n; 50 where both are 0.",
    Imi, imi, imi_open, imi_lookback, ImiStream;
    in open Open, close Close;
    set imi_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "imi") values: f64 = "";
    last 14.136125654450252;

    "KDJ", "KDJ Stochastic", "raw = 100 * (c - LL)/(HH - LL) over fastk bars (0 if flat); K = ma(raw, slowk), D = ma(K, slowd), J = 3 * K - 2 * D; the default average is rma.",
    Kdj, kdj, kdj_open, kdj_lookback, KdjStream;
    in high High, low Low, close Close;
    set kdj_fast_k_period "fast_k_period": usize = 9, 1.0, 100000.0, kdj_slow_k_period "slow_k_period": usize = 3, 1.0, 100000.0, kdj_slow_k_ma_type "slow_k_ma_type": Average = Average::Rma, 0.0, 15.0, kdj_slow_d_period "slow_d_period": usize = 3, 1.0, 100000.0, kdj_slow_d_ma_type "slow_d_ma_type": Average = Average::Rma, 0.0, 15.0;
    out (outputs = ("kdj_k", "kdj_d", "kdj_j")) k: f64 = "k", d: f64 = "d", j: f64 = "j";
    last 22.314093719971474, 24.4026222771826, 18.137036605549213;

    "KST", "Know Sure Thing (Pring)", "S1 + 2 * S2 + 3 * S3 + 4 * S4, with Si = sma(ROC(x, roc i), sma i) and ROC(x, k) = 100 * (x/x[t-k] - 1), 0 on a zero base; signal = sma(KST, signal).",
    Kst, kst, kst_open, kst_lookback, KstStream;
    in close Close;
    set kst_roc1_period "roc1_period": usize = 10, 1.0, 100000.0, kst_roc2_period "roc2_period": usize = 15, 1.0, 100000.0, kst_roc3_period "roc3_period": usize = 20, 1.0, 100000.0, kst_roc4_period "roc4_period": usize = 30, 1.0, 100000.0, kst_sma1_period "sma1_period": usize = 10, 1.0, 100000.0, kst_sma2_period "sma2_period": usize = 10, 1.0, 100000.0, kst_sma3_period "sma3_period": usize = 10, 1.0, 100000.0, kst_sma4_period "sma4_period": usize = 15, 1.0, 100000.0, kst_signal_period "signal_period": usize = 9, 1.0, 100000.0;
    out (outputs = ("kst", "kst_signal")) kst: f64 = "kst", signal: f64 = "signal";
    last -61.63577443875269, -28.826142345045405;

    "KSTEXT", "Know Sure Thing with controllable MA type", "S1 + 2 * S2 + 3 * S3 + 4 * S4, with Si = ma(ROC(x, roc i), ma i), ROC in percent; signal = ma(line, signal); one average type for the legs, one for the signal.",
    Kstext, kstext, kstext_open, kstext_lookback, KstextStream;
    in close Close;
    set kstext_roc1_period "roc1_period": usize = 10, 1.0, 100000.0, kstext_roc2_period "roc2_period": usize = 15, 1.0, 100000.0, kstext_roc3_period "roc3_period": usize = 20, 1.0, 100000.0, kstext_roc4_period "roc4_period": usize = 30, 1.0, 100000.0, kstext_ma1_period "ma1_period": usize = 10, 1.0, 100000.0, kstext_ma2_period "ma2_period": usize = 10, 1.0, 100000.0, kstext_ma3_period "ma3_period": usize = 10, 1.0, 100000.0, kstext_ma4_period "ma4_period": usize = 15, 1.0, 100000.0, kstext_signal_period "signal_period": usize = 9, 1.0, 100000.0, kstext_rocma_type "rocma_type": Average = Average::Sma, 0.0, 15.0, kstext_signal_ma_type "signal_ma_type": Average = Average::Sma, 0.0, 15.0;
    out (outputs = ("kstext_kst", "kstext_signal")) kst: f64 = "kst", signal: f64 = "signal";
    last -61.63577443875269, -28.826142345045405;

    "MACD", "Moving Average Convergence/Divergence", "line = ema(x, fast) - ema(x, slow), signal = ema(line, signal), histogram = line - signal; the periods are swapped when slow is below fast.",
    Macd, macd, macd_open, macd_lookback, MacdStream;
    in close Close;
    set macd_fast_period "fast_period": usize = 12, 2.0, 100000.0, macd_slow_period "slow_period": usize = 26, 2.0, 100000.0, macd_signal_period "signal_period": usize = 9, 1.0, 100000.0;
    out (outputs = ("macd", "macd_signal", "macd_hist")) macd: f64 = "macd", signal: f64 = "signal", hist: f64 = "hist";
    last -2.104923352681098, -1.495281291406792, -0.6096420612743061;

    "MACDEXT", "MACD with controllable MA type", "line = ma(x, fast) - ma(x, slow), signal = ma(line, signal), histogram = line - signal, each average of its own type; fast and slow are swapped when slow is below fast.",
    Macdext, macdext, macdext_open, macdext_lookback, MacdextStream;
    in close Close;
    set macdext_fast_period "fast_period": usize = 12, 2.0, 100000.0, macdext_fast_ma_type "fast_ma_type": Average = Average::Sma, 0.0, 15.0, macdext_slow_period "slow_period": usize = 26, 2.0, 100000.0, macdext_slow_ma_type "slow_ma_type": Average = Average::Sma, 0.0, 15.0, macdext_signal_period "signal_period": usize = 9, 1.0, 100000.0, macdext_signal_ma_type "signal_ma_type": Average = Average::Sma, 0.0, 15.0;
    out (outputs = ("macdext_macd", "macdext_signal", "macdext_hist")) macd: f64 = "macd", signal: f64 = "signal", hist: f64 = "hist";
    last -4.469230769230748, -3.6158974358974185, -0.8533333333333295;

    "MACDFIX", "Moving Average Convergence/Divergence Fix 12/26", "line = ema12 - ema26 with the factors 0.15 and 0.075 (not 2/13 and 2/27), signal = ema(line, signal), histogram = line - signal.",
    Macdfix, macdfix, macdfix_open, macdfix_lookback, MacdfixStream;
    in close Close;
    set macdfix_signal_period "signal_period": usize = 9, 1.0, 100000.0;
    out (outputs = ("macdfix_macd", "macdfix_signal", "macdfix_hist")) macd: f64 = "macd", signal: f64 = "signal", hist: f64 = "hist";
    last -2.000558723193464, -1.4163002930125448, -0.5842584301809193;

    "MFI", "Money Flow Index", "100 * P/(P + N), with p = (h + l + c)/3 and P, N the sums of p * v over the last n bars on which p rose or fell; an unchanged p adds nothing; 0 where both are 0.",
    Mfi, mfi, mfi_open, mfi_lookback, MfiStream;
    in high High, low Low, close Close, volume Volume;
    set mfi_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "mfi") values: f64 = "";
    last 35.24352275183432;

    "MINUS_DI", "Minus Directional Indicator", "100 * MINUS_DM(n)/S, with S = S[t-1] - S[t-1]/n + TR, seeded like MINUS_DM; 0 where S = 0. n = 1 gives DM/TR without the 100.",
    MinusDi, minus_di, minus_di_open, minus_di_lookback, MinusDiStream;
    in high High, low Low, close Close;
    set minus_di_time_period "time_period": usize = 14, 1.0, 100000.0;
    out (output = "minus_di") values: f64 = "";
    last 23.448262532675386;

    "MINUS_DM", "Minus Directional Movement", "S = S[t-1] - S[t-1]/n + D, seeded with the sum of the first n - 1 D; D = l[t-1] - l where that is positive and above h - h[t-1], else 0. n = 1 gives D.",
    MinusDm, minus_dm, minus_dm_open, minus_dm_lookback, MinusDmStream;
    in high High, low Low;
    set minus_dm_time_period "time_period": usize = 14, 1.0, 100000.0;
    out (output = "minus_dm") values: f64 = "";
    last 9.878065486249195;

    "MOM", "Momentum", "x - x[t-n].",
    Mom, mom, mom_open, mom_lookback, MomStream;
    in close Close;
    set mom_time_period "time_period": usize = 10, 1.0, 100000.0;
    out (output = "mom") values: f64 = "";
    last -4.3999999999999915;

    "PLUS_DI", "Plus Directional Indicator", "100 * PLUS_DM(n)/S, with S = S[t-1] - S[t-1]/n + TR, seeded like PLUS_DM; 0 where S = 0. n = 1 gives DM/TR without the 100.",
    PlusDi, plus_di, plus_di_open, plus_di_lookback, PlusDiStream;
    in high High, low Low, close Close;
    set plus_di_time_period "time_period": usize = 14, 1.0, 100000.0;
    out (output = "plus_di") values: f64 = "";
    last 8.033398739991721;

    "PLUS_DM", "Plus Directional Movement", "S = S[t-1] - S[t-1]/n + D, seeded with the sum of the first n - 1 D; D = h - h[t-1] where that is positive and above l[t-1] - l, else 0. n = 1 gives D.",
    PlusDm, plus_dm, plus_dm_open, plus_dm_lookback, PlusDmStream;
    in high High, low Low;
    set plus_dm_time_period "time_period": usize = 14, 1.0, 100000.0;
    out (output = "plus_dm") values: f64 = "";
    last 3.384235344525369;

    "PPO", "Percentage Price Oscillator", "100 * (ma(x, fast) - ma(x, slow))/ma(x, slow), 0 where the slow average is 0; the periods are swapped when slow is below fast.",
    Ppo, ppo, ppo_open, ppo_lookback, PpoStream;
    in close Close;
    set ppo_fast_period "fast_period": usize = 12, 2.0, 100000.0, ppo_slow_period "slow_period": usize = 26, 2.0, 100000.0, ppo_ma_type "ma_type": Average = Average::Ema, 0.0, 15.0;
    out (output = "ppo") values: f64 = "";
    last -2.1312609605110415;

    "PSO", "Premier Stochastic Oscillator", "tanh(S/2), that is (e^S - 1)/(e^S + 1), with S = ema(ema(0.1 * (K - 50), p), p) and K = 100 * (c - LL)/(HH - LL) over fastk bars, 50 on a flat window.",
    Pso, pso, pso_open, pso_lookback, PsoStream;
    in high High, low Low, close Close;
    set pso_fast_k_period "fast_k_period": usize = 8, 1.0, 100000.0, pso_ema_period "ema_period": usize = 5, 1.0, 100000.0;
    out (output = "pso") values: f64 = "";
    last -0.7823933424605722;

    "QSTICK", "Qstick", "sma(c - o, n).",
    Qstick, qstick, qstick_open, qstick_lookback, QstickStream;
    in open Open, close Close;
    set qstick_time_period "time_period": usize = 10, 1.0, 100000.0;
    out (output = "qstick") values: f64 = "";
    last -0.43999999999999917;

    "ROC", "Rate of change : ((price/prevPrice)-1)*100", "100 * (x/x[t-n] - 1); 0 where x[t-n] = 0.",
    Roc, roc, roc_open, roc_lookback, RocStream;
    in close Close;
    set roc_time_period "time_period": usize = 10, 1.0, 100000.0;
    out (output = "roc") values: f64 = "";
    last -4.534212695795537;

    "ROCP", "Rate of change Percentage: (price-prevPrice)/prevPrice", "(x - x[t-n])/x[t-n]; 0 where x[t-n] = 0.",
    Rocp, rocp, rocp_open, rocp_lookback, RocpStream;
    in close Close;
    set rocp_time_period "time_period": usize = 10, 1.0, 100000.0;
    out (output = "rocp") values: f64 = "";
    last -0.0453421269579554;

    "ROCR", "Rate of change ratio: (price/prevPrice)", "x/x[t-n]; 0 where x[t-n] = 0.",
    Rocr, rocr, rocr_open, rocr_lookback, RocrStream;
    in close Close;
    set rocr_time_period "time_period": usize = 10, 1.0, 100000.0;
    out (output = "rocr") values: f64 = "";
    last 0.9546578730420446;

    "ROCR100", "Rate of change ratio 100 scale: (price/prevPrice)*100", "100 * x/x[t-n]; 0 where x[t-n] = 0.",
    Rocr100, rocr100, rocr100_open, rocr100_lookback, Rocr100Stream;
    in close Close;
    set rocr100_time_period "time_period": usize = 10, 1.0, 100000.0;
    out (output = "rocr100") values: f64 = "";
    last 95.46578730420447;

    "RSI", "Relative Strength Index", "100 * G/(G + L), with G = rma(gains, n) and L = rma(losses, n) of the one-bar changes; 50 where both are 0.",
    Rsi, rsi, rsi_open, rsi_lookback, RsiStream;
    in close Close;
    set rsi_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "rsi") values: f64 = "";
    last 26.34688864616893;

    "SI", "Wilder Swing Index", "50 * (K/limit) * (c - c1 + (c - o)/2 + (c1 - o1)/4)/R; c1, o1 the prior bar, K = max(u, d), u = |h - c1|, d = |l - c1|, R = max(u - d/2, d - u/2, |h - l|) + |c1 - o1|/4; 0 where R = 0.",
    Si, si, si_open, si_lookback, SiStream;
    in open Open, high High, low Low, close Close;
    set si_limit_move "limit_move": f64 = 3.0, 1e-08, 3e37;
    out (output = "si") values: f64 = "";
    last -31.180246913580262;

    "SMI", "Stochastic Momentum Index", "100 * ema(ema(c - (HH + LL)/2, slow), fast)/(0.5 * ema(ema(HH - LL, slow), fast)), extremes over n bars, 0 where the divisor is 0; signal = ema(SMI, signal).",
    Smi, smi, smi_open, smi_lookback, SmiStream;
    in high High, low Low, close Close;
    set smi_time_period "time_period": usize = 13, 2.0, 100000.0, smi_fast_period "fast_period": usize = 2, 2.0, 100000.0, smi_slow_period "slow_period": usize = 25, 2.0, 100000.0, smi_signal_period "signal_period": usize = 9, 2.0, 100000.0;
    out (outputs = ("smi", "smi_signal")) smi: f64 = "smi", signal: f64 = "signal";
    last -44.26472421199663, -31.567856618152277;

    "SQZMOM", "Squeeze Momentum and Level", "momentum = linearreg(c - ((HH + LL)/2 + sma(c, k))/2, k); squeeze = 3, 2, 1 if the Bollinger bands lie inside sma(c, k) +/- factor * sma(TR, k) for narrow, normal, wide; -1 outside wide, else 0.",
    Sqzmom, sqzmom, sqzmom_open, sqzmom_lookback, SqzmomStream;
    in high High, low Low, close Close;
    set sqzmom_bb_period "bb_period": usize = 20, 2.0, 100000.0, sqzmom_deviations "deviations": f64 = 2.0, 0.0, 3e37, sqzmom_kc_period "kc_period": usize = 20, 2.0, 100000.0, sqzmom_factor_wide "factor_wide": f64 = 2.0, 0.0, 3e37, sqzmom_factor_normal "factor_normal": f64 = 1.5, 0.0, 3e37, sqzmom_factor_narrow "factor_narrow": f64 = 1.0, 0.0, 3e37;
    out (outputs = ("sqzmom_momentum", "sqzmom_squeeze")) momentum: f64 = "momentum", squeeze: i32 = "squeeze";
    last -6.931857142857073, -1.0;

    "STC", "Schaff Trend Cycle", "M = ema(x, fast) - ema(x, slow); P = P[t-1] + 0.5 * (K(M) - P[t-1]); STC = STC[t-1] + 0.5 * (K(P) - STC[t-1]); K = 100 * (x - min)/(max - min) over cycle bars, its last value if flat; seeds: first K.",
    Stc, stc, stc_open, stc_lookback, StcStream;
    in close Close;
    set stc_fast_period "fast_period": usize = 23, 2.0, 100000.0, stc_slow_period "slow_period": usize = 50, 2.0, 100000.0, stc_cycle_period "cycle_period": usize = 10, 2.0, 100000.0;
    out (output = "stc") values: f64 = "";
    last 1.7854952384660433e-5;

    "STOCH", "Stochastic", "raw = 100 * (c - LL)/(HH - LL) over fastk bars (0 if flat); slow K = ma(raw, slowk), slow D = ma(slow K, slowd), each of its own average type.",
    Stoch, stoch, stoch_open, stoch_lookback, StochStream;
    in high High, low Low, close Close;
    set stoch_fast_k_period "fast_k_period": usize = 5, 1.0, 100000.0, stoch_slow_k_period "slow_k_period": usize = 3, 1.0, 100000.0, stoch_slow_k_ma_type "slow_k_ma_type": Average = Average::Sma, 0.0, 15.0, stoch_slow_d_period "slow_d_period": usize = 3, 1.0, 100000.0, stoch_slow_d_ma_type "slow_d_ma_type": Average = Average::Sma, 0.0, 15.0;
    out (outputs = ("stoch_k", "stoch_d")) k: f64 = "k", d: f64 = "d";
    last 20.28759615464823, 39.53331876970457;

    "STOCHF", "Stochastic Fast", "fast K = 100 * (c - LL)/(HH - LL) over fastk bars (0 if flat); fast D = ma(fast K, fastd).",
    Stochf, stochf, stochf_open, stochf_lookback, StochfStream;
    in high High, low Low, close Close;
    set stochf_fast_k_period "fast_k_period": usize = 5, 1.0, 100000.0, stochf_fast_d_period "fast_d_period": usize = 3, 1.0, 100000.0, stochf_fast_d_ma_type "fast_d_ma_type": Average = Average::Sma, 0.0, 15.0;
    out (outputs = ("stochf_k", "stochf_d")) k: f64 = "k", d: f64 = "d";
    last 14.450867052023117, 20.28759615464823;

    "STOCHRSI", "Stochastic Relative Strength Index", "With R = RSI(x, n): fast K = 100 * (R - min)/(max - min) of R over fastk bars (0 if flat), fast D = ma(fast K, fastd).",
    Stochrsi, stochrsi, stochrsi_open, stochrsi_lookback, StochrsiStream;
    in close Close;
    set stochrsi_time_period "time_period": usize = 14, 2.0, 100000.0, stochrsi_fast_k_period "fast_k_period": usize = 5, 1.0, 100000.0, stochrsi_fast_d_period "fast_d_period": usize = 3, 1.0, 100000.0, stochrsi_fast_d_ma_type "fast_d_ma_type": Average = Average::Sma, 0.0, 15.0;
    out (outputs = ("stochrsi_k", "stochrsi_d")) k: f64 = "k", d: f64 = "d";
    last 0.0, 3.4831598405625073;

    "TRIX", "1-day Rate-Of-Change (ROC) of a Triple Smooth EMA", "100 * (E/E[t-1] - 1) with E = ema(ema(ema(x, n), n), n); 0 where E[t-1] = 0.",
    Trix, trix, trix_open, trix_lookback, TrixStream;
    in close Close;
    set trix_time_period "time_period": usize = 30, 1.0, 100000.0;
    out (output = "trix") values: f64 = "";
    last 0.012727578457361055;

    "TSI", "True Strength Index", "100 * ema(ema(d, first), second)/ema(ema(|d|, first), second), with d = x - x[t-1]; 0 where the divisor is 0.",
    Tsi, tsi, tsi_open, tsi_lookback, TsiStream;
    in close Close;
    set tsi_first_period "first_period": usize = 25, 2.0, 100000.0, tsi_second_period "second_period": usize = 13, 2.0, 100000.0;
    out (output = "tsi") values: f64 = "";
    last -31.006409841663686;

    "ULTOSC", "Ultimate Oscillator", "100 * (4 * A1 + 2 * A2 + A3)/7, with Ai = sum(c - min(l, c[t-1]), ni)/sum(TR, ni), the periods sorted so that n1 is shortest; an Ai without true range is 0.",
    Ultosc, ultosc, ultosc_open, ultosc_lookback, UltoscStream;
    in high High, low Low, close Close;
    set ultosc_time_period1 "time_period1": usize = 7, 1.0, 100000.0, ultosc_time_period2 "time_period2": usize = 14, 1.0, 100000.0, ultosc_time_period3 "time_period3": usize = 28, 1.0, 100000.0;
    out (output = "ultosc") values: f64 = "";
    last 40.22085824659554;

    "VHF", "Vertical Horizontal Filter", "(highest(x, n) - lowest(x, n))/sum(|x - x[t-1]|, n), the sum over n changes, reaching one bar further back; 0 on a flat path.",
    Vhf, vhf, vhf_open, vhf_lookback, VhfStream;
    in close Close;
    set vhf_time_period "time_period": usize = 28, 2.0, 100000.0;
    out (output = "vhf") values: f64 = "";
    last 0.6152694610778445;

    "VORTEX", "Vortex Indicator", "plus = sum(|h - l[t-1]|, n)/sum(TR, n), minus = sum(|l - h[t-1]|, n)/sum(TR, n); 0 where the true range sums to 0.",
    Vortex, vortex, vortex_open, vortex_lookback, VortexStream;
    in high High, low Low, close Close;
    set vortex_time_period "time_period": usize = 14, 1.0, 100000.0;
    out (outputs = ("vortex_plus", "vortex_minus")) plus: f64 = "plus", minus: f64 = "minus";
    last 0.7467652495378928, 1.253234750462107;

    "WAD", "Williams' Accumulation/Distribution", "y = y[t-1] + c - min(l, c[t-1]) if c > c[t-1], y[t-1] + c - max(h, c[t-1]) if c < c[t-1], else y[t-1]; starts at 0 and uses no volume.",
    Wad, wad, wad_open, wad_lookback, WadStream;
    in high High, low Low, close Close;
    set ;
    out (output = "wad") values: f64 = "";
    last 6.640000000000001;

    "WAVETREND", "WaveTrend Oscillator", "p = (h + l + c)/3, E = ema(p, channel), D = ema(|p - E|, channel); wt1 = ema((p - E)/(0.015 * D), average) with 0 where D = 0, wt2 = sma(wt1, signal).",
    Wavetrend, wavetrend, wavetrend_open, wavetrend_lookback, WavetrendStream;
    in high High, low Low, close Close;
    set wavetrend_channel_period "channel_period": usize = 10, 2.0, 100000.0, wavetrend_average_period "average_period": usize = 21, 1.0, 100000.0, wavetrend_signal_period "signal_period": usize = 4, 1.0, 100000.0;
    out (outputs = ("wavetrend_wt1", "wavetrend_wt2")) wt1: f64 = "wt1", wt2: f64 = "wt2";
    last -50.635222753807184, -45.285018778451914;

    "WILLR", "Williams' %R", "-100 * (HH - c)/(HH - LL) over the last n bars, held to -100..0; 0 on a flat window.",
    Willr, willr, willr_open, willr_lookback, WillrStream;
    in high High, low Low, close Close;
    set willr_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "willr") values: f64 = "";
    last -92.28395061728395;
}
