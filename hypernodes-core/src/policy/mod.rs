//! What happens around the calls of nodes: retries, limits of time, cancellation. Which thread computes does not belong
//! here.

mod cancel;
mod retry;

pub use cancel::CancelToken;
pub use retry::{Jitter, Retry};
