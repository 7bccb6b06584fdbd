//! Candlestick patterns: 100 or more for a bullish one, -100 or less for a bearish one, 0 for none.

use super::adapter::functions;

functions! {
    "CDL2CROWS", "Two Crows", "-100: a long white candle (body above the mean of 10 earlier), a black body gapping up, then a black candle that opens inside the second body and closes inside the first.",
    Cdl2crows, cdl2crows, cdl2crows_open, cdl2crows_lookback, Cdl2crowsStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdl2crows") values: i32 = "";
    last 0.0;

    "CDL3BLACKCROWS", "Three Black Crows", "-100: after a white candle, three black ones with lower closes, each opening inside the body before it, lower shadows under 0.1 of the mean range of 10 earlier; the first closes below the white high.",
    Cdl3blackcrows, cdl3blackcrows, cdl3blackcrows_open, cdl3blackcrows_lookback, Cdl3blackcrowsStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdl3blackcrows") values: i32 = "";
    last 0.0;

    "CDL3INSIDE", "Three Inside Up/Down", "+100 after a black first candle, -100 after a white one: long body, short body strictly inside it, then an opposite-color candle closing past the first open; long/short by the mean of 10 earlier bodies.",
    Cdl3inside, cdl3inside, cdl3inside_open, cdl3inside_lookback, Cdl3insideStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdl3inside") values: i32 = "";
    last 0.0;

    "CDL3LINESTRIKE", "Three-Line Strike", "Three candles of one color closing further on, each opening in or near the body before (0.2 of the mean range of 5 earlier), then an opposite one opening beyond and closing past the first open; +100 if white, -100 black.",
    Cdl3linestrike, cdl3linestrike, cdl3linestrike_open, cdl3linestrike_lookback, Cdl3linestrikeStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdl3linestrike") values: i32 = "";
    last 0.0;

    "CDL3OUTSIDE", "Three Outside Up/Down", "+100: a white body engulfs a black one, then a higher close; -100: a black body engulfs a white one, then a lower close. No averages.",
    Cdl3outside, cdl3outside, cdl3outside_open, cdl3outside_lookback, Cdl3outsideStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdl3outside") values: i32 = "";
    last 0.0;

    "CDL3STARSINSOUTH", "Three Stars In The South", "+100: long black candle with a long lower shadow; smaller black one opening above its close, its low between that close and low; short black marubozu inside the second range. Averages of 10 earlier.",
    Cdl3starsinsouth, cdl3starsinsouth, cdl3starsinsouth_open, cdl3starsinsouth_lookback, Cdl3starsinsouthStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdl3starsinsouth") values: i32 = "";
    last 0.0;

    "CDL3WHITESOLDIERS", "Three Advancing White Soldiers", "+100: three white candles, higher opens and closes, opening in or near the body before (5 earlier), very short upper shadows, none far smaller than the last, the third not short (10 earlier).",
    Cdl3whitesoldiers, cdl3whitesoldiers, cdl3whitesoldiers_open, cdl3whitesoldiers_lookback, Cdl3whitesoldiersStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdl3whitesoldiers") values: i32 = "";
    last 0.0;

    "CDLABANDONEDBABY", "Abandoned Baby", "Long body, doji, opposite body that is not short (10 earlier), with full gaps (shadows too) on both sides of the doji and a close past penetration of the first body; +100 if the third is white, -100 black.",
    Cdlabandonedbaby, cdlabandonedbaby, cdlabandonedbaby_open, cdlabandonedbaby_lookback, CdlabandonedbabyStream;
    in open Open, high High, low Low, close Close;
    set cdlabandonedbaby_penetration "penetration": f64 = 0.3, 0.0, 3e37;
    out (output = "cdlabandonedbaby") values: i32 = "";
    last 0.0;

    "CDLADVANCEBLOCK", "Advance Block", "-100: three white candles with higher closes opening in or near the body before, the first long with a short upper shadow, then shrinking bodies or growing upper shadows; averages of 5/10 earlier.",
    Cdladvanceblock, cdladvanceblock, cdladvanceblock_open, cdladvanceblock_lookback, CdladvanceblockStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdladvanceblock") values: i32 = "";
    last 0.0;

    "CDLBELTHOLD", "Belt-hold", "Long body (above the mean of 10 earlier) with almost no shadow on its open side (under 0.1 of the mean range of 10): +100 if white, no lower shadow; -100 if black, no upper shadow.",
    Cdlbelthold, cdlbelthold, cdlbelthold_open, cdlbelthold_lookback, CdlbeltholdStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlbelthold") values: i32 = "";
    last 0.0;

    "CDLBREAKAWAY", "Breakaway", "Long body (10 earlier), same-color body gapping on, two more candles with further highs and lows (the fourth of that color), then an opposite close inside the first gap; +100 if the fifth is white, -100 black.",
    Cdlbreakaway, cdlbreakaway, cdlbreakaway_open, cdlbreakaway_lookback, CdlbreakawayStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlbreakaway") values: i32 = "";
    last 0.0;

    "CDLCLOSINGMARUBOZU", "Closing Marubozu", "Long body (above the mean of 10 earlier) with almost no shadow at its close (under 0.1 of the mean range of 10): +100 white without upper, -100 black without lower shadow.",
    Cdlclosingmarubozu, cdlclosingmarubozu, cdlclosingmarubozu_open, cdlclosingmarubozu_lookback, CdlclosingmarubozuStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlclosingmarubozu") values: i32 = "";
    last 0.0;

    "CDLCONCEALBABYSWALL", "Concealing Baby Swallow", "+100: four black candles: two with very short shadows (0.1 of the mean range of 10 earlier), one gapping down with an upper shadow into the body before, and one engulfing it with its shadows.",
    Cdlconcealbabyswall, cdlconcealbabyswall, cdlconcealbabyswall_open, cdlconcealbabyswall_lookback, CdlconcealbabyswallStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlconcealbabyswall") values: i32 = "";
    last 0.0;

    "CDLCOUNTERATTACK", "Counterattack", "Two long bodies of opposite color (10 earlier) with equal closes (within 0.05 of the mean range of 5 earlier); +100 if the second is white, -100 black.",
    Cdlcounterattack, cdlcounterattack, cdlcounterattack_open, cdlcounterattack_lookback, CdlcounterattackStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlcounterattack") values: i32 = "";
    last 0.0;

    "CDLDARKCLOUDCOVER", "Dark Cloud Cover", "-100: a long white candle (10 earlier), then a black one opening above its high and closing inside its body, more than penetration of that body below its close.",
    Cdldarkcloudcover, cdldarkcloudcover, cdldarkcloudcover_open, cdldarkcloudcover_lookback, CdldarkcloudcoverStream;
    in open Open, high High, low Low, close Close;
    set cdldarkcloudcover_penetration "penetration": f64 = 0.5, 0.0, 3e37;
    out (output = "cdldarkcloudcover") values: i32 = "";
    last 0.0;

    "CDLDOJI", "Doji", "100 where |c - o| is at most 0.1 of the mean high-low range of the 10 earlier candles, else 0.",
    Cdldoji, cdldoji, cdldoji_open, cdldoji_lookback, CdldojiStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdldoji") values: i32 = "";
    last 0.0;

    "CDLDOJISTAR", "Doji Star", "A long body (10 earlier), then a doji whose body gaps away in its direction; -100 after a white candle (gap up), +100 after a black one (gap down).",
    Cdldojistar, cdldojistar, cdldojistar_open, cdldojistar_lookback, CdldojistarStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdldojistar") values: i32 = "";
    last 0.0;

    "CDLDRAGONFLYDOJI", "Dragonfly Doji", "+100: a doji with a very short upper shadow and a lower shadow that is not very short; both limits are 0.1 of the mean range of 10 earlier.",
    Cdldragonflydoji, cdldragonflydoji, cdldragonflydoji_open, cdldragonflydoji_lookback, CdldragonflydojiStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdldragonflydoji") values: i32 = "";
    last 0.0;

    "CDLENGULFING", "Engulfing Pattern", "A body engulfing the opposite-color body before it; +100 if white, -100 if black, +/-80 where one end of the bodies is equal. No averages.",
    Cdlengulfing, cdlengulfing, cdlengulfing_open, cdlengulfing_lookback, CdlengulfingStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlengulfing") values: i32 = "";
    last 0.0;

    "CDLEVENINGDOJISTAR", "Evening Doji Star", "-100: long white candle, doji gapping up by the body, then a black body that is not short, closing more than penetration of the first body below its close; averages of 10 earlier.",
    Cdleveningdojistar, cdleveningdojistar, cdleveningdojistar_open, cdleveningdojistar_lookback, CdleveningdojistarStream;
    in open Open, high High, low Low, close Close;
    set cdleveningdojistar_penetration "penetration": f64 = 0.3, 0.0, 3e37;
    out (output = "cdleveningdojistar") values: i32 = "";
    last 0.0;

    "CDLEVENINGSTAR", "Evening Star", "-100: long white candle, short body gapping up, then a black body that is not short, closing more than penetration of the first body below its close; averages of 10 earlier.",
    Cdleveningstar, cdleveningstar, cdleveningstar_open, cdleveningstar_lookback, CdleveningstarStream;
    in open Open, high High, low Low, close Close;
    set cdleveningstar_penetration "penetration": f64 = 0.3, 0.0, 3e37;
    out (output = "cdleveningstar") values: i32 = "";
    last 0.0;

    "CDLGAPSIDESIDEWHITE", "Up/Down-gap side-by-side white lines", "Two white candles of near size and equal open (0.2 and 0.05 of the mean range of 5 earlier), both bodies gapping the same way from the first body; +100 for up, -100 for down.",
    Cdlgapsidesidewhite, cdlgapsidesidewhite, cdlgapsidesidewhite_open, cdlgapsidesidewhite_lookback, CdlgapsidesidewhiteStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlgapsidesidewhite") values: i32 = "";
    last 0.0;

    "CDLGRAVESTONEDOJI", "Gravestone Doji", "+100: a doji with a very short lower shadow and an upper shadow that is not very short; both limits are 0.1 of the mean range of 10 earlier.",
    Cdlgravestonedoji, cdlgravestonedoji, cdlgravestonedoji_open, cdlgravestonedoji_lookback, CdlgravestonedojiStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlgravestonedoji") values: i32 = "";
    last 0.0;

    "CDLHAMMER", "Hammer", "+100: short body (below the mean of 10 earlier), lower shadow longer than the body, very short upper shadow, body bottom at most 0.2 of the mean range of 5 earlier above the prior low.",
    Cdlhammer, cdlhammer, cdlhammer_open, cdlhammer_lookback, CdlhammerStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlhammer") values: i32 = "";
    last 0.0;

    "CDLHANGINGMAN", "Hanging Man", "-100: short body (below the mean of 10 earlier), lower shadow longer than the body, very short upper shadow, body bottom no more than 0.2 of the mean range of 5 earlier under the prior high.",
    Cdlhangingman, cdlhangingman, cdlhangingman_open, cdlhangingman_lookback, CdlhangingmanStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlhangingman") values: i32 = "";
    last 0.0;

    "CDLHARAMI", "Harami Pattern", "A long body, then a short body inside it (mean of 10 earlier bodies); +100 after a black first candle, -100 after a white one, +/-80 where the bodies share an end.",
    Cdlharami, cdlharami, cdlharami_open, cdlharami_lookback, CdlharamiStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlharami") values: i32 = "";
    last 0.0;

    "CDLHARAMICROSS", "Harami Cross Pattern", "A long body, then a doji inside it (averages of 10 earlier); +100 after a black first candle, -100 after a white one, +/-80 where the bodies share an end.",
    Cdlharamicross, cdlharamicross, cdlharamicross_open, cdlharamicross_lookback, CdlharamicrossStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlharamicross") values: i32 = "";
    last 0.0;

    "CDLHIGHWAVE", "High-Wave Candle", "Short body (below the mean of 10 earlier) with both shadows more than twice the body; +100 if white, -100 if black.",
    Cdlhighwave, cdlhighwave, cdlhighwave_open, cdlhighwave_lookback, CdlhighwaveStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlhighwave") values: i32 = "";
    last 0.0;

    "CDLHIKKAKE", "Hikkake Pattern", "Inside bar, then +100 on a bar with lower high and low, -100 on higher ones; within 3 bars a close above the inside bar's high (after +) gives +200, below its low (after -) -200.",
    Cdlhikkake, cdlhikkake, cdlhikkake_open, cdlhikkake_lookback, CdlhikkakeStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlhikkake") values: i32 = "";
    last 0.0;

    "CDLHIKKAKEMOD", "Modified Hikkake Pattern", "Two nested inside bars, then +100 on lower high and low if candle 2 closed near its low, -100 mirrored (0.2 of the mean range of 5 earlier); +/-200 when a close passes candle 3 within 3 bars.",
    Cdlhikkakemod, cdlhikkakemod, cdlhikkakemod_open, cdlhikkakemod_lookback, CdlhikkakemodStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlhikkakemod") values: i32 = "";
    last 0.0;

    "CDLHOMINGPIGEON", "Homing Pigeon", "+100: a long black candle, then a short black body inside its body; long and short by the mean body of 10 earlier.",
    Cdlhomingpigeon, cdlhomingpigeon, cdlhomingpigeon_open, cdlhomingpigeon_lookback, CdlhomingpigeonStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlhomingpigeon") values: i32 = "";
    last 0.0;

    "CDLIDENTICAL3CROWS", "Identical Three Crows", "-100: three black candles with lower closes, very short lower shadows (10 earlier), the second and third opening at the prior close (within 0.05 of the mean range of 5 earlier).",
    Cdlidentical3crows, cdlidentical3crows, cdlidentical3crows_open, cdlidentical3crows_lookback, Cdlidentical3crowsStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlidentical3crows") values: i32 = "";
    last 0.0;

    "CDLINNECK", "In-Neck Pattern", "-100: a long black candle (10 earlier), then a white one opening below its low and closing at its close or at most 0.05 of the mean range of 5 earlier above it.",
    Cdlinneck, cdlinneck, cdlinneck_open, cdlinneck_lookback, CdlinneckStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlinneck") values: i32 = "";
    last 0.0;

    "CDLINVERTEDHAMMER", "Inverted Hammer", "+100: short body gapping down from the prior body, upper shadow longer than the body, very short lower shadow; averages of 10 earlier.",
    Cdlinvertedhammer, cdlinvertedhammer, cdlinvertedhammer_open, cdlinvertedhammer_lookback, CdlinvertedhammerStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlinvertedhammer") values: i32 = "";
    last 0.0;

    "CDLKICKING", "Kicking", "Two opposite marubozu (long bodies, very short shadows; averages of 10 earlier) with a full gap, up if black then white; +100 if the second is white, -100 black.",
    Cdlkicking, cdlkicking, cdlkicking_open, cdlkicking_lookback, CdlkickingStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlkicking") values: i32 = "";
    last 0.0;

    "CDLKICKINGBYLENGTH", "Kicking - bull/bear determined by the longer marubozu", "Two opposite marubozu (long bodies, very short shadows; averages of 10 earlier) with a full gap, up if black then white; the sign is the color of the longer body, +100 white, -100 black.",
    Cdlkickingbylength, cdlkickingbylength, cdlkickingbylength_open, cdlkickingbylength_lookback, CdlkickingbylengthStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlkickingbylength") values: i32 = "";
    last 0.0;

    "CDLLADDERBOTTOM", "Ladder Bottom", "+100: three black candles with lower opens and closes, a black one whose upper shadow is not very short (10 earlier), then a white one opening above its open and closing above its high.",
    Cdlladderbottom, cdlladderbottom, cdlladderbottom_open, cdlladderbottom_lookback, CdlladderbottomStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlladderbottom") values: i32 = "";
    last 0.0;

    "CDLLONGLEGGEDDOJI", "Long Legged Doji", "+100: a doji (body at most 0.1 of the mean range of 10 earlier) with at least one shadow longer than its body.",
    Cdllongleggeddoji, cdllongleggeddoji, cdllongleggeddoji_open, cdllongleggeddoji_lookback, CdllongleggeddojiStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdllongleggeddoji") values: i32 = "";
    last 0.0;

    "CDLLONGLINE", "Long Line Candle", "Long body (above the mean of 10 earlier) with both shadows short (under half the mean shadow total of 10 earlier); +100 if white, -100 if black.",
    Cdllongline, cdllongline, cdllongline_open, cdllongline_lookback, CdllonglineStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdllongline") values: i32 = "";
    last 0.0;

    "CDLMARUBOZU", "Marubozu", "Long body (above the mean of 10 earlier) with both shadows very short (under 0.1 of the mean range of 10 earlier); +100 if white, -100 if black.",
    Cdlmarubozu, cdlmarubozu, cdlmarubozu_open, cdlmarubozu_lookback, CdlmarubozuStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlmarubozu") values: i32 = "";
    last 0.0;

    "CDLMATCHINGLOW", "Matching Low", "+100: two black candles with equal closes, within 0.05 of the mean range of 5 earlier.",
    Cdlmatchinglow, cdlmatchinglow, cdlmatchinglow_open, cdlmatchinglow_lookback, CdlmatchinglowStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlmatchinglow") values: i32 = "";
    last 0.0;

    "CDLMATHOLD", "Mat Hold", "+100: long white candle, short black body gapping up, two short falling bodies holding above the first close less penetration of its body, then a white close above their highs; averages of 10 earlier.",
    Cdlmathold, cdlmathold, cdlmathold_open, cdlmathold_lookback, CdlmatholdStream;
    in open Open, high High, low Low, close Close;
    set cdlmathold_penetration "penetration": f64 = 0.5, 0.0, 3e37;
    out (output = "cdlmathold") values: i32 = "";
    last 0.0;

    "CDLMORNINGDOJISTAR", "Morning Doji Star", "+100: long black candle, doji gapping down by the body, then a white body that is not short, closing more than penetration of the first body above its close; averages of 10 earlier.",
    Cdlmorningdojistar, cdlmorningdojistar, cdlmorningdojistar_open, cdlmorningdojistar_lookback, CdlmorningdojistarStream;
    in open Open, high High, low Low, close Close;
    set cdlmorningdojistar_penetration "penetration": f64 = 0.3, 0.0, 3e37;
    out (output = "cdlmorningdojistar") values: i32 = "";
    last 0.0;

    "CDLMORNINGSTAR", "Morning Star", "+100: long black candle, short body gapping down, then a white body that is not short, closing more than penetration of the first body above its close; averages of 10 earlier.",
    Cdlmorningstar, cdlmorningstar, cdlmorningstar_open, cdlmorningstar_lookback, CdlmorningstarStream;
    in open Open, high High, low Low, close Close;
    set cdlmorningstar_penetration "penetration": f64 = 0.3, 0.0, 3e37;
    out (output = "cdlmorningstar") values: i32 = "";
    last 0.0;

    "CDLONNECK", "On-Neck Pattern", "-100: a long black candle (10 earlier), then a white one opening below its low and closing at that low, within 0.05 of the mean range of 5 earlier.",
    Cdlonneck, cdlonneck, cdlonneck_open, cdlonneck_lookback, CdlonneckStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlonneck") values: i32 = "";
    last 0.0;

    "CDLPIERCING", "Piercing Pattern", "+100: a long black candle, then a long white one (10 earlier) opening below its low and closing inside its body above the middle.",
    Cdlpiercing, cdlpiercing, cdlpiercing_open, cdlpiercing_lookback, CdlpiercingStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlpiercing") values: i32 = "";
    last 0.0;

    "CDLRICKSHAWMAN", "Rickshaw Man", "+100: a doji (10 earlier) with both shadows longer than its body, the body within 0.2 of the mean range of 5 earlier of the middle of the bar.",
    Cdlrickshawman, cdlrickshawman, cdlrickshawman_open, cdlrickshawman_lookback, CdlrickshawmanStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlrickshawman") values: i32 = "";
    last 0.0;

    "CDLRISEFALL3METHODS", "Rising/Falling Three Methods", "Long candle, three short opposite bodies within its range, closing against it, then a long candle of its color opening past the last close and closing past the first; +100 white, -100 black; 10 earlier.",
    Cdlrisefall3methods, cdlrisefall3methods, cdlrisefall3methods_open, cdlrisefall3methods_lookback, Cdlrisefall3methodsStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlrisefall3methods") values: i32 = "";
    last 0.0;

    "CDLSEPARATINGLINES", "Separating Lines", "Opposite colors with equal opens (0.05 of the mean range of 5 earlier), the second a long belt hold (10 earlier) with almost no shadow at its open; +100 if it is white, -100 black.",
    Cdlseparatinglines, cdlseparatinglines, cdlseparatinglines_open, cdlseparatinglines_lookback, CdlseparatinglinesStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlseparatinglines") values: i32 = "";
    last 0.0;

    "CDLSHOOTINGSTAR", "Shooting Star", "-100: short body gapping up from the prior body, upper shadow longer than the body, very short lower shadow; averages of 10 earlier.",
    Cdlshootingstar, cdlshootingstar, cdlshootingstar_open, cdlshootingstar_lookback, CdlshootingstarStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlshootingstar") values: i32 = "";
    last 0.0;

    "CDLSHORTLINE", "Short Line Candle", "Short body (below the mean of 10 earlier) with both shadows short (under half the mean shadow total of 10 earlier); +100 if white, -100 if black.",
    Cdlshortline, cdlshortline, cdlshortline_open, cdlshortline_lookback, CdlshortlineStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlshortline") values: i32 = "";
    last 0.0;

    "CDLSPINNINGTOP", "Spinning Top", "Short body (below the mean of 10 earlier) with both shadows longer than the body; +100 if white, -100 if black.",
    Cdlspinningtop, cdlspinningtop, cdlspinningtop_open, cdlspinningtop_lookback, CdlspinningtopStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlspinningtop") values: i32 = "";
    last 0.0;

    "CDLSTALLEDPATTERN", "Stalled Pattern", "-100: three white candles with higher closes: long, long with a very short upper shadow opening in or near the first body, then short near the second's top; averages of 5/10 earlier.",
    Cdlstalledpattern, cdlstalledpattern, cdlstalledpattern_open, cdlstalledpattern_lookback, CdlstalledpatternStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlstalledpattern") values: i32 = "";
    last 0.0;

    "CDLSTICKSANDWICH", "Stick Sandwich", "+100: black, then white with its low above that close, then black closing at the first close, within 0.05 of the mean range of 5 earlier.",
    Cdlsticksandwich, cdlsticksandwich, cdlsticksandwich_open, cdlsticksandwich_lookback, CdlsticksandwichStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlsticksandwich") values: i32 = "";
    last 0.0;

    "CDLTAKURI", "Takuri (Dragonfly Doji with very long lower shadow)", "+100: a doji with a very short upper shadow (both 0.1 of the mean range of 10 earlier) and a lower shadow more than twice its body.",
    Cdltakuri, cdltakuri, cdltakuri_open, cdltakuri_lookback, CdltakuriStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdltakuri") values: i32 = "";
    last 0.0;

    "CDLTASUKIGAP", "Tasuki Gap", "A body gap, then a candle opening inside the second body and closing in the gap, opposite color, near size (0.2 of the mean range of 5 earlier); +100 on a gap up (second white), -100 on a gap down (black).",
    Cdltasukigap, cdltasukigap, cdltasukigap_open, cdltasukigap_lookback, CdltasukigapStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdltasukigap") values: i32 = "";
    last 0.0;

    "CDLTHRUSTING", "Thrusting Pattern", "-100: a long black candle (10 earlier), then a white one opening below its low and closing above its close by more than 0.05 of the mean range of 5, but not past its middle.",
    Cdlthrusting, cdlthrusting, cdlthrusting_open, cdlthrusting_lookback, CdlthrustingStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlthrusting") values: i32 = "";
    last 0.0;

    "CDLTRISTAR", "Tristar Pattern", "Three doji (10 earlier): -100 where the second body gaps up and the third's top is lower, +100 where it gaps down and the third's bottom is higher.",
    Cdltristar, cdltristar, cdltristar_open, cdltristar_lookback, CdltristarStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdltristar") values: i32 = "";
    last 0.0;

    "CDLUNIQUE3RIVER", "Unique 3 River", "+100: a long black candle, a black one with a higher close, an open not above and a lower low, then a short white one opening above that low; averages of 10 earlier.",
    Cdlunique3river, cdlunique3river, cdlunique3river_open, cdlunique3river_lookback, Cdlunique3riverStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlunique3river") values: i32 = "";
    last 0.0;

    "CDLUPSIDEGAP2CROWS", "Upside Gap Two Crows", "-100: a long white candle, a short black body gapping up, then a black body engulfing it but closing above the first close; averages of 10 earlier.",
    Cdlupsidegap2crows, cdlupsidegap2crows, cdlupsidegap2crows_open, cdlupsidegap2crows_lookback, Cdlupsidegap2crowsStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlupsidegap2crows") values: i32 = "";
    last 0.0;

    "CDLXSIDEGAP3METHODS", "Upside/Downside Gap Three Methods", "Two candles of one color with a body gap in their direction, then an opposite one opening inside the second body and closing inside the first; +100 if the first is white, -100 black. No averages.",
    Cdlxsidegap3methods, cdlxsidegap3methods, cdlxsidegap3methods_open, cdlxsidegap3methods_lookback, Cdlxsidegap3methodsStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "cdlxsidegap3methods") values: i32 = "";
    last 0.0;
}
