use hypernodes::node_fn;

fn main() {
    node_fn!("double", cache, timeout, |x: f64| x * 2.0);
}
