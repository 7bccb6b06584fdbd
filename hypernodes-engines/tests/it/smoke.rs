use hypernodes::prelude::*;
use hypernodes_engines::Threaded;
use std::time::{Duration, Instant};

#[test]
fn smoke() {
    let p = Pipeline::new("p", nodes![{ node_fn!("a", |x: f64| x + 1.0) }, { node_fn!("b", |a: f64| a * 2.0) }, { node_fn!("c", |a: f64, b: f64| a - b) }]).unwrap();
    let xs: Vec<f64> = (0..100_000).map(f64::from).collect();
    let want = p.map(inputs! { x: xs.clone() }, ["x"]).unwrap().column::<f64>("c").unwrap();
    for w in [1, 2, 3, 8] {
        let q = p.with_engine(Threaded::new().workers(w));
        for _ in 0..20 {
            assert_eq!(q.map(inputs! { x: xs.clone() }, ["x"]).unwrap().column::<f64>("c").unwrap(), want);
            assert_eq!(*q.run(inputs! { x: 3.0 }).unwrap().get::<f64>("c").unwrap(), -4.0);
        }
    }
    let slow = Pipeline::new("p", nodes![{ node_fn!("a", |x: u64| { std::thread::sleep(Duration::from_millis(50)); x }) }]).unwrap();
    let q = slow.with_engine(Threaded::new().workers(8));
    let t = Instant::now();
    q.map(inputs! { x: (0..19).collect::<Vec<u64>>() }, ["x"]).unwrap();
    eprintln!("{:?}", t.elapsed());
}
