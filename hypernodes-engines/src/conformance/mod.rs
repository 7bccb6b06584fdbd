//! Tests that every engine passes: its results are compared with [`Sequential`](crate::Sequential)'s bit for bit.
//!
//! Put one line into a test of your own engine's crate:
//!
//! ```standalone_crate
//! # extern crate hypernodes_core as hypernodes;
//! use hypernodes_engines::engine_conformance;
//! engine_conformance!(hypernodes::Sequential::default());
//! # fn main() {}
//! ```
//!
//! Each case becomes a `#[test]` with a new engine, under a watchdog: an engine that hangs fails. Maps are repeated for
//! both error policies and for several numbers of chunks. What belongs to one engine only (settings, threads) does not
//! belong here.
//!
//! The nodes are functions with `#[node]` and their values have a codec, so an engine may compute them in other
//! processes. What they tell a case travels in [`Notes`]. Such an engine says so by
//! [`leaves_process`](hypernodes_core::Capabilities::leaves_process): then the cases in `borders`, about closures, nodes
//! written by hand and values without a codec, ask that it refuses these before anything runs.

pub mod cases;
mod compare;
mod loan;
mod notes;
mod subject;

pub use compare::{Exact, Show, ShowOne, error, of, one, outputs, runs};
pub use notes::{Notes, fresh, note};
pub use subject::{On, Parallel, Subject, check, in_threads};

/// Makes a test of each case of the [suite](crate::conformance), for one engine.
///
/// ```text
/// engine_conformance!(MyEngine::new());
/// engine_conformance!(mod two_workers, MyEngine::new().workers(2));
/// engine_conformance!(mod with_rayon, MyEngine::new(), parallel = with_rayon);
/// ```
/// The expression makes a new engine for each test. It is written into modules inside the one where the macro is called:
/// names in scope there are known (an item inside a function is not), but a path starts at the root, as
/// `crate::MyEngine::new()`; one that starts at `self` or `super` is looked up in the wrong module. Without `mod`, the
/// modules `runs`, `maps`, `failures`, `nested`, `iterators`, `policies`, `users` and `borders` come to lie beside the call, so two calls in one
/// module need `mod` and a name each.
///
/// `parallel` is the function by which nodes of some cases compute in
/// parallel inside: `fn(usize, &(dyn Fn(usize) + Sync))` calls its second argument with every number below the first.
/// Give one that uses rayon if the engine's threads are rayon's; by default they are threads of their own. In another
/// process they always are.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// hypernodes_engines::engine_conformance!(mod sequential, hypernodes::Sequential::default());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! engine_conformance {
    (mod $name:ident, $engine:expr, parallel = $parallel:expr $(,)?) => {
        mod $name {
            #[allow(unused_imports, reason = "the expressions may need what is around them")]
            use super::*;
            $crate::engine_conformance!($engine, parallel = $parallel);
        }
    };
    (mod $name:ident, $engine:expr $(,)?) => {
        $crate::engine_conformance!(mod $name, $engine, parallel = $crate::conformance::in_threads);
    };
    ($engine:expr $(,)?) => {
        $crate::engine_conformance!($engine, parallel = $crate::conformance::in_threads);
    };
    ($engine:expr, parallel = $parallel:expr $(,)?) => {
        $crate::__each_case! {
            ($engine) ($parallel)
            runs: one_node, chain, diamond, fan_out, fan_in, several_outputs, values_are_moved_or_cloned,
                defaults_and_bound_inputs, selected_outputs, supplied_outputs, ten_thousand_nodes,
                the_lowest_failing_step_is_told, a_panic_is_an_error, nothing_after_a_failure_is_told,
                an_unwanted_value_that_panics;
            maps: zip, product, broadcast, an_empty_axis, one_item, many_items, text, values_that_cannot_be_cloned, supplied_axes,
                uneven_items_stay_in_order, every_item_is_computed_once, a_deep_graph, exactly_so_many_chunks;
            failures: a_failing_item, the_first_and_the_last_item, every_item, panics, items_in_different_steps,
                branches_of_an_item;
            nested: inline, zipped_lists, products_of_lists, three_deep, an_engine_of_its_own, failures_tell_the_path,
                lists_that_do_not_fit, one_huge_item, in_a_single_run;
            iterators: in_order, bounded, dropped_early, endless, failing_items, nothing;
            policies: retries, failure_details, item_timeouts, cancellation, cancellation_of_nested_maps, events_are_balanced;
            users: parallel_inside, a_lock_held_meanwhile, blocking, pipelines_inside, pipelines_inside_three_deep,
                several_callers, an_iterator_inside, a_map_from_another_thread;
            borders: closures, nodes_by_hand, values_without_a_codec, everything_at_once;
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __each_case {
    ($engine:tt $parallel:tt $($group:ident: $($case:ident),+;)+) => {$(
        $crate::__cases_of! { $engine $parallel $group: $($case),+ }
    )+};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __cases_of {
    (($engine:expr) ($parallel:expr) $group:ident: $($case:ident),+) => {
        mod $group {
            #[allow(unused_imports, reason = "the expressions may need what is around them")]
            use super::*;
            $(
                #[test]
                fn $case() {
                    $crate::conformance::check(
                        concat!(stringify!($group), "::", stringify!($case)),
                        || ::std::sync::Arc::new($engine),
                        $parallel,
                        $crate::conformance::cases::$group::$case,
                    );
                }
            )+
        }
    };
}
