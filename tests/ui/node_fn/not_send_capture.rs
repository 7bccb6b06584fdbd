use hypernodes::node_fn;

fn main() {
    let factor = std::rc::Rc::new(2.0);
    let _ = node_fn!("scale", |x: f64| x * *factor);
}
