use hypernodes::node_fn;

fn main() {
    let mut calls = 0;
    let _ = node_fn!("double", |x: f64| {
        calls += 1;
        x * 2.0
    });
}
