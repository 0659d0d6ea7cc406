//! What a process has used: processor time and memory, as the kernel counts them.
//!
//! Source: Linux manual, proc(5). Elsewhere than on Linux nothing is known, and tables show a dash.

use std::fs;
use std::time::Duration;

use serde::Serialize;

/// Clock ticks of a second in `/proc/[pid]/stat`; the kernel gives user space 100 on every
/// architecture Begriff runs on (`USER_HZ`).
const TICKS: u64 = 100;

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Resident: own memory and the touched pages of mapped files.
    pub rss_kib: u64,
    /// Resident, pages shared with other processes counted by their share.
    pub pss_kib: u64,
    /// Resident memory that no file stands behind: what the process itself takes.
    pub anonymous_kib: u64,
}

/// Processor time of a process in user and kernel mode, all threads that are or were. Resolution
/// 10 ms.
#[must_use]
pub fn cpu_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in parentheses and may hold spaces and parentheses itself.
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let (user, system) = (ticks()?, ticks()?);
    Some(Duration::from_millis((user + system) * 1_000 / TICKS))
}

/// Resident memory of a process now.
#[must_use]
pub fn memory(pid: u32) -> Option<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(Memory {
        rss_kib: kib(&text, "Rss:")?,
        pss_kib: kib(&text, "Pss:")?,
        anonymous_kib: kib(&text, "Anonymous:")?,
    })
}

/// A line of this process's own `/proc/self/status` in KiB: `VmHWM:` (peak resident memory),
/// `VmRSS:`, `RssAnon:`.
#[must_use]
pub fn own_status(name: &str) -> Option<u64> {
    kib(&fs::read_to_string("/proc/self/status").ok()?, name)
}

/// What the processor calls itself, empty where it is not known.
#[must_use]
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(':'))
        .map_or_else(String::new, |(_, name)| name.trim().into())
}

/// How long a read waits that depends on the one before it, in nanoseconds, where reads are spread over
/// `bytes` bytes of memory: what a machine with caches of its own has below 30 for 4 MiB and around 100
/// for 256 MiB, and a share of a busy one has 200 to 400.
#[must_use]
pub fn memory_latency(bytes: usize) -> f64 {
    const READS: u32 = 1_000_000;
    let memory = vec![1_u8; bytes.max(1)];
    // A generator of George Marsaglia (xorshift64); what is read goes into the next place.
    let mut state = 88_172_645_463_325_252_u64;
    let begun = std::time::Instant::now();
    for _ in 0..READS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let read = memory.get((state % memory.len() as u64) as usize).copied();
        state = state.wrapping_add(u64::from(read.unwrap_or_default()));
    }
    std::hint::black_box(state);
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(READS)
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// MiB for tables, `-` where it is not known.
#[must_use]
pub fn mib(kib: Option<u64>) -> String {
    kib.map_or_else(|| "-".into(), |kib| format!("{:.0}", kib as f64 / 1024.0))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_what_it_takes_itself() {
        let memory = memory(std::process::id()).unwrap();
        assert!(memory.rss_kib >= memory.anonymous_kib && memory.anonymous_kib > 0);
        assert!(own_status("VmHWM:").unwrap() >= own_status("RssAnon:").unwrap());
        let start = cpu_time(std::process::id()).unwrap();
        let mut sum = 0u64;
        while cpu_time(std::process::id()).unwrap() == start {
            sum = std::hint::black_box(sum.wrapping_mul(31) + 1);
        }
    }
}
