use hypernodes::nodes;

fn main() {
    let _ = nodes![{ 5 }];
}
