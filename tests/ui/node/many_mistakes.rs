use hypernodes::node;

#[node(output = "a b", colour = "red", version = "two")]
unsafe fn many<T>(&self, (a, b): (f64, f64), text: &mut str, #[default] k: usize) -> &str {
    text
}

fn main() {}
