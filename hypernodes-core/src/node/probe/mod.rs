//! How generated code finds out, on stable Rust, what a type can do: method resolution prefers the more specific
//! implementation ("autoref specialisation"). It works for concrete types only, which is all that `#[node]` accepts.
//!
//! Each probe answers with a zero-sized strategy, so the answer costs nothing at run time.
#![expect(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "only named by expansions"
)]

mod bounds;
mod by_reference;
mod by_value;
mod facts;
mod make;
mod results;

pub use bounds::*;
pub use by_reference::*;
pub use by_value::*;
pub use facts::*;
pub use make::*;
pub use results::*;

#[cfg(feature = "async")]
pub use super::call_async::AsyncLimit;
use super::signature::NodeOptions;
use crate::config::Workload;

/// The options of a node.
#[must_use]
pub fn options(
    version: u32,
    workload: Option<Workload>,
    is_async: bool,
    concurrency: Option<usize>,
    path: &'static str,
    tokens: u64,
) -> NodeOptions {
    NodeOptions {
        version,
        workload,
        is_async,
        concurrency,
        path,
        tokens,
        ..NodeOptions::default()
    }
}

/// The identity of a closure: the name of its type, with the types of the generic function that it is written in.
#[must_use]
pub fn closure_path<F>(_: &F) -> &'static str {
    std::any::type_name::<F>()
}

/// Whether a closure is more than its code: it holds values, or it calls closures that were given to the generic function
/// around it, which have no names of their own.
#[must_use]
pub fn captures<F>(closure: &F) -> bool {
    size_of_val(closure) > 0 || is_made_of_closures(std::any::type_name::<F>())
}

/// Whether a type's name has closures among its type parameters.
fn is_made_of_closures(name: &str) -> bool {
    let (mut depth, mut before) = (0_usize, ' ');
    for (at, c) in name.char_indices() {
        match c {
            '<' => depth += 1,
            // Not the arrow of a function's type.
            '>' if before != '-' => depth = depth.saturating_sub(1),
            '{' if depth > 0 && name[at..].starts_with("{{closure}}") => return true,
            _ => {}
        }
        before = c;
    }
    false
}

/// Stands for an argument in a call that is written down to learn its type, and never made.
pub fn never<T>() -> T {
    unreachable!("only the type of this call is used")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given<F: Fn(u64) -> u64>(f: F) -> (bool, bool) {
        (captures(&f), captures(&|x: u64| x + 1))
    }

    #[test]
    fn a_closure_of_closures_is_more_than_its_code() {
        let k = 3;
        assert_eq!(given(|x| x + 1), (false, true));
        assert_eq!(given(|x| x + k), (true, true));
        assert_eq!(given(u64::count_ones_of), (false, false));
        assert!(!is_made_of_closures(
            "a::b<fn(u64) -> u64>::{{closure}}::{{closure}}"
        ));
        assert!(is_made_of_closures(
            "a::b<fn(u64) -> u64, c::{{closure}}>::{{closure}}"
        ));
    }

    trait CountOnes {
        fn count_ones_of(self) -> u64;
    }
    impl CountOnes for u64 {
        fn count_ones_of(self) -> u64 {
            u64::from(self.count_ones())
        }
    }
}
