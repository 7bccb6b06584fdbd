//! Expressions over bars: `RSI_14 < 30 and close > SMA_200`.
//!
//! | file | job |
//! |---|---|
//! | `token` | words |
//! | `parse` | words to steps; what is wrong with a text |
//! | `tree` | steps, and steps as text |
//! | `column` | the names of columns and indicators |
//! | `eval` | steps to values |
//! | `stream` | values bar by bar |
//! | `expression` | [`Expr`], what users hold |
//!
//! What a scan makes of the values belongs to [`crate::scan`].

mod column;
mod error;
mod eval;
mod expression;
mod parse;
mod stream;
#[cfg(test)]
mod tests;
mod token;
mod tree;

use column::{ColumnName, column};
use tree::{Callable, Operator, Place, Sort, Step, Steps};

pub use error::{EvalError, ExprError, Problem};
pub(super) use eval::Program;
pub use expression::Expr;
pub use stream::ExprState;
