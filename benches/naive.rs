//! The same work without hypernodes: what a competitor, or a straightforward design, would do.

use std::any::Any;

use rayon::prelude::*;

type Erased = Box<dyn Any + Send>;

/// A loop in parallel over the items, on rayon's pool.
pub(crate) fn rayon_map<T: Copy + Sync, U: Send>(
    x: &[T],
    function: impl Fn(T) -> U + Sync + Send,
) -> Vec<U> {
    x.par_iter().map(|&x| function(x)).collect()
}

/// A function with its types erased, and where its argument and its result are.
pub(crate) struct Step {
    input: String,
    output: String,
    function: Box<dyn Fn(&Erased) -> Erased + Send + Sync>,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step")
            .field("input", &self.input)
            .field("output", &self.output)
            .finish_non_exhaustive()
    }
}

/// Erases the types of functions that follow one another.
pub(crate) fn chain<T: Copy + Send + 'static>(functions: &[fn(T) -> T]) -> Vec<Step> {
    let step = |(at, &function): (usize, &fn(T) -> T)| Step {
        input: format!("value {at}"),
        output: format!("value {}", at + 1),
        function: Box::new(move |argument| Box::new(function(value(argument)))),
    };
    functions.iter().enumerate().map(step).collect()
}

fn value<T: Copy + 'static>(erased: &Erased) -> T {
    *erased
        .downcast_ref::<T>()
        .expect("every value of the chain has one type")
}

/// Values in slots, each in a box, item by item.
pub(crate) fn slots<T: Copy + Send + 'static>(steps: &[Step], x: T) -> T {
    let mut slots: Vec<Erased> = Vec::with_capacity(steps.len() + 1);
    slots.push(Box::new(x));
    for (at, step) in steps.iter().enumerate() {
        let next = (step.function)(&slots[at]);
        slots.push(next);
    }
    value(&slots[steps.len()])
}

/// Values in a map from names, item by item: how the Python framework of this name works.
pub(crate) fn names<T: Copy + Send + 'static>(steps: &[Step], x: T) -> T {
    #[expect(
        clippy::disallowed_types,
        reason = "the competitor uses what everyone would use"
    )]
    let mut values: std::collections::HashMap<String, Erased> = std::collections::HashMap::new();
    values.insert("value 0".to_owned(), Box::new(x));
    let mut last = x;
    for step in steps {
        let result = (step.function)(&values[&step.input]);
        last = value(&result);
        values.insert(step.output.clone(), result);
    }
    last
}
