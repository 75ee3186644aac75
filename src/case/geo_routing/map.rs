//! The world of the case: who lives where, and how far everything is from everything.

use crate::units::Span;

/// Where users live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum City {
    Seoul,
    London,
    SaoPaulo,
}

/// Where servers stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Region {
    UsEast,
    Tokyo,
    Frankfurt,
    SaoPaulo,
}

/// From a client to the resolver of its provider and back.
pub(super) const TO_RESOLVER: Span = Span::from_millis(5);

/// From any resolver to the authority and back.
pub(super) const TO_AUTHORITY: Span = Span::from_millis(40);

impl City {
    /// In the order in which their users come.
    pub(super) const ALL: [Self; 3] = [Self::Seoul, Self::London, Self::SaoPaulo];

    /// As it is in the names of hosts.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Seoul => "seoul",
            Self::London => "london",
            Self::SaoPaulo => "sao-paulo",
        }
    }

    /// Round trip between a user there and a server.
    pub(super) const fn rtt(self, region: Region) -> Span {
        let [us_east, tokyo, frankfurt, sao_paulo] = match self {
            Self::Seoul => [150, 30, 240, 310],
            Self::London => [80, 230, 15, 190],
            Self::SaoPaulo => [180, 270, 205, 10],
        };
        Span::from_millis(match region {
            Region::UsEast => us_east,
            Region::Tokyo => tokyo,
            Region::Frankfurt => frankfurt,
            Region::SaoPaulo => sao_paulo,
        })
    }

    /// The regions of `pool`, the nearest first.
    pub(super) fn nearest(self, pool: &[Region]) -> Vec<Region> {
        let mut regions = pool.to_vec();
        regions.sort_by_key(|region| self.rtt(*region));
        regions
    }
}

impl Region {
    /// Those beside the users, in the order of the cities that they are beside.
    pub(super) const REGIONAL: [Self; 3] = [Self::Tokyo, Self::Frankfurt, Self::SaoPaulo];

    /// As it is in the names of hosts.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::UsEast => "us-east",
            Self::Tokyo => "tokyo",
            Self::Frankfurt => "frankfurt",
            Self::SaoPaulo => "sao-paulo",
        }
    }

    /// Round trip between a server there and one in us-east.
    pub(super) const fn to_us_east(self) -> Span {
        Span::from_millis(match self {
            Self::UsEast => 0,
            Self::Tokyo => 150,
            Self::Frankfurt => 90,
            Self::SaoPaulo => 180,
        })
    }

    /// The regions beside the users, the nearest to us-east first.
    pub(super) fn nearest_to_us_east() -> Vec<Self> {
        let mut regions = Self::REGIONAL.to_vec();
        regions.sort_by_key(|region| region.to_us_east());
        regions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_city_has_a_region_beside_it_and_us_east_is_nearest_to_frankfurt() {
        for (city, region) in City::ALL.into_iter().zip(Region::REGIONAL) {
            assert_eq!(city.nearest(&Region::REGIONAL)[0], region);
        }
        assert_eq!(Region::nearest_to_us_east()[0], Region::Frankfurt);
    }

    #[test]
    fn the_rows_have_the_means_that_round_robin_gives() {
        let means = City::ALL.map(|city| {
            let sum: Span = Region::REGIONAL
                .iter()
                .map(|region| city.rtt(*region))
                .sum();
            sum.as_millis_f64() / 3.0
        });
        let expected = [580.0 / 3.0, 145.0, 485.0 / 3.0];
        assert!(
            means
                .iter()
                .zip(expected)
                .all(|(mean, row)| (mean - row).abs() < 1e-9)
        );
    }
}
