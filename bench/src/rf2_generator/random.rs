//! Numbers that look random and are the same on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and good enough to draw words and numbers.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A sequence that depends on `seed` and on what it is `used_for` alone, so that one part of a
    /// generator can change without changing the others.
    #[must_use]
    pub fn new(seed: u64, used_for: &str) -> Self {
        let name = used_for.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ name)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next_u64()) * limit as u128) >> 64) as usize
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: f64) -> bool {
        (self.next_u64() >> 11) as f64 * (100.0 / (1u64 << 53) as f64) < percent
    }

    /// One of the choices.
    pub fn pick<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        choices.get(self.below(choices.len()))
    }

    /// How often a chance of `percent` comes true in a row, at most `most` times.
    pub fn run(&mut self, percent: f64, most: usize) -> usize {
        (0..most).take_while(|_| self.chance(percent)).count()
    }

    /// A UUID with the marks of version 4, lower case.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.next_u64(), self.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_use_gives_others() {
        let draw = |seed, used_for| {
            let mut random = Random::new(seed, used_for);
            [random.next_u64(), random.next_u64()]
        };
        assert_eq!(draw(1, "terms"), draw(1, "terms"));
        assert_ne!(draw(1, "terms"), draw(2, "terms"));
        assert_ne!(draw(1, "terms"), draw(1, "tree"));
    }

    #[test]
    fn draws_stay_within_their_bounds() {
        let mut random = Random::new(7, "bounds");
        assert!((0..1_000).all(|_| random.below(10) < 10));
        let hits = (0..10_000).filter(|_| random.chance(25.0)).count();
        assert!((2_200..2_800).contains(&hits), "{hits}");
        assert_eq!(random.uuid().len(), 36);
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
