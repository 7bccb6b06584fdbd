use hypernodes::node_fn;

fn main() {
    let _ = node_fn!("head", |text: &str| -> &str { &text[..1] });
}
