//! Sleeps and timeouts, on one thread.

use crate::one_thread::runtime;
use crate::sample::cpu;
use std::future::{poll_fn, ready, Future};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

pub fn sleep_drop() -> impl FnMut() {
    const SLEEPS: u64 = 100_000;
    let runtime = runtime();
    move || {
        let pending = runtime.block_on(poll_fn(|cx| {
            let mut pending = 0;
            for _ in 0..SLEEPS {
                let future = pin!(tokio::task::unconstrained(sleep(Duration::from_secs(1))));
                if future.poll(cx).is_pending() {
                    pending += 1;
                }
            }
            Poll::Ready(pending)
        }));
        assert_eq!(pending, SLEEPS);
    }
}

pub fn sleep_many_drop() -> impl FnMut() {
    const SLEEPS: u64 = 100_000;
    let runtime = runtime();
    move || {
        let pending = runtime.block_on(poll_fn(|cx| {
            let mut sleeps: Vec<_> = (0..SLEEPS)
                .map(|i| {
                    Box::pin(tokio::task::unconstrained(sleep(Duration::from_millis(
                        1_000 + i % 60_000,
                    ))))
                })
                .collect();
            let pending = sleeps
                .iter_mut()
                .filter_map(|s| s.as_mut().poll(cx).is_pending().then_some(1u64))
                .sum();
            Poll::Ready::<u64>(pending)
        }));
        assert_eq!(pending, SLEEPS);
    }
}

pub fn timeout_ready() -> impl FnMut() {
    const CALLS: u64 = 1_000;
    let runtime = runtime();
    move || {
        let sum = runtime.block_on(async {
            let mut sum = 0;
            for _ in 0..CALLS {
                sum += timeout(Duration::from_secs(1), ready(1u64)).await.unwrap();
            }
            sum
        });
        assert_eq!(sum, CALLS);
    }
}

/// `count` tasks that sleep for 1 to 100 ms: CPU of the whole, and how late they were.
pub fn fleet(count: u64) -> impl FnMut() -> String {
    let runtime = runtime();
    move || {
        let used = cpu();
        let mut late = runtime.block_on(async {
            let handles: Vec<_> = (0..count)
                .map(|i| {
                    tokio::spawn(async move {
                        let wanted = Duration::from_millis(1 + i % 100);
                        let began = Instant::now();
                        sleep(wanted).await;
                        began.elapsed().as_secs_f64() * 1e3 - wanted.as_secs_f64() * 1e3
                    })
                })
                .collect();
            let mut late = Vec::with_capacity(count as usize);
            for handle in handles {
                late.push(handle.await.unwrap());
            }
            late
        });
        let used = cpu() - used;
        late.sort_by(f64::total_cmp);
        let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize];
        format!(
            "{{\"cpu\":{},\"p50\":{},\"p99\":{},\"max\":{}}}",
            used.as_nanos() as f64 / count as f64,
            at(0.5),
            at(0.99),
            at(1.0)
        )
    }
}
