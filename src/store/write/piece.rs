//! Statements that are bounded in bytes, however large what they bring is.

/// Cuts `items` into pieces of at most so many `bytes`, or one item.
pub(super) fn pieces<T>(
    items: &[T],
    bytes_max: usize,
    bytes: impl Fn(&T) -> usize,
) -> impl Iterator<Item = &[T]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let mut sum = 0;
        let fit = rest.iter().take_while(|item| {
            sum += bytes(item);
            sum <= bytes_max
        });
        let (piece, left) = rest.split_at(fit.count().max(1).min(rest.len()));
        rest = left;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_bounded_and_have_everything_once() {
        for (items, expected) in [
            (vec![], vec![]),
            (vec![4, 4, 4], vec![vec![4, 4], vec![4]]),
            (vec![50, 1, 50], vec![vec![50], vec![1], vec![50]]),
            (vec![5, 5, 0, 1], vec![vec![5, 5, 0], vec![1]]),
        ] {
            let found: Vec<_> = pieces(&items, 10, |item| *item)
                .map(<[_]>::to_vec)
                .collect();
            assert_eq!(found, expected);
        }
    }
}
