use hypernodes::node;

#[node(outputs = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"))]
fn many(x: u8) -> (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8) {
    (x, x, x, x, x, x, x, x, x, x, x, x, x)
}

fn main() {}
