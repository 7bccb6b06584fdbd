use hypernodes::nodes;

fn plain(x: f64) -> f64 {
    x
}

fn main() {
    let _ = nodes![plain];
}
