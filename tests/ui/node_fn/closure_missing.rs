use hypernodes::node_fn;

fn main() {
    let _ = node_fn!("double");
}
