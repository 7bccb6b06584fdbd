use hypernodes::node_fn;

fn main() {
    let _ = node_fn!("count", init = || 0, |#[state] count: &mut u32, x: f64| *count);
}
