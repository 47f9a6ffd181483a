//! Two workers; the main thread waits in `block_on` beside them, as in Treadle's scenarios.

use crate::sample::cpu;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap()
}

async fn odd(i: u64) -> u64 {
    2 * i + 1
}

async fn gather(tasks: u64) -> u64 {
    let mut handles = Vec::with_capacity(tasks as usize);
    for i in 0..tasks {
        handles.push(tokio::spawn(odd(i)));
    }
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.unwrap();
    }
    sum
}

pub fn spawn_many() -> impl FnMut() {
    let runtime = runtime();
    move || assert_eq!(runtime.block_on(gather(10_000)), 10_000 * 10_000)
}

pub fn spawn_many_worker() -> impl FnMut() {
    let runtime = runtime();
    move || {
        let sum = runtime.block_on(async { tokio::spawn(gather(10_000)).await.unwrap() });
        assert_eq!(sum, 10_000 * 10_000);
    }
}

pub fn spawn_blocking() -> impl FnMut() {
    const JOBS: u64 = 10_000;
    let runtime = runtime();
    move || {
        let sum = runtime.block_on(async {
            let handles: Vec<_> = (0..JOBS)
                .map(|i| tokio::task::spawn_blocking(move || 2 * i + 1))
                .collect();
            let mut sum = 0;
            for handle in handles {
                sum += handle.await.unwrap();
            }
            sum
        });
        assert_eq!(sum, JOBS * JOBS);
    }
}

/// 10 000 tasks that each spin for 20 µs, as a multiple of the 100 ms that two threads need at least.
pub fn tasks_20us() -> impl FnMut() -> String {
    const TASKS: u64 = 10_000;
    const TIME: Duration = Duration::from_micros(20);
    let runtime = runtime();
    move || {
        let used = cpu();
        let start = Instant::now();
        runtime.block_on(async {
            let handles: Vec<_> = (0..TASKS)
                .map(|_| {
                    tokio::spawn(async {
                        let began = Instant::now();
                        while began.elapsed() < TIME {}
                    })
                })
                .collect();
            for handle in handles {
                handle.await.unwrap();
            }
        });
        let wall = start.elapsed().as_secs_f64();
        let used = cpu() - used;
        let ideal = TIME.as_secs_f64() * TASKS as f64 / 2.0;
        format!(
            "{{\"ideal\":{},\"cpu\":{}}}",
            wall / ideal,
            used.as_nanos() as f64 / TASKS as f64
        )
    }
}
