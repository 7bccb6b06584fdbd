//! Arithmetic and elementary functions of columns.

use super::adapter::functions;

functions! {
    "ACOS", "Vector Trigonometric ACos", "y = acos(x) for each bar, in radians.",
    Acos, acos, acos_open, acos_lookback, AcosStream;
    in close Close;
    set ;
    out (output = "acos") values: f64 = "";
    last f64::NAN;

    "ADD", "Vector Arithmetic Add", "y = x0 + x1 for each bar.",
    Add, add, add_open, add_lookback, AddStream;
    in high High, low Low;
    set ;
    out (output = "add") values: f64 = "";
    last 186.92000000000002;

    "ASIN", "Vector Trigonometric ASin", "y = asin(x) for each bar, in radians.",
    Asin, asin, asin_open, asin_lookback, AsinStream;
    in close Close;
    set ;
    out (output = "asin") values: f64 = "";
    last f64::NAN;

    "ATAN", "Vector Trigonometric ATan", "y = atan(x) for each bar, in radians.",
    Atan, atan, atan_open, atan_lookback, AtanStream;
    in close Close;
    set ;
    out (output = "atan") values: f64 = "";
    last 1.5600022727955685;

    "CEIL", "Vector Ceil", "y = the smallest integer not below x.",
    Ceil, ceil, ceil_open, ceil_lookback, CeilStream;
    in close Close;
    set ;
    out (output = "ceil") values: f64 = "";
    last 93.0;

    "COS", "Vector Trigonometric Cos", "y = cos(x) for each bar, x in radians.",
    Cos, cos, cos_open, cos_lookback, CosStream;
    in close Close;
    set ;
    out (output = "cos") values: f64 = "";
    last -0.03697485074783062;

    "COSH", "Vector Trigonometric Cosh", "y = cosh(x) for each bar.",
    Cosh, cosh, cosh_open, cosh_lookback, CoshStream;
    in close Close;
    set ;
    out (output = "cosh") values: f64 = "";
    last 8.550879923412381e39;

    "CUMSUM", "Cumulative Sum", "y = y[t-1] + x, starting with the first bar of the range.",
    Cumsum, cumsum, cumsum_open, cumsum_lookback, CumsumStream;
    in close Close;
    set ;
    out (output = "cumsum") values: f64 = "";
    last 25003.000000000004;

    "DIV", "Vector Arithmetic Div", "y = x0/x1 for each bar, by the rules of floating point when x1 is 0.",
    Div, div, div_open, div_lookback, DivStream;
    in high High, low Low;
    set ;
    out (output = "div") values: f64 = "";
    last 1.0397206460061108;

    "EXP", "Vector Arithmetic Exp", "y = e^x for each bar.",
    Exp, exp, exp_open, exp_lookback, ExpStream;
    in close Close;
    set ;
    out (output = "exp") values: f64 = "";
    last 1.7101759846824763e40;

    "FLOOR", "Vector Floor", "y = the largest integer not above x.",
    Floor, floor, floor_open, floor_lookback, FloorStream;
    in close Close;
    set ;
    out (output = "floor") values: f64 = "";
    last 92.0;

    "LN", "Vector Log Natural", "y = natural logarithm of x for each bar.",
    Ln, ln, ln_open, ln_lookback, LnStream;
    in close Close;
    set ;
    out (output = "ln") values: f64 = "";
    last 4.528721013824685;

    "LOG10", "Vector Log10", "y = base-10 logarithm of x for each bar.",
    Log10, log10, log10_open, log10_lookback, Log10Stream;
    in close Close;
    set ;
    out (output = "log10") values: f64 = "";
    last 1.966798546383361;

    "MAX", "Highest value over a specified period", "The highest of the last n values.",
    Max, max, max_open, max_lookback, MaxStream;
    in close Close;
    set max_time_period "time_period": usize = 30, 2.0, 100000.0;
    out (output = "max") values: f64 = "";
    last 109.08;

    "MAXINDEX", "Index of highest value over a specified period", "The bar index, in the input, of the highest of the last n values; on a tie the latest.",
    Maxindex, maxindex, maxindex_open, maxindex_lookback, MaxindexStream;
    in close Close;
    set maxindex_time_period "time_period": usize = 30, 2.0, 100000.0;
    out (output = "maxindex") values: i32 = "";
    last 222.0;

    "MIN", "Lowest value over a specified period", "The lowest of the last n values.",
    Min, min, min_open, min_lookback, MinStream;
    in close Close;
    set min_time_period "time_period": usize = 30, 2.0, 100000.0;
    out (output = "min") values: f64 = "";
    last 92.64;

    "MININDEX", "Index of lowest value over a specified period", "The bar index, in the input, of the lowest of the last n values; on a tie the latest.",
    Minindex, minindex, minindex_open, minindex_lookback, MinindexStream;
    in close Close;
    set minindex_time_period "time_period": usize = 30, 2.0, 100000.0;
    out (output = "minindex") values: i32 = "";
    last 249.0;

    "MINMAX", "Lowest and highest values over a specified period", "The lowest and the highest of the last n values.",
    Minmax, minmax, minmax_open, minmax_lookback, MinmaxStream;
    in close Close;
    set minmax_time_period "time_period": usize = 30, 2.0, 100000.0;
    out (outputs = ("minmax_min", "minmax_max")) min: f64 = "min", max: f64 = "max";
    last 92.64, 109.08;

    "MINMAXINDEX", "Indexes of lowest and highest values over a specified period", "The bar indices, in the input, of the lowest and of the highest of the last n values; on a tie the latest.",
    Minmaxindex, minmaxindex, minmaxindex_open, minmaxindex_lookback, MinmaxindexStream;
    in close Close;
    set minmaxindex_time_period "time_period": usize = 30, 2.0, 100000.0;
    out (outputs = ("minmaxindex_min", "minmaxindex_max")) min: i32 = "min", max: i32 = "max";
    last 249.0, 222.0;

    "MULT", "Vector Arithmetic Mult", "y = x0 * x1 for each bar.",
    Mult, mult, mult_open, mult_lookback, MultStream;
    in high High, low Low;
    set ;
    out (output = "mult") values: f64 = "";
    last 8731.4592;

    "SIN", "Vector Trigonometric Sin", "y = sin(x) for each bar, x in radians.",
    Sin, sin, sin_open, sin_lookback, SinStream;
    in close Close;
    set ;
    out (output = "sin") values: f64 = "";
    last -0.9993161964124146;

    "SINH", "Vector Trigonometric Sinh", "y = sinh(x) for each bar.",
    Sinh, sinh, sinh_open, sinh_lookback, SinhStream;
    in close Close;
    set ;
    out (output = "sinh") values: f64 = "";
    last 8.550879923412381e39;

    "SQRT", "Vector Square Root", "y = square root of x for each bar.",
    Sqrt, sqrt, sqrt_open, sqrt_lookback, SqrtStream;
    in close Close;
    set ;
    out (output = "sqrt") values: f64 = "";
    last 9.624967532412771;

    "SUB", "Vector Arithmetic Subtraction", "y = x0 - x1 for each bar.",
    Sub, sub, sub_open, sub_lookback, SubStream;
    in high High, low Low;
    set ;
    out (output = "sub") values: f64 = "";
    last 3.6400000000000006;

    "SUM", "Summation", "The sum of the last n values.",
    Sum, sum, sum_open, sum_lookback, SumStream;
    in close Close;
    set sum_time_period "time_period": usize = 30, 2.0, 100000.0;
    out (output = "sum") values: f64 = "";
    last 3047.4;

    "TAN", "Vector Trigonometric Tan", "y = tan(x) for each bar, x in radians.",
    Tan, tan, tan_open, tan_lookback, TanStream;
    in close Close;
    set ;
    out (output = "tan") values: f64 = "";
    last 27.026916301238785;

    "TANH", "Vector Trigonometric Tanh", "y = tanh(x) for each bar.",
    Tanh, tanh, tanh_open, tanh_lookback, TanhStream;
    in close Close;
    set ;
    out (output = "tanh") values: f64 = "";
    last 1.0;
}
