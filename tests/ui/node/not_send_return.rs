use hypernodes::node;

use std::rc::Rc;

#[node]
fn share(text: &str) -> Rc<str> {
    text.into()
}

fn main() {}
