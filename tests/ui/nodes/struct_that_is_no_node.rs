use hypernodes::nodes;

struct Plain;

fn main() {
    let _ = nodes![Plain];
}
