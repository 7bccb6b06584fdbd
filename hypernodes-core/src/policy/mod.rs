//! What happens around the calls of nodes: retries, limits of time, cancellation. Which thread computes does not belong
//! here.

mod cancel;
mod retry;

pub use cancel::CancelToken;
pub(crate) use retry::PlainRetry;
pub use retry::{Jitter, Retry};
