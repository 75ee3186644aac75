//! How configurations are read and printed.

use super::*;

#[test]
fn a_configuration_prints_in_netems_words() {
    let config = LinkConfig {
        loss: "gemodel 1% 10%".parse().ok(),
        limit: "100p".parse().ok(),
        rate: "10mbit".parse().ok(),
        reorder: "25% gap 5".parse().ok(),
        corrupt: percent("0.1%"),
        mtu: Some(1400),
        outages: vec!["1s..1.5s/10s".parse().unwrap()],
        drops: "s2c:data:5-7,s2c:rtx:1".parse().unwrap(),
        delay: Span::from_millis(75),
        jitter: Span::from_millis(5),
        distribution: Distribution::Normal,
        ..LinkConfig::default()
    };
    assert_eq!(
        config.to_string(),
        "delay 75ms 5ms distribution normal reorder 25% gap 5 rate 10mbit limit 100p loss gemodel 1% 10% \
         corrupt 0.1% mtu 1400 down 1s..1.5s/10s drop s2c:data:5-7,s2c:rtx:1"
    );
}

#[test]
fn a_configuration_is_read_as_it_prints() {
    for text in [
        "ideal",
        "delay 75ms",
        "delay 75ms 5ms distribution normal in-order rate 10mbit limit 64kB loss 1%",
        "delay 1us reorder 25% gap 5 loss gemodel 1% 10% duplicate 2% corrupt 0.1% mtu 1400",
        "rate 1mbit down 1s..2s down 5s..5.5s/10s drop s2c:data:5-7 late c2s:data:1 by 10ms",
        "delay 25ms hold 3s..3.05s hold 15s..15.1s/15s",
    ] {
        let config: LinkConfig = text.parse().unwrap();
        assert_eq!(config.to_string(), text);
    }
}

#[test]
fn what_is_no_configuration_is_refused_with_its_word() {
    for (text, words) in [
        ("", "delay 50ms rate 10mbit"),
        ("fast", "`fast`"),
        ("dealy 5ms", "`dealy`"),
        ("delay", "`delay `"),
        ("delay 5", "`delay 5`"),
        ("delay 5ms 1ms 1ms", "`delay 5ms 1ms 1ms`"),
        ("rate 5ms", "`rate 5ms`"),
        ("rate 1mbit rate 2mbit", "`rate` comes twice"),
        ("loss much", "gemodel"),
        ("mtu 99999", "`mtu 99999`"),
        ("delay 5ms distribution normal", "there is no jitter"),
        ("late c2s:data:1 10ms", "late"),
        ("delay 5ms trace lte.down", "`Trace::parse`"),
        ("hold 2s..1s", "`2s..1s`"),
    ] {
        let error = text.parse::<LinkConfig>().unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn values_are_read_as_they_print_and_refused_with_the_right_form() {
    for text in ["100p", "64kB", "9050B"] {
        assert_eq!(text.parse::<QueueLimit>().unwrap().to_string(), text);
    }
    for text in ["100", "0p", "-1p", "0B", "many"] {
        assert!(
            text.parse::<QueueLimit>()
                .unwrap_err()
                .to_string()
                .contains("100p")
        );
    }
    for text in ["1%", "gemodel 1% 10%", "gemodel 1% 10% 70% 0.1%"] {
        assert_eq!(text.parse::<Loss>().unwrap().to_string(), text);
    }
    for text in ["gemodel 1%", "gemodel 1% 2% 3% 4% 5%", "lots"] {
        assert!(
            text.parse::<Loss>()
                .unwrap_err()
                .to_string()
                .contains("gemodel 1% 10%")
        );
    }
    for text in ["none", "1s..2s", "1s..2s,5s..5.5s/10s"] {
        assert_eq!(text.parse::<Windows>().unwrap().to_string(), text);
    }
    assert!("1s..2s,".parse::<Windows>().is_err());
    assert!("25% gap 0".parse::<Reorder>().is_err());
    assert!("zipf".parse::<Distribution>().is_err());
    for text in ["2s..1s", "1s..1s", "1s..2s/1s", "1s"] {
        assert!(
            text.parse::<Outage>()
                .unwrap_err()
                .to_string()
                .contains("1s..2s")
        );
    }
}
