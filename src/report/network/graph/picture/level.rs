//! How high things stand in a column: near to what they are joined with, in their order, none upon another.

/// Something that wants to be somewhere, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// Where.
    pub(super) at: f64,
    /// How much.
    pub(super) weight: f64,
    /// How far it has to be from the one before it.
    pub(super) apart: f64,
}

/// Where each comes to stand: in the order given, far enough apart, and as near as can be to where it wants to be (least
/// squares, by pooling of adjacent violators).
pub(super) fn level(wishes: &[Wish]) -> Vec<f64> {
    // Without what keeps them apart they only have to be in order.
    let mut offset = 0.0;
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (at, wish) in wishes.iter().enumerate() {
        offset += if at == 0 { 0.0 } else { wish.apart };
        let mut pool = ((wish.at - offset) * wish.weight, wish.weight, 1);
        while let Some(last) = pools.last().filter(|last| last.0 / last.1 > pool.0 / pool.1) {
            pool = (pool.0 + last.0, pool.1 + last.1, pool.2 + last.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let means = pools.iter().flat_map(|(sum, weight, number)| std::iter::repeat_n(sum / weight, *number));
    let mut offset = 0.0;
    let stand = means.zip(wishes).enumerate().map(|(at, (mean, wish))| {
        offset += if at == 0 { 0.0 } else { wish.apart };
        mean + offset
    });
    stand.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gets_its_wish_unless_that_is_too_near() {
        let wish = |at: f64| Wish { at, weight: 1.0, apart: 10.0 };
        assert_eq!(level(&[wish(0.0), wish(30.0), wish(90.0)]), [0.0, 30.0, 90.0]);
        assert_eq!(level(&[wish(20.0), wish(20.0), wish(90.0)]), [15.0, 25.0, 90.0]);
        assert_eq!(level(&[wish(50.0), wish(0.0)]), [20.0, 30.0]);
        assert!(level(&[]).is_empty());
    }
}
