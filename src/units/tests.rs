//! Claims about how quantities are read and printed.

use super::*;

#[test]
fn spans_read_and_print_as_people_write_them() {
    for text in ["150ms", "1.5s", "20us", "7ns", "131s", "470.25ms"] {
        assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
    }
    assert_eq!("2min".parse::<Span>().unwrap(), Span::from_secs(120));
    assert_eq!("0".parse::<Span>().unwrap(), Span::ZERO);
}

#[test]
fn a_span_without_a_unit_or_finer_than_a_nanosecond_is_refused() {
    for text in [
        "150",
        "ms",
        "1.5.2s",
        "-1s",
        "1,5s",
        "0.5ns",
        "",
        ".5s",
        "5.s",
        "1e3s",
        "99999999999999s",
    ] {
        let error = text.parse::<Span>().unwrap_err().to_string();
        assert!(error.contains("150ms"), "{error}");
    }
}

#[test]
fn rates_follow_tc_and_serialization_is_exact() {
    let rate: BitRate = "10mbit".parse().unwrap();
    assert_eq!(rate.serialization(1514), Span::from_nanos(1_211_200));
    assert_eq!("1.6mbit".parse::<BitRate>().unwrap().to_string(), "1.6mbit");
    assert!("0mbit".parse::<BitRate>().is_err());
    assert!("10Mbps".parse::<BitRate>().is_err());
}

#[test]
fn chances_are_exact_and_at_most_certain() {
    assert_eq!(
        "1%".parse::<Percent>().unwrap().parts_per_billion(),
        10_000_000
    );
    assert_eq!("0.1%".parse::<Percent>().unwrap().to_string(), "0.1%");
    assert!("101%".parse::<Percent>().is_err());
    assert!("0.5".parse::<Percent>().is_err());
}

#[test]
fn sizes_are_decimal_unless_written_binary() {
    assert_eq!("100kB".parse::<Bytes>().unwrap(), Bytes(100_000));
    assert_eq!("64KiB".parse::<Bytes>().unwrap(), Bytes(65_536));
    assert_eq!(Bytes(1_460).to_string(), "1460B");
    assert_eq!(Bytes(1_500_000).to_string(), "1.5MB");
}

#[test]
fn the_seam_to_smoltcp_rounds_down_and_comes_back_no_later() {
    let time = SimTime::from_nanos(1_999);
    assert_eq!(to_smoltcp(time).total_micros(), 1);
    assert!(from_smoltcp(to_smoltcp(time)) <= time);
}
