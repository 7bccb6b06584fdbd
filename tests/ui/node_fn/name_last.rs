use hypernodes::node_fn;

fn main() {
    let _ = node_fn!(|x: f64| x * 2.0, "double");
}
