use hypernodes::{node, pipeline};

#[node]
fn one(x: f64) -> f64 {
    x
}

pipeline! {
    fn many(x: f64) -> (one: f64) {
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
        one, one, one, one, one, one, one, one, one, one, one, one, one, one, one,
    }
}

fn main() {}
