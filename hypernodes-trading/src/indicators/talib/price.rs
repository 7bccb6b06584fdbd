//! Prices of a bar made of its other prices.

use super::adapter::functions;

functions! {
    "AVGDEV", "Average Deviation", "Mean of |x - m| over the last n values, m being the mean of those n values.",
    Avgdev, avgdev, avgdev_open, avgdev_lookback, AvgdevStream;
    in close Close;
    set avgdev_time_period "time_period": usize = 14, 2.0, 100000.0;
    out (output = "avgdev") values: f64 = "";
    last 1.64734693877551;

    "AVGPRICE", "Average Price", "(o + h + l + c)/4.",
    Avgprice, avgprice, avgprice_open, avgprice_lookback, AvgpriceStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (output = "avgprice") values: f64 = "";
    last 93.46000000000001;

    "HA", "Heikin-Ashi Candles", "ha_c = (o + h + l + c)/4, ha_o = (ha_o[t-1] + ha_c[t-1])/2 with first value (o + c)/2, ha_h = max(h, ha_o, ha_c), ha_l = min(l, ha_o, ha_c).",
    Ha, ha, ha_open, ha_lookback, HaStream;
    in open Open, high High, low Low, close Close;
    set ;
    out (outputs = ("ha_open", "ha_high", "ha_low", "ha_close")) open_out: f64 = "open", high_out: f64 = "high", low_out: f64 = "low", close_out: f64 = "close";
    last 96.00153823265663, 96.00153823265663, 91.64, 93.46;

    "MEDPRICE", "Median Price", "(h + l)/2.",
    Medprice, medprice, medprice_open, medprice_lookback, MedpriceStream;
    in high High, low Low;
    set ;
    out (output = "medprice") values: f64 = "";
    last 93.46000000000001;

    "TYPPRICE", "Typical Price", "(h + l + c)/3.",
    Typprice, typprice, typprice_open, typprice_lookback, TyppriceStream;
    in high High, low Low, close Close;
    set ;
    out (output = "typprice") values: f64 = "";
    last 93.18666666666667;

    "WCLPRICE", "Weighted Close Price", "(h + l + 2 * c)/4.",
    Wclprice, wclprice, wclprice_open, wclprice_lookback, WclpriceStream;
    in high High, low Low, close Close;
    set ;
    out (output = "wclprice") values: f64 = "";
    last 93.05000000000001;
}
