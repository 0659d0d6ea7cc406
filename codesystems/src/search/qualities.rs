//! The qualities of places. Places ascend by quality, so that it is enough to know where each begins:
//! some thousand numbers that stay in the nearest memory, instead of two of all places and designations.

use super::index::TextIndex;

/// How many qualities are looked at one after the other.
const NEAR: usize = 4;

/// Where places of each quality begin.
#[derive(Debug, Default)]
pub struct Qualities {
    firsts: Vec<u32>,
    qualities: Vec<u16>,
}

impl Qualities {
    /// From the qualities of places `0..count`, which ascend.
    ///
    /// Cost: some questions for each quality there is; in an index whose qualities do not ascend, since
    /// it is damaged, for each place.
    pub(super) fn of(count: u32, of_place: impl Fn(u32) -> u16) -> Self {
        let mut steps = Self::default();
        let mut first = 0;
        while first < count {
            let quality = of_place(first);
            steps.firsts.push(first);
            steps.qualities.push(quality);
            let is_same = |place: u32| of_place(place) <= quality;
            let mut step = 1;
            while count - first > step && is_same(first + step) {
                step = step.saturating_mul(2);
            }
            let (mut from, mut behind) =
                (first + step / 2 + 1, count.min(first.saturating_add(step)));
            while from < behind {
                let middle = from + (behind - from) / 2;
                if is_same(middle) {
                    from = middle + 1;
                } else {
                    behind = middle;
                }
            }
            first = from;
        }
        steps
    }

    /// The quality of `place`; the worst where there is none.
    pub(super) fn at(&self, place: u32) -> u16 {
        let row = self.firsts.partition_point(|&first| first <= place);
        let quality = row.checked_sub(1).and_then(|row| self.qualities.get(row));
        quality.copied().unwrap_or(u16::MAX)
    }

    /// [`Self::at`], quickly for places that ascend: `hint` is 0 before the first question.
    fn at_near(&self, place: u32, hint: &mut usize) -> u16 {
        let is_in = |row: usize| {
            self.firsts.get(row).is_some_and(|&first| first <= place)
                && self.firsts.get(row + 1).is_none_or(|&next| place < next)
        };
        let near = (*hint..*hint + NEAR).find(|&row| is_in(row));
        *hint = near.unwrap_or_else(|| {
            self.firsts.partition_point(|&first| first <= place).saturating_sub(1)
        });
        self.qualities.get(*hint).copied().unwrap_or(u16::MAX)
    }

    /// The first place with a quality above `quality`; `None` where there is none.
    pub(super) fn above(&self, quality: u16) -> Option<u32> {
        let row = self.qualities.partition_point(|&known| known <= quality);
        self.firsts.get(row).copied()
    }

    pub(super) fn byte_count(&self) -> usize {
        self.firsts.len() * size_of::<u32>() + self.qualities.len() * size_of::<u16>()
    }
}

impl TextIndex<'_> {
    /// The qualities of its places.
    fn steps(&self) -> Option<&Qualities> {
        let kept = self.kept_qualities?;
        Some(
            kept.get_or_init(|| {
                Qualities::of(self.place_count(), |place| self.stored_quality(place))
            }),
        )
    }

    /// The quality of the designation at `place`, from the tables.
    fn stored_quality(&self, place: u32) -> u16 {
        let designation = self.designation_of_place(place);
        designation.map_or(u16::MAX, |designation| self.quality(designation))
    }

    /// The quality of the designation at `place`; lower is better.
    pub(super) fn quality_of_place(&self, place: u32) -> u16 {
        self.steps().map_or_else(|| self.stored_quality(place), |steps| steps.at(place))
    }

    /// [`Self::quality_of_place`], quickly for places that ascend: `hint` is 0 before the first question.
    pub(super) fn quality_near(&self, place: u32, hint: &mut usize) -> u16 {
        match self.steps() {
            Some(steps) => steps.at_near(place, hint),
            None => self.quality_of_place(place),
        }
    }

    /// The first place of a text of more than `words` words: places ascend by number of words.
    pub(super) fn places_up_to(&self, words: usize) -> u32 {
        // The number of words stands above the other ten bits.
        let most = u16::try_from(words).unwrap_or(u16::MAX).min(u16::MAX >> 10) << 10 | 0x3ff;
        if let Some(steps) = self.steps() {
            return steps.above(most).unwrap_or(self.place_count());
        }
        let (mut from, mut behind) = (0, self.place_count());
        while from < behind {
            let middle = from + (behind - from) / 2;
            if self.quality_of_place(middle) <= most {
                from = middle + 1;
            } else {
                behind = middle;
            }
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Qualities;

    proptest! {
        #[test]
        fn steps_tell_the_quality_of_each_place(mut qualities in prop::collection::vec(0..9_u16, 0..70)) {
            qualities.sort_unstable();
            let of_place = |place: u32| qualities[place as usize];
            let steps = Qualities::of(qualities.len() as u32, of_place);
            let mut hint = 0;
            for (place, &quality) in (0..).zip(&qualities) {
                prop_assert_eq!(steps.at(place), quality);
                prop_assert_eq!(steps.at_near(place, &mut hint), quality);
                prop_assert_eq!(steps.at_near(place, &mut 5), quality);
            }
            for quality in 0..10 {
                let above = qualities.iter().position(|&known| known > quality);
                prop_assert_eq!(steps.above(quality), above.map(|place| place as u32));
            }
        }

        #[test]
        fn damaged_qualities_come_to_an_end(qualities in prop::collection::vec(any::<u16>(), 0..70)) {
            let of_place = |place: u32| qualities[place as usize];
            let steps = Qualities::of(qualities.len() as u32, of_place);
            prop_assert!(steps.firsts.len() <= qualities.len());
            prop_assert!(steps.firsts.is_sorted_by(|one, next| one < next));
        }
    }
}
