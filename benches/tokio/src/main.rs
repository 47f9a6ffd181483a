//! The scenarios of the benches, written for Tokio itself, so that both are measured by turns on the same machine.
//!
//! `treadle-bench-tokio SCENARIO WARMUP_MS MIN_MS SAMPLES` warms up for some CPU time, takes samples of at least so many
//! milliseconds each, and prints one line of JSON for each sample. `treadle-bench-tokio echo` is the echo server instead: it
//! prints its port and serves until it is killed.

mod net;
mod one_thread;
mod sample;
mod threads;
mod timers;

use sample::{report, throughput, Settings};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let scenario = args.get(1).map(String::as_str).unwrap_or("--help");
    if scenario == "echo" {
        return net::echo();
    }
    let number = |at: usize| args.get(at).and_then(|text| text.parse().ok());
    let (Some(warmup_ms), Some(min_ms), Some(samples)) = (number(2), number(3), number(4)) else {
        eprintln!("usage: treadle-bench-tokio SCENARIO WARMUP_MS MIN_MS SAMPLES | treadle-bench-tokio echo");
        std::process::exit(2);
    };
    let settings = Settings {
        warmup_ms,
        min_ms,
        samples,
    };
    match scenario {
        "spawn_many" => throughput(&settings, 10_000, one_thread::spawn_many()),
        "spawn_join" => throughput(&settings, 1_000, one_thread::spawn_join()),
        "yield_many" => throughput(&settings, 200_000, one_thread::yield_many()),
        "ping_pong" => throughput(&settings, 1_000, one_thread::ping_pong()),
        "chained_spawn" => throughput(&settings, 1_000, one_thread::chained_spawn()),
        "block_on_ready" => throughput(&settings, 1_000, one_thread::block_on_ready()),
        "sleep_drop" => throughput(&settings, 100_000, timers::sleep_drop()),
        "sleep_many_drop" => throughput(&settings, 100_000, timers::sleep_many_drop()),
        "timeout_ready" => throughput(&settings, 1_000, timers::timeout_ready()),
        "timers_10k" => report(&settings, timers::fleet(10_000)),
        "async_fd" => throughput(&settings, 2_000, net::async_fd()),
        "threads_spawn_many" => throughput(&settings, 10_000, threads::spawn_many()),
        "threads_spawn_many_worker" => throughput(&settings, 10_000, threads::spawn_many_worker()),
        "threads_spawn_blocking" => throughput(&settings, 10_000, threads::spawn_blocking()),
        "threads_tasks_20us" => report(&settings, threads::tasks_20us()),
        other => {
            eprintln!("there is no scenario {other:?}");
            std::process::exit(2);
        }
    }
}
