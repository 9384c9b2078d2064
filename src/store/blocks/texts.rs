//! Texts that come again and again, each kept once.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::integers;

/// The texts of a block as they are kept.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Texts<'a> {
    /// For each sample the place in `texts` from 1 on, or 0 where it has none, as `integers` packs them.
    /// Without it `texts` has them one by one, or, if it is empty, none has a text.
    pub(super) packed: Option<Vec<u8>>,
    pub(super) texts: Vec<Option<&'a str>>,
}

impl<'a> Texts<'a> {
    pub(super) fn of(texts: Vec<Option<&'a str>>) -> Self {
        if texts.iter().all(Option::is_none) {
            return Self::default();
        }
        let mut places: HashMap<&str, i64, FixedState> = HashMap::default();
        let mut distinct = Vec::new();
        let of_each = texts.iter().map(|text| {
            text.map_or(0, |text| {
                *places.entry(text).or_insert_with(|| {
                    distinct.push(Some(text));
                    i64::try_from(distinct.len()).unwrap_or(i64::MAX)
                })
            })
        });
        let of_each: Vec<i64> = of_each.collect();
        let comes_again = distinct.len() * 2 <= texts.len();
        match integers::pack(&of_each).filter(|_| comes_again) {
            Some(packed) => Self {
                packed: Some(packed),
                texts: distinct,
            },
            None => Self {
                packed: None,
                texts,
            },
        }
    }
}

/// The `n` texts, or none where no sample has one; `None` where they are not what `Texts` makes.
pub(super) fn read(
    packed: Option<&[u8]>,
    texts: Vec<Option<String>>,
    n: usize,
) -> Option<Vec<Option<String>>> {
    let Some(packed) = packed else {
        return (texts.is_empty() || texts.len() == n).then_some(texts);
    };
    let places = integers::unpack(packed, n)?;
    let texts = places.into_iter().map(|place| {
        if place == 0 {
            return Some(None);
        }
        let place = usize::try_from(place - 1).ok()?;
        texts.get(place).cloned()
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back<'a>(all: &[Option<&'a str>]) -> Texts<'a> {
        let texts = Texts::of(all.to_vec());
        let owned = |texts: &[Option<&str>]| -> Vec<Option<String>> {
            texts.iter().map(|it| it.map(str::to_owned)).collect()
        };
        let read = read(texts.packed.as_deref(), owned(&texts.texts), all.len());
        let has_any = all.iter().any(Option::is_some);
        assert_eq!(read, Some(if has_any { owned(all) } else { Vec::new() }));
        texts
    }

    #[test]
    fn a_state_is_kept_once() {
        let all: Vec<_> = (0..3600)
            .map(|n| [Some("RUN"), Some("IDLE"), None][n / 1000 % 3])
            .collect();
        let texts = read_back(&all);
        assert_eq!(texts.texts, [Some("RUN"), Some("IDLE")]);
        assert!(texts.packed.unwrap().len() < 150);
    }

    #[test]
    fn what_never_comes_again_is_kept_one_by_one() {
        assert_eq!(read_back(&[Some("a"), None, Some("b")]).packed, None);
        assert_eq!(read_back(&[None, None]), Texts::default());
        read_back(&[Some("a")]);
    }

    #[test]
    fn what_is_not_so_is_refused() {
        let packed = integers::pack(&[1, 2, 3]).unwrap();
        assert_eq!(read(Some(&packed), vec![None], 3), None);
        let packed = integers::pack(&[-1, 0]).unwrap();
        assert_eq!(read(Some(&packed), vec![None], 2), None);
        assert_eq!(read(None, vec![None], 2), None);
    }
}
