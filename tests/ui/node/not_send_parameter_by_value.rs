use hypernodes::node;

use std::cell::Cell;

#[node]
fn read(cell: Cell<f64>) -> f64 {
    cell.get()
}

fn main() {}
